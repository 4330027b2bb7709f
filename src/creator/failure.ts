import { z } from 'zod';
import { BridgeError, type ErrorCode, messageOf } from '../errors.js';
import { type FailureReason, reasonBehind, toolFailed, troubleOf } from '../service-failure.js';
import { NO_USAGE, type Usage } from './usage.js';

const MAX_WORDS = 500;
/** Codes of things that are away for a while. */
const PASSING: readonly ErrorCode[] = ['AWS_UNREACHABLE', 'STORE_UNAVAILABLE', 'TOO_MANY_REQUESTS'];

const WORDS: Partial<Readonly<Record<FailureReason, string>>> = {
  throttled: 'is too busy at the moment',
  unavailable: 'cannot be reached at the moment',
  truncated: 'broke off its answer',
  credentials: 'does not let the bridge in',
  'not-found': 'does not exist, or not in this region',
  refused: 'refused the request',
};

/** TOOL_FAILED for anything thrown on the way to a model or to an agent, in its own words behind ours. */
export function failureOf(error: unknown, who: string, details: Readonly<Record<string, unknown>> = {}): BridgeError {
  if (error instanceof BridgeError) return error;
  const trouble = troubleOf(error);
  const reason = reasonOf(trouble);
  const service = `${trouble.name}: ${trouble.message.replace(/\s+/g, ' ').slice(0, MAX_WORDS)}`;
  const words = `${who} ${WORDS[reason] ?? 'gave no answer'} (${service})`;
  return toolFailed(reason, words, { details, cause: error });
}

function reasonOf(trouble: Parameters<typeof reasonBehind>[0]): FailureReason {
  // The model lost its way in its own answer; the next one may be better.
  if (/^ModelError/.test(trouble.name)) return 'truncated';
  if (/^ModelTimeout/.test(trouble.name)) return 'unavailable';
  return reasonBehind(trouble);
}

/** What is on record of a stage that failed. */
export interface StageFailure {
  readonly words: string;
  /** The reason passes. */
  readonly retryable: boolean;
  readonly usage: Usage;
  readonly repairs: number;
}

const spentSchema = z.object({
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
  repairs: z.number(),
});

export function stageFailureOf(error: unknown): StageFailure {
  if (!(error instanceof BridgeError)) {
    return { words: `Unexpected: ${messageOf(error)}`, retryable: false, usage: NO_USAGE, repairs: 0 };
  }
  const { code, message, details } = error;
  const spent = spentSchema.safeParse(details);
  const { usage, repairs } = spent.success ? spent.data : { usage: NO_USAGE, repairs: 0 };
  const retryable = PASSING.includes(code) || (code === 'TOOL_FAILED' && details.retryable === true);
  return { words: message, retryable, usage, repairs };
}
