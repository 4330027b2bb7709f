import { messageOf } from '../errors.js';
import type { StreamOutcome } from './stream.js';

export type StreamFailure = Extract<StreamOutcome, { kind: 'failed' }>;

/** Names that say nothing of the service: what fails below it is a lost connection. */
const GENERIC_NAMES = new Set([
  '',
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'AggregateError',
  'AbortError',
  'TimeoutError',
]);
/** The SDK adds this to the message of errors that come as the first event of a stream. */
const SDK_HINT = '\n  Deserialization error:';
const STATUS_OK = 200;

/** The failure that an error of the SDK, of the connection or of a frame means; the error itself stays as `cause`. */
export function failureOf(error: unknown): StreamFailure {
  const name = error instanceof Error && !GENERIC_NAMES.has(error.name) ? error.name : 'ConnectionLost';
  const httpStatus = statusOf(error);
  const message = wordsOf(error);
  return { kind: 'failed', name, message, ...(httpStatus === undefined ? {} : { httpStatus }), cause: error };
}

/** The failure of a stream whose connection went away or did not answer. */
export function lost(message: string, cause?: unknown): StreamFailure {
  return { kind: 'failed', name: 'ConnectionLost', message, ...(cause === undefined ? {} : { cause }) };
}

function wordsOf(error: unknown): string {
  const message = messageOf(error);
  const hintAt = message.indexOf(SDK_HINT);
  if (hintAt >= 0) return message.slice(0, hintAt);
  // An attempt on several addresses fails with an empty message and a code.
  return message !== '' ? message : codeOf(error);
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  const status = metadata.httpStatusCode;
  return typeof status === 'number' && status !== STATUS_OK ? status : undefined;
}
