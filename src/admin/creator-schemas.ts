import { z } from 'zod';
import { ROLES } from '../access/actor.js';
import { evidenceSchema } from '../creator/evidence.js';
import { STAGES } from '../creator/job.js';
import { e164Schema } from '../directory/number.js';
import { idParams } from './pages.js';

const JOB_STATES = [
  'queued',
  'running',
  'awaiting_approval',
  'publishing',
  'published',
  'needs_attention',
  'failed',
  'cancelled',
] as const;

export const stateFilter = z.enum(JOB_STATES).optional();

export const creatorSchema = z
  .strictObject({
    whyNot: z
      .string()
      .nullable()
      .describe('In words, what the operator has to set up first; null when agents can be made.'),
  })
  .meta({ id: 'Creator' });

/** How long texts may be is said by the creator itself, with what else makes them unreadable. */
const text = z.string();

export const jobBody = z.strictObject({
  sop: text.describe(
    'The standard operating procedure, as text: 200,000 characters at most. How long one can be that is taken apart in one ' +
      'answer is up to the model, some 20,000 characters with Amazon Nova Pro; a longer one fails at its first stage, in words.',
  ),
  knowledgeBaseDescription: text.exactOptional().describe('What the knowledge base knows.'),
  humanHandoffDescription: text.exactOptional().describe('When callers get a person, and on which number.'),
  voicePersonality: text.exactOptional().describe('How the agent speaks.'),
  knowledgeBaseId: z
    .string()
    .regex(/^[0-9A-Za-z]{10}$/, 'ten letters and digits')
    .exactOptional()
    .describe('A knowledge base of Bedrock that the agent may look things up in.'),
  agentId: z
    .string()
    .min(1)
    .max(120)
    .exactOptional()
    .describe('The agent that gets its next version; left out, there will be a new one.'),
  number: e164Schema.exactOptional().describe('Is pointed to the agent when it is approved.'),
  canaryPercent: z
    .number()
    .min(1)
    .max(99)
    .exactOptional()
    .describe('Of the callers of `number`, which `agentId` answers already: who gets the new version at first.'),
});

/** The fields that rules are about, each only if it has its form. */
export function ruledFields(body: unknown): Partial<z.output<typeof jobBody>> {
  if (typeof body !== 'object' || body === null) return {};
  const { knowledgeBaseId: _, ...ruled } = jobBody.shape;
  return Object.fromEntries(
    Object.entries(ruled).flatMap(([name, schema]) => {
      const { data } = schema.safeParse((body as Readonly<Record<string, unknown>>)[name]);
      return data === undefined ? [] : [[name, data]];
    }),
  );
}

const actorSchema = z.strictObject({ id: z.string(), name: z.string(), role: z.enum(ROLES) });
const usageSchema = z.strictObject({ inputTokens: z.int(), outputTokens: z.int() });

const stageSchema = z.strictObject({
  seq: z.int().min(1).describe('In the order of running.'),
  stage: z.enum([...STAGES, 'meta-agent']),
  round: z.int().min(1).describe('Later ones answer findings or a review.'),
  state: z.enum(['running', 'done', 'failed']),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  modelId: z.string().nullable(),
  usage: usageSchema,
  repairs: z.int().describe('Answers of the model that did not fit and were sent back.'),
  findings: z.array(
    z.strictObject({ file: z.string(), rule: z.string(), line: z.int().nullable(), message: z.string() }),
  ),
  error: z.string().nullable(),
});

export const jobSummarySchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(JOB_STATES),
    reason: z.string().nullable().describe('In words: what is wrong and what can be done.'),
    title: z.string().describe('The first line of the procedure.'),
    agentId: z.string().describe('Of the agent in the directory, once it is published, and in the keys of the bucket.'),
    version: z.int().min(1).describe("Counts the agent's jobs."),
    baseVersion: z.int().nullable().describe('The latest version of the agent when the job began.'),
    number: z.string().nullable(),
    canaryPercent: z.number().nullable(),
    actor: actorSchema,
    approvedBy: actorSchema.nullable(),
    published: z
      .strictObject({ agentVersion: z.int(), runtimeArn: z.string().nullable(), number: z.string().nullable() })
      .nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
    stages: z.array(stageSchema),
    usage: usageSchema.describe('Of all stages.'),
  })
  .meta({ id: 'CreatorJobSummary' });

export const jobSchema = z
  .strictObject({
    ...jobSummarySchema.shape,
    input: jobBody,
    sopSha256: z.string(),
    owner: z.string().describe('In the keys of the bucket.'),
    stages: z.array(
      z.strictObject({
        ...stageSchema.shape,
        promptVersion: z.string().nullable(),
        output: z.unknown().describe('What the stage has made.'),
      }),
    ),
    evidence: evidenceSchema.nullable().describe('Null until the procedure has been read.'),
  })
  .meta({ id: 'CreatorJob' });

/** What can be read as it was made. */
export const JOB_FILES = ['agent.py', 'requirements.txt', 'full_prompt.md', 'voice_prompt.md', 'sop.md'] as const;
export type JobFile = (typeof JOB_FILES)[number];

export const fileParams = idParams.extend({ name: z.enum(JOB_FILES) });
