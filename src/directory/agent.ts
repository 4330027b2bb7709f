import { z } from 'zod';
import { unknownVariables } from './prompt.js';
import { toolSchema } from './tool.js';

export type { Tool } from './tool.js';

const rate = (...allowed: number[]) =>
  z.int().refine((hz) => allowed.includes(hz), { message: `one of ${allowed.join(', ')}` });

/** Text with variables in double braces; each that no call can fill is a fault of its own. */
const promptText = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .superRefine((text, context) => {
      for (const variable of unknownVariables(text)) {
        context.addIssue({
          code: 'custom',
          message: `unknown variable {{${variable}}}: use {{caller}}, {{called}}, {{now}} or {{variables.<name>}}`,
        });
      }
    });

export const MAX_TOOLS = 64;

/** An agent as administrators write it. Unknown fields are refused; what is left out gets the defaults of the field. */
export const agentInputSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(120),
    systemPrompt: promptText(40_000),
    voiceId: z.string().min(1).max(40).default('matthew'),
    greeting: promptText(1000).optional(),
    modelId: z.string().min(1).max(120).optional(),
    endpointing: z.enum(['LOW', 'MEDIUM', 'HIGH']).optional(),
    inference: z
      .strictObject({
        maxTokens: z.int().min(1).max(10_000).default(1024),
        topP: z.number().min(0).max(1).default(0.9),
        temperature: z.number().min(0).max(1).default(0.7),
      })
      .prefault({}),
    audio: z
      .strictObject({
        inputRateHz: rate(8000, 16000).default(16000),
        outputRateHz: rate(8000, 24000).default(24000),
      })
      .prefault({}),
    silence: z
      .strictObject({
        promptAfterMs: z.int().min(1000).max(600_000).default(10_000),
        hangUpAfter: z.int().min(0).max(20).default(2),
      })
      .optional(),
    maxCallMs: z.int().min(1000).max(14_400_000).default(1_800_000),
    dtmf: z
      .strictObject({
        terminator: z
          .string()
          .regex(/^[0-9*#]$/)
          .default('#'),
        pauseMs: z.int().min(100).max(60_000).default(2000),
        /** Puts the caller through to the person of the agent's `handoff` tool. */
        handoffKey: z
          .string()
          .regex(/^[0-9*#]$/)
          .optional(),
        /** Whether keys are secrets (card numbers, PINs): nothing of the call is kept while they are being entered. */
        sensitive: z.boolean().default(false),
      })
      .optional(),
    /** What AgentCore Memory knows of the caller is given to the agent, and what is said is written there. */
    memory: z
      .strictObject({
        memoryId: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,99}-[A-Za-z0-9]{10}$/, 'the id of an AgentCore memory'),
        /** Where facts are looked up; `{actorId}` is the caller. */
        namespace: z.string().min(1).max(1024).default('/actors/{actorId}'),
        /** Whether the caller's number is replaced by a hash that only this bridge can make. */
        hashCaller: z.boolean().default(false),
        maxCharacters: z.int().min(100).max(10_000).default(2000),
      })
      .optional(),
    /** A Bedrock guardrail that results of tools have to pass. */
    guardrail: z
      .strictObject({
        guardrailId: z.string().regex(/^[a-z0-9]{1,64}$/, 'the id of a guardrail'),
        guardrailVersion: z
          .string()
          .regex(/^(?:[1-9][0-9]{0,7}|DRAFT)$/, 'a version number or DRAFT')
          .default('DRAFT'),
      })
      .optional(),
    tools: z.array(toolSchema).max(MAX_TOOLS).default([]),
  })
  .superRefine(({ tools, dtmf }, context) => {
    for (const { path, message } of clashesIn(tools, dtmf?.handoffKey)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });

export type AgentInput = z.infer<typeof agentInputSchema>;

/** One version of an agent. Versions are never changed; a change is the next version. */
export type AgentVersion = Omit<AgentInput, 'modelId' | 'silence' | 'dtmf'> & {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly modelId: string;
  readonly silence: NonNullable<AgentInput['silence']>;
  readonly dtmf: NonNullable<AgentInput['dtmf']>;
};

const SILENCE_DEFAULTS = { promptAfterMs: 10_000, hangUpAfter: 2 } as const satisfies AgentVersion['silence'];
const DTMF_DEFAULTS = { terminator: '#', pauseMs: 2000, sensitive: false } as const satisfies AgentVersion['dtmf'];

/** Fills in what the agent left open. */
export function agentVersion(
  input: AgentInput,
  identity: { id: string; version: number; createdAt: string; defaultModelId: string },
): AgentVersion {
  const { defaultModelId, ...named } = identity;
  return {
    ...input,
    ...named,
    modelId: input.modelId ?? defaultModelId,
    silence: input.silence ?? SILENCE_DEFAULTS,
    dtmf: input.dtmf ?? DTMF_DEFAULTS,
  };
}

/** A rule that is broken: at which field, and why. */
export interface BrokenRule {
  path: (string | number)[];
  message: string;
}

/** Which tools cannot stand beside each other, or beside the key that puts callers through to a person. */
export function clashesIn(
  tools: readonly { kind?: unknown; name?: unknown }[],
  handoffKey: string | undefined,
): BrokenRule[] {
  const seen = new Set<string>();
  const clashes = tools.flatMap(({ kind, name }, index): BrokenRule[] => {
    if (kind === 'mcp' || typeof name !== 'string') return [];
    const known = name.toLowerCase();
    if (seen.has(known)) return [{ path: ['tools', index, 'name'], message: 'another tool has this name' }];
    seen.add(known);
    return [];
  });
  if (handoffKey === undefined || tools.some(({ kind }) => kind === 'handoff')) return clashes;
  return [...clashes, { path: ['dtmf', 'handoffKey'], message: 'the agent has no tool of the kind "handoff"' }];
}
