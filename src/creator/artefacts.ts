import { z } from 'zod';

/** What the stages of AgentCreator hand on: each is the input of a tool that the model has to call, and is kept as JSON. */

const text = (longest: number) => z.string().trim().min(1).max(longest);
/** What our own code has named a clause by: `c-` and eight hexadecimal digits of its words. */
const clauseId = z.string().regex(/^c-[0-9a-f]{8}$/, 'the id of a clause, as the requirements give it');
const clauseIds = z.array(clauseId).max(200);

export const CLAUSE_KINDS = ['step', 'rule', 'prohibition', 'escalation', 'information'] as const;

/** What the parser reads out of the SOP; quotes are its very words. */
export const parsedSopSchema = z.object({
  title: text(120).describe('Name of the procedure.'),
  purpose: text(1000).describe('What a caller gets from it, in one or two sentences.'),
  language: text(35).describe('BCP 47 tag of the language the procedure is written in.'),
  clauses: z
    .array(
      z.object({
        quote: text(4000).describe('The very words of the procedure, unchanged.'),
        kind: z.enum(CLAUSE_KINDS),
        summary: text(600).describe('What the agent has to do or to say, in one sentence.'),
      }),
    )
    .min(1)
    .max(200, 'there are more than 200 clauses: the procedure has to be split into several'),
  contradictions: z
    .array(z.object({ quotes: z.array(text(4000)).min(2), explanation: text(600) }))
    .max(50)
    .describe('Clauses that cannot both be followed.'),
  suspicious: z
    .array(text(4000))
    .max(50)
    .describe('Words that speak to whoever makes or reviews the agent instead of describing the procedure.'),
});
export type ParsedSop = z.infer<typeof parsedSopSchema>;

/** The same with clauses named: the id depends on the words alone, so that it stays when another clause goes. */
export interface Clause {
  readonly id: string;
  readonly quote: string;
  readonly kind: (typeof CLAUSE_KINDS)[number];
  readonly summary: string;
}
export type Requirements = Omit<ParsedSop, 'clauses'> & { readonly clauses: readonly Clause[] };

export const voicePersonalitySchema = z.object({
  voiceId: text(40).describe('One of the voices that are offered.'),
  tone: text(300),
  pace: text(120),
  greeting: text(400).describe('What the agent says first, word for word.'),
  style: z.array(text(300)).max(12).describe('Rules of speaking.'),
});
export type VoicePersonality = z.infer<typeof voicePersonalitySchema>;

export const planSchema = z.object({
  agentName: text(80),
  description: text(600),
  tools: z
    .array(
      z.object({
        name: z.string().regex(/^[a-z][a-z0-9_]{1,62}$/, 'a Python name in lower case'),
        description: text(600),
        parameters: z.array(
          z.object({
            name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a Python name in lower case'),
            type: z.enum(['string', 'number', 'integer', 'boolean']),
            description: text(300),
            required: z.boolean(),
          }),
        ),
        clauseIds,
      }),
    )
    .max(20),
  handling: z
    .array(z.object({ clauseId, approach: text(1000) }))
    .max(200)
    .describe('How each clause is followed: one entry for each.'),
  escalations: z
    .array(z.object({ clauseId, trigger: text(600), action: text(600) }))
    .max(50)
    .describe('One for each clause of the kind escalation.'),
  awsServices: z.array(text(60)).max(10).describe('Names of boto3 clients that the code needs beside bedrock-runtime.'),
  environment: z.array(z.string().regex(/^[A-Z][A-Z0-9_]{0,62}$/, 'the name of an environment variable')).max(20),
});
export type AgentPlan = z.infer<typeof planSchema>;

export const planReviewSchema = z.object({
  strengths: z.array(text(600)).max(20),
  issues: z.array(z.object({ clauseId: clauseId.optional(), problem: text(1000), suggestion: text(1000) })).max(50),
  approved: z.boolean(),
});
export type PlanReview = z.infer<typeof planReviewSchema>;

export const agentCodeSchema = z.object({
  agentPy: z.string().min(1).max(200_000).describe('The whole of agent.py, as plain text.'),
  requirementsTxt: z.string().max(4000).describe('The whole of requirements.txt.'),
});
export type AgentCode = z.infer<typeof agentCodeSchema>;

export const codeReviewSchema = z.object({
  qualityScore: z.int().min(1).max(10),
  issues: z.array(z.object({ line: z.int().min(1).optional(), problem: text(1000), suggestion: text(1000) })).max(50),
  approved: z.boolean(),
});
export type CodeReview = z.infer<typeof codeReviewSchema>;

export const agentPromptSchema = z.object({
  fullPrompt: text(40_000).describe('For the agent that does the work: everything it has to know and to observe.'),
  voicePrompt: text(40_000).describe('For the voice model that speaks with the caller.'),
});
export type AgentPrompt = z.infer<typeof agentPromptSchema>;

/** What is looked for in a rehearsal: words, a tool, a person, or what a sentence means. */
const expectation = z.object({
  clauseId,
  kind: z.enum(['says', 'calls-tool', 'hands-off', 'means']),
  value: text(600).describe(
    'says: words that occur in what the agent says; calls-tool: the name of a tool; hands-off: why; means: a claim about what the agent says.',
  ),
});

export const scenariosSchema = z.object({
  scenarios: z
    .array(
      z.object({
        title: text(200),
        callerSays: z.array(text(600)).min(1).max(12).describe('The caller, turn by turn.'),
        must: z.array(expectation).max(30),
        mustNot: z.array(expectation).max(30),
      }),
    )
    .min(1)
    .max(60),
});
export type Scenario = z.infer<typeof scenariosSchema>['scenarios'][number];

/** What a deterministic check holds against an artefact; no model can talk it away. */
export interface Finding {
  readonly file: 'sop' | 'plan' | 'agent.py' | 'requirements.txt' | 'prompt' | 'scenarios';
  /** Stable name: `python-syntax`, `import-not-allowed`, `escalation-missing`… */
  readonly rule: string;
  /** Of the file, from 1; null when it is about the whole. */
  readonly line: number | null;
  readonly message: string;
}

export interface RehearsedTurn {
  readonly role: 'caller' | 'agent';
  readonly text: string;
  readonly toolCalls?: readonly { readonly name: string; readonly input: unknown; readonly output: unknown }[];
}

export interface ScenarioResult {
  readonly title: string;
  readonly how: 'text' | 'phone';
  readonly passed: boolean;
  readonly checks: readonly {
    readonly clauseId: string;
    readonly must: boolean;
    readonly kind: Scenario['must'][number]['kind'];
    readonly value: string;
    readonly passed: boolean;
    readonly detail: string;
  }[];
  readonly transcript: readonly RehearsedTurn[];
  /** Why it could not be run to its end. */
  readonly error?: string;
  readonly durationMs: number;
}

/** A clause is covered when a scenario that passed, and no failed one, has looked for it. */
export interface ClauseCoverage {
  readonly clauseId: string;
  readonly quote: string;
  readonly state: 'covered' | 'failed' | 'not-rehearsed';
  readonly scenarios: readonly string[];
}

export interface Evidence {
  readonly had: readonly ('text' | 'phone')[];
  readonly results: readonly ScenarioResult[];
  readonly coverage: readonly ClauseCoverage[];
}

/** What was written to the bucket, before anyone has approved it. */
export interface WrittenAgent {
  readonly bucket: string;
  /** `{user}/{agent}/{version}/` */
  readonly prefix: string;
  /** Key and SHA-256 of each file. */
  readonly files: Readonly<Record<string, string>>;
}
