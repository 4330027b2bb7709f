import type { ToolOutcome } from '../call/ports.js';
import { BridgeError } from '../errors.js';
import { redacted } from '../redaction.js';
import { reasonOf, whyOf } from './why.js';

/** Longest message in characters, as it comes and as it is told. */
const MAX_MESSAGE = 4000;
const MAX_WORDS = 300;

const NOT_NOW = 'Tell the caller that this does not work at the moment, and offer another way to help.';
const BUSY = 'Tell the caller that this system is busy, and offer to try again in a moment.';
const ONCE_MORE = 'Tell the caller in your own words that this did not work, and offer to try once more.';

/** What the model is advised to do, by the reason of the failure. */
const ADVICE: Readonly<Record<string, string>> = {
  throttled: BUSY,
  conflict: BUSY,
  unavailable: BUSY,
  refused: 'Tell the caller that the request was not accepted, and ask whether something about it should be different.',
  'not-found': `${NOT_NOW} Do not try it again in this call.`,
  credentials: `${NOT_NOW} Do not try it again in this call.`,
  'not-configured': `${NOT_NOW} Do not try it again in this call.`,
  'circuit-open': `${NOT_NOW} Do not try it again within a minute.`,
  'agent-error': 'Tell the caller what went wrong, in your own words, and ask for what would help.',
  truncated: ONCE_MORE,
  'bad-answer': ONCE_MORE,
};

type Failed = Extract<ToolOutcome, { kind: 'failed' }>;

/**
 * What the model is told of a failure: words that can be spoken, advice, and nothing that is secret or internal. Why it
 * failed goes beside it, for the record.
 */
export function failure(error: unknown): Failed {
  const why = whyOf(error);
  return why ? { ...told(error), why } : told(error);
}

function told(error: unknown): Failed {
  if (!(error instanceof BridgeError)) return failed('TOOL_FAILED', 'the tool failed', ONCE_MORE);
  const words = spokenWords(error.message);
  switch (error.code) {
    case 'TOOL_UNKNOWN':
      return failed(error.code, words, 'Use only the tools you were given; tell the caller if you cannot do this.');
    case 'TOOL_INPUT_INVALID':
      return failed(error.code, words, 'Ask the caller for what is missing or unclear, then call the tool again.');
    case 'TOOL_TIMEOUT':
      return failed(
        error.code,
        words,
        'Tell the caller that this is taking too long, and offer to try again or to go on without it.',
      );
    case 'TOOL_FAILED':
      return failed(error.code, words, ADVICE[reasonOf(error) ?? ''] ?? ONCE_MORE);
    default:
      return failed('TOOL_FAILED', 'the tool failed', ONCE_MORE);
  }
}

function failed(code: BridgeError['code'], error: string, advice: string): Failed {
  return { kind: 'failed', code, output: { error, advice } };
}

function spokenWords(message: string): string {
  const words = redacted(message.slice(0, MAX_MESSAGE))
    .replaceAll(/[\p{Cc}\p{Cs}]+/gu, ' ')
    .trim();
  return words.length <= MAX_WORDS ? words : `${words.slice(0, MAX_WORDS - 1)}…`;
}

/** Whether asking again may help, as those who were asked say it. */
export function isRetryable(error: unknown): boolean {
  return error instanceof BridgeError && error.code === 'TOOL_FAILED' && error.details.retryable === true;
}

export function isTimeout(error: unknown): boolean {
  return error instanceof BridgeError && error.code === 'TOOL_TIMEOUT';
}
