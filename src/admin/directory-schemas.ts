import { z } from 'zod';
import { agentInputSchema } from '../directory/agent.js';
import { numberInputSchema } from '../directory/number.js';

const { shape } = agentInputSchema;

/** An agent as it is shown: one version, with everything filled in that was left open. */
export const agentSchema = z
  .strictObject({
    id: z.string(),
    version: z.int().min(1),
    createdAt: z.iso.datetime(),
    ...shape,
    modelId: z.string(),
    silence: shape.silence.unwrap(),
    dtmf: shape.dtmf.unwrap(),
  })
  .meta({ id: 'Agent' });

/** As POST takes them: none is needed, and what may be left out there may be null here. */
const { properties: agentFields } = z.toJSONSchema(agentInputSchema, { io: 'input', unrepresentable: 'any' });

/** A change of an agent: the store checks what comes of it. */
export const agentPatchBody = z
  .record(z.string(), z.unknown())
  .describe(
    'Fields of an agent (RFC 7396): what is named replaces, objects merge, null takes an optional field away. ' +
      'What comes of it must be an agent as POST takes it.',
  )
  .meta({ properties: agentFields, examples: [{ greeting: 'Greet the caller with: Good morning.' }] });

export const numberSchema = z
  .strictObject({
    ...numberInputSchema.shape,
    number: z.string().describe('E.164'),
    version: z.int().min(1),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Number' });

export const writtenNumberSchema = z
  .strictObject({
    ...numberSchema.shape,
    webhookSecret: z
      .string()
      .optional()
      .describe('Shown once, when `webhookUrl` was set or changed: what the webhook is signed with.'),
  })
  .meta({ id: 'WrittenNumber' });

export const syncSchema = z
  .strictObject({
    number: z.string(),
    carrierSid: z.string(),
    applied: z.boolean().describe('False on a dry run, or when nothing had to be changed.'),
    changes: z.array(
      z.strictObject({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
    ),
    overriddenBy: z
      .strictObject({ kind: z.enum(['trunk', 'application']), sid: z.string() })
      .nullable()
      .describe('What takes calls of this number before its voice URL is asked, and is still there.'),
  })
  .meta({ id: 'NumberSync' });
