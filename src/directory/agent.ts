import { z } from 'zod';
import { BridgeError } from '../errors.js';
import { generationOf, voicesOf } from './model-generation.js';
import { unknownVariables } from './prompt.js';

/** A JSON Schema object as the model takes it for a tool's input. Checked no deeper than that here. */
const inputSchema = z.looseObject({ type: z.literal('object') });

/** What the voice model accepts as the name of a tool. Source: Nova Sonic user guide, tool configuration. */
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'use 1 to 64 letters, digits, "_" or "-"');

const commonToolFields = {
  name: toolName,
  description: z.string().min(1).max(4096),
  inputSchema: inputSchema.optional(),
  timeoutMs: z.int().min(100).max(60_000).default(8000),
};

/** Ends the call once the agent's last words have been heard. */
const hangUpTool = z.strictObject({ kind: z.literal('hang-up'), ...commonToolFields });

/** Answers from a list, one answer a call, the last one from then on: for rehearsals and recorded calls. */
const scriptedTool = z.strictObject({
  kind: z.literal('scripted'),
  ...commonToolFields,
  answers: z
    .array(
      z.strictObject({
        output: z.record(z.string(), z.unknown()).optional(),
        error: z.string().min(1).optional(),
        delayMs: z.int().min(0).max(60_000).default(0),
      }),
    )
    .min(1),
});

/**
 * The agent says that something secret is about to be spoken (a card number), and when it is over: while it lasts,
 * recording, transcript and tool calls are blank. Ends by itself after `limitMs`.
 */
const sensitiveTool = z.strictObject({
  kind: z.literal('sensitive'),
  ...commonToolFields,
  limitMs: z.int().min(1000).max(600_000).default(180_000),
});

export const toolSchema = z.discriminatedUnion('kind', [hangUpTool, scriptedTool, sensitiveTool]);
export type Tool = z.infer<typeof toolSchema>;

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
        /** Whether keys are secrets (card numbers, PINs): nothing of the call is kept while they are being entered. */
        sensitive: z.boolean().default(false),
      })
      .optional(),
    tools: z.array(toolSchema).max(64).default([]),
  })
  .superRefine((agent, context) => {
    const seen = new Set<string>();
    agent.tools.forEach((tool, index) => {
      const name = tool.name.toLowerCase();
      if (seen.has(name)) {
        context.addIssue({ code: 'custom', path: ['tools', index, 'name'], message: 'another tool has this name' });
      }
      seen.add(name);
    });
  });

export type AgentInput = z.infer<typeof agentInputSchema>;

/** A change as RFC 7396 has it: what is named replaces, objects merge, `null` takes an optional field away. */
export type AgentPatch = Readonly<Record<string, unknown>>;

/** The agent after a change. REQUEST_INVALID, with every bad field in `errors`, when it would not be one. */
export function patchedAgent(input: AgentInput, patch: AgentPatch): AgentInput {
  const parsed = agentInputSchema.safeParse(merged(input, patch));
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap(({ path, message, ...issue }) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'unknown field' }))
      : [{ field: path.join('.'), message }],
  );
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

/** REQUEST_INVALID when the agent asks for what its voice model cannot do. */
export function requireAble(input: AgentInput, defaultModelId: string): void {
  const problems = beyondTheModel(input, defaultModelId);
  if (problems.length === 0) return;
  const errors = problems.map(({ path, message }) => ({ field: path.join('.'), message }));
  throw new BridgeError('REQUEST_INVALID', 'The voice model cannot do all that is asked.', { errors });
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
