import { z } from 'zod';
import { BridgeError } from '../errors.js';
import { schemaProblem } from './input-schema.js';
import { generationOf, voicesOf } from './model-generation.js';
import { unknownVariables } from './prompt.js';
import { isNamed, toolSchema } from './tool.js';
import { fillSecrets } from './tool-secrets.js';

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
    tools: z.array(toolSchema).max(64).default([]),
  })
  .superRefine((agent, context) => {
    const seen = new Set<string>();
    agent.tools.forEach((tool, index) => {
      if (!isNamed(tool)) return;
      const name = tool.name.toLowerCase();
      if (seen.has(name)) {
        context.addIssue({ code: 'custom', path: ['tools', index, 'name'], message: 'another tool has this name' });
      }
      seen.add(name);
    });
    if (agent.dtmf?.handoffKey !== undefined && !agent.tools.some(({ kind }) => kind === 'handoff')) {
      context.addIssue({
        code: 'custom',
        path: ['dtmf', 'handoffKey'],
        message: 'the agent has no tool of the kind "handoff"',
      });
    }
  });

export type AgentInput = z.infer<typeof agentInputSchema>;

/** A change as RFC 7396 has it: what is named replaces, objects merge, `null` takes an optional field away. */
export type AgentPatch = Readonly<Record<string, unknown>>;

/** The agent after a change. REQUEST_INVALID, with every bad field in `errors`, when it would not be one. */
export function patchedAgent(input: AgentInput, patch: AgentPatch): AgentInput {
  const parsed = agentInputSchema.safeParse(merged(input, patch));
  if (parsed.success) return withSecrets(parsed.data, input);
  const errors = parsed.error.issues.flatMap(({ path, message, ...issue }) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'unknown field' }))
      : [{ field: path.join('.'), message }],
  );
  // Whoever tells people finds words for the faults themselves.
  throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors }, { cause: parsed.error });
}

/** The agent with secrets that were shown hidden filled in from before. REQUEST_INVALID when there are none there. */
export function withSecrets(after: AgentInput, before: AgentInput | undefined): AgentInput {
  const { agent, missing } = fillSecrets(after, before);
  if (missing.length === 0) return agent;
  const errors = missing.map((field) => ({ field, message: 'there is no such secret to keep: give it again' }));
  throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors });
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result = new Map(isObject ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

/**
 * REQUEST_INVALID when the agent asks for what its voice model cannot do, or describes the input of a tool by a schema
 * that nothing can be checked by. Asked when an agent is saved, not when it is read: compiling schemas takes a while.
 */
export function requireAble(input: AgentInput, defaultModelId: string): void {
  const problems = [...beyondTheModel(input, defaultModelId), ...senselessSchemas(input)];
  if (problems.length === 0) return;
  const errors = problems.map(({ path, message }) => ({ field: path.join('.'), message }));
  throw new BridgeError('REQUEST_INVALID', 'The bridge cannot do all that is asked.', { errors });
}

function senselessSchemas({ tools }: AgentInput): { path: string[]; message: string }[] {
  return tools.flatMap(({ inputSchema }, index) => {
    const message = inputSchema && schemaProblem(inputSchema);
    return message === undefined ? [] : [{ path: ['tools', String(index), 'inputSchema'], message }];
  });
}

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

/** What the agent's voice model cannot do, as field and reason; empty when it can do all that is asked. */
export function beyondTheModel(input: AgentInput, defaultModelId: string): { path: string[]; message: string }[] {
  const modelId = input.modelId ?? defaultModelId;
  const generation = generationOf(modelId);
  const problems: { path: string[]; message: string }[] = [];
  const voices = voicesOf(generation);
  if (!voices.includes(input.voiceId)) {
    problems.push({ path: ['voiceId'], message: `${modelId} has no voice "${input.voiceId}": ${voices.join(', ')}` });
  }
  if (generation === 1) {
    if (input.endpointing) {
      problems.push({ path: ['endpointing'], message: `${modelId} takes no endpointing sensitivity` });
    }
    if (input.dtmf) {
      problems.push({ path: ['dtmf'], message: `${modelId} takes no live text, so keys cannot reach it` });
    }
    if (input.silence && input.silence.hangUpAfter > 0) {
      problems.push({
        path: ['silence'],
        message: `${modelId} takes no live text, so it cannot ask a silent caller: leave silence out, or set hangUpAfter to 0`,
      });
    }
  }
  return problems;
}
