import type { ToolFailureWhy } from '../call/ports.js';
import { BridgeError } from '../errors.js';
import { redacted } from '../redaction.js';

const MAX_WORDS = 1000;

/** Why a tool failed, as those who were asked say it: `throttled`, `refused`, `not-found`, `unavailable` and the like. */
export function reasonOf(error: unknown): string | undefined {
  const reason = error instanceof BridgeError ? error.details.reason : undefined;
  return typeof reason === 'string' ? reason : undefined;
}

/**
 * Why a run failed, for its record and for whoever tries the tool: what those who were asked said of it, without secrets.
 * Words of an agent's own are left out, as they may be about anything. Undefined when nothing is known beyond the code.
 */
export function whyOf(error: unknown): ToolFailureWhy | undefined {
  const reason = reasonOf(error);
  if (reason === undefined || !(error instanceof BridgeError)) return undefined;
  if (reason === 'agent-error') return { reason };
  const service = wordsOf(error.details.service);
  const problem = problemOf(error.details);
  return { reason, ...(service !== undefined && { service }), ...(problem !== undefined && { problem }) };
}

function problemOf({
  problem,
  oauthError,
  tokenStatus,
  status,
  contentType,
}: BridgeError['details']): string | undefined {
  const parts = [
    wordsOf(problem),
    labelled('HTTP', status),
    labelled('the token server answered', oauthError),
    labelled('HTTP of the token server:', tokenStatus),
    labelled('content type', contentType),
  ];
  const known = parts.filter((part) => part !== undefined);
  return known.length > 0 ? known.join('; ') : undefined;
}

function labelled(label: string, value: unknown): string | undefined {
  const words = wordsOf(typeof value === 'number' ? String(value) : value);
  return words === undefined ? undefined : `${label} ${words}`;
}

function wordsOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? redacted(value.slice(0, MAX_WORDS)) : undefined;
}
