import { BridgeError, type ErrorCode } from '../errors.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  throttled: 'TOO_MANY_REQUESTS',
  refused: 'REQUEST_INVALID',
  'not-found': 'NOT_FOUND',
  credentials: 'AWS_REFUSED',
};

/**
 * For people who try a search: TOOL_FAILED, which is worded for callers, as what the service said. Everything else stays.
 */
export function searchProblem(error: unknown): unknown {
  if (!(error instanceof BridgeError) || error.code !== 'TOOL_FAILED') return error;
  const { reason, service } = error.details;
  const code = CODES[String(reason)] ?? 'AWS_UNREACHABLE';
  return new BridgeError(code, typeof service === 'string' ? service : error.message, {}, { cause: error });
}
