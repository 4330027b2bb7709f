import type { ToolOutcome } from '../call/ports.js';
import { BridgeError } from '../errors.js';
import type { Guard } from './ports.js';
import { reasonOf } from './why.js';

const BLOCKED_ADVICE = 'Say these words to the caller, or the same in your own; say nothing else about it.';

/** What came from outside, as the guard lets it pass. TOOL_FAILED when it cannot be looked over. */
export async function guarded(outcome: ToolOutcome, guard: Guard, signal: AbortSignal): Promise<ToolOutcome> {
  if (outcome.kind !== 'answer' && outcome.kind !== 'failed') return outcome;
  const json = JSON.stringify(outcome.output);
  const verdict = await verdictOf(json, guard, signal);
  if (verdict.blocked) {
    const output = { error: verdict.text, advice: BLOCKED_ADVICE };
    return { kind: 'failed', code: 'TOOL_FAILED', output, why: { reason: 'guardrail' } };
  }
  return verdict.text === json ? outcome : { ...outcome, output: outputOf(verdict.text) };
}

/** The failure in words that the guard lets pass: an agent's own may be about anything. */
export async function guardedFailure(error: unknown, guard: Guard, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof BridgeError) || reasonOf(error) !== 'agent-error') return error;
  const { text } = await verdictOf(error.message, guard, signal);
  return new BridgeError(error.code, text, error.details, { cause: error });
}

function verdictOf(text: string, guard: Guard, signal: AbortSignal): ReturnType<Guard> {
  return guard(text, signal).catch((cause: unknown) => {
    const why = cause instanceof BridgeError ? cause.details : { reason: 'unavailable' };
    throw new BridgeError('TOOL_FAILED', 'the result could not be checked', why, { cause });
  });
}

/** Masking may have broken the JSON. */
function outputOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // It is given as text.
  }
  return { result: text };
}
