import { BridgeError } from '../errors.js';
import { type FailureReason, inWords, reasonBehind, toolFailed } from '../service-failure.js';
import { AnswerTooLarge, CUT_OFF, TOO_LARGE } from './limited-body.js';
import type { McpSdk } from './sdk.js';

const MAX_WORDS_LENGTH = 200;
/** JSON-RPC: no such method, wrong parameters. */
const NOT_ACCEPTED = [-32601, -32602];
const CONNECTION_CLOSED = -32000;

const WHO = 'the tool server';

/** A failure in words that the voice model can pass on. */
export function mcpFailure(
  reason: FailureReason,
  cause?: unknown,
  words = inWords(WHO, reason),
  details?: Readonly<Record<string, unknown>>,
): BridgeError {
  return toolFailed(reason, words, { cause, details });
}

/** What went wrong between us and a server, whichever way it came. `secret` is kept out of the words. */
export function failureOf(error: unknown, sdk: McpSdk, secret: string | undefined): BridgeError {
  if (error instanceof BridgeError) return error;
  if (error instanceof sdk.HttpError) return httpFailure(error, error.code ?? 0);
  if (error instanceof sdk.McpError) return rpcFailure(error, error.code, plain(error.message, secret));
  if (error instanceof AnswerTooLarge) return tooLarge(error);
  // What undici says when the connection is lost while the body is read, and when there is none.
  if (error instanceof TypeError && error.message === 'terminated') return mcpFailure('truncated', error);
  if (error instanceof TypeError) return mcpFailure('unavailable', error);
  return mcpFailure('bad-answer', error);
}

/** Statuses below 100 are the SDK's own: an answer that is none. */
function httpFailure(error: unknown, status: number): BridgeError {
  const reason = reasonBehind({ name: '', status, message: '' });
  return mcpFailure(reason, error, undefined, status >= 100 ? { status } : undefined);
}

function rpcFailure(error: unknown, code: number, words: string): BridgeError {
  if (code === CUT_OFF) return mcpFailure('truncated', error);
  if (code === TOO_LARGE) return tooLarge(error);
  if (code === CONNECTION_CLOSED && words === 'Connection closed') return mcpFailure('unavailable', error);
  const reason = NOT_ACCEPTED.includes(code) ? 'refused' : 'agent-error';
  return words === '' ? mcpFailure(reason, error) : mcpFailure(reason, error, `${WHO}: ${words}`);
}

function tooLarge(cause: unknown): BridgeError {
  return mcpFailure('bad-answer', cause, 'the answer of the tool server is too large');
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
