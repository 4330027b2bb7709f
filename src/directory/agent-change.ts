import { BridgeError } from '../errors.js';
import { type AgentInput, agentInputSchema } from './agent.js';
import { brokenRules, type FieldFault } from './agent-rules.js';
import { fillSecrets } from './tool-secrets.js';

/** A change as RFC 7396 has it: what is named replaces, objects merge, `null` takes an optional field away. */
export type AgentPatch = Readonly<Record<string, unknown>>;

/** A new agent. REQUEST_INVALID, with every bad field in `errors`, when it asks for what cannot be, or hides a secret. */
export function newAgent(given: AgentInput, defaultModelId: string): AgentInput {
  const { agent, missing } = fillSecrets(given, undefined);
  refuse([...brokenRules(given, defaultModelId), ...missing.map(missingSecret)]);
  return agent;
}

/**
 * The agent after a change, with secrets that were shown hidden filled in from before. REQUEST_INVALID, with every bad field in
 * `errors`, when it would not be one.
 */
export function patchedAgent(input: AgentInput, patch: AgentPatch, defaultModelId: string): AgentInput {
  const after = merged(input, patch);
  const rules = brokenRules(after, defaultModelId);
  const parsed = agentInputSchema.safeParse(after);
  if (!parsed.success) {
    const errors = parsed.error.issues.flatMap(({ path, message, ...issue }) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'unknown field' }))
        : [{ field: path.join('.'), message }],
    );
    // Whoever tells people finds words for the faults of form themselves.
    refuse([...errors, ...rules], parsed.error);
  }
  const { agent, missing } = fillSecrets(parsed.data!, input);
  refuse([...rules, ...missing.map(missingSecret)]);
  return agent;
}

function refuse(errors: readonly FieldFault[], cause?: unknown): void {
  if (errors.length === 0) return;
  throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors }, { cause });
}

function missingSecret(field: string): FieldFault {
  return { field, message: 'there is no such secret to keep: give it again' };
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
