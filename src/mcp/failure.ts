import { BridgeError } from '../errors.js';
import { AnswerTooLarge, CUT_OFF, TOO_LARGE } from './limited-body.js';
import type { McpSdk } from './sdk.js';

/** Why a server gave no answer. */
export type McpFailureReason =
  | 'throttled'
  | 'refused'
  | 'not-found'
  | 'unavailable'
  | 'agent-error'
  | 'truncated'
  | 'credentials'
  | 'bad-answer'
  | 'cancelled';

const MAX_WORDS_LENGTH = 200;
/** JSON-RPC: no such method, wrong parameters. */
const NOT_ACCEPTED = [-32601, -32602];
const CONNECTION_CLOSED = -32000;

/** A failure in words that the voice model can pass on; `retryable` when the same request may work in a moment. */
export function mcpFailure(reason: McpFailureReason, retryable: boolean, words: string, cause?: unknown): BridgeError {
  return new BridgeError('TOOL_FAILED', words, { reason, retryable }, { cause });
}

/** What went wrong between us and a server, whichever way it came. `secret` is kept out of the words. */
export function failureOf(error: unknown, sdk: McpSdk, secret: string | undefined): BridgeError {
  if (error instanceof BridgeError) return error;
  if (error instanceof sdk.HttpError) return httpFailure(error, error.code ?? -1);
  if (error instanceof sdk.McpError) return rpcFailure(error, error.code, plain(error.message, secret));
  if (error instanceof AnswerTooLarge) return tooLarge(error);
  // What undici says when the connection is lost while the body is read, and when there is none.
  if (error instanceof TypeError && error.message === 'terminated') return cutOff(error);
  if (error instanceof TypeError) return unavailable(error);
  return badAnswer(error);
}

function httpFailure(error: unknown, status: number): BridgeError {
  if (status === 401) return mcpFailure('credentials', false, 'the tool server does not accept our credentials', error);
  if (status === 403) return mcpFailure('refused', false, 'the tool server does not allow this', error);
  if (status === 404) return mcpFailure('not-found', false, 'there is no tool server at the address', error);
  if (status === 429) return mcpFailure('throttled', true, 'the tool server is busy', error);
  if (status === 408 || status >= 500) return unavailable(error);
  if (status >= 400) return mcpFailure('refused', false, 'the tool server refused the request', error);
  return badAnswer(error);
}

function rpcFailure(error: unknown, code: number, words: string): BridgeError {
  if (code === CUT_OFF) return cutOff(error);
  if (code === TOO_LARGE) return tooLarge(error);
  if (code === CONNECTION_CLOSED && words === 'Connection closed') return unavailable(error);
  const detail = words === '' ? '' : `: ${words}`;
  if (NOT_ACCEPTED.includes(code)) {
    return mcpFailure('refused', false, `the tool server did not accept the request${detail}`, error);
  }
  return mcpFailure('agent-error', false, `the tool server answered with an error${detail}`, error);
}

function unavailable(cause: unknown): BridgeError {
  return mcpFailure('unavailable', true, 'the tool server cannot be reached at the moment', cause);
}

function cutOff(cause: unknown): BridgeError {
  return mcpFailure('truncated', true, 'the answer of the tool server broke off', cause);
}

function tooLarge(cause: unknown): BridgeError {
  return mcpFailure('bad-answer', false, 'the answer of the tool server is too large', cause);
}

function badAnswer(cause: unknown): BridgeError {
  return mcpFailure('bad-answer', false, 'the tool server gave an answer that cannot be understood', cause);
}

/** Words of a server without what nobody should hear: markup, credentials, line breaks. */
function plain(message: string, secret: string | undefined): string {
  const words = message.replace(/^MCP error -?\d+: /, '');
  if (/<[a-z!/][^>]*>/i.test(words)) return '';
  const token = secret?.replace(/^\S+ /, '');
  const open = token ? words.replaceAll(token, '…') : words;
  return open
    .replace(/\bBearer\s+\S+/gi, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_WORDS_LENGTH);
}
