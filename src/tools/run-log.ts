import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { redacted } from '../redaction.js';
import { reasonOf } from './why.js';

const MAX_MESSAGE = 1000;
/** The name comes from the model. */
const MAX_NAME = 64;

interface RunNote {
  readonly callSid: string;
  readonly tool: string;
  readonly kind: string;
  readonly durationMs: number;
  readonly outcome: string;
}

/** One line for each run. What was asked and answered is not written; words of a failure, the service's own too, only without secrets. */
export function noteRun(log: Logger, note: RunNote, error?: unknown): void {
  const fields = { ...note, tool: note.tool.slice(0, MAX_NAME), durationMs: Math.round(note.durationMs) };
  if (error === undefined) {
    log.info(fields, 'tool ran');
    return;
  }
  const reason = reasonOf(error);
  const words = redacted(messageOf(error).slice(0, MAX_MESSAGE));
  const code = error instanceof BridgeError ? error.code : 'INTERNAL';
  // An agent's own words may repeat what the caller said.
  const isPersonal = reason === 'agent-error' || code === 'TOOL_INPUT_INVALID';
  const { service, problem, oauthError, tokenStatus } = error instanceof BridgeError ? error.details : {};
  const whys = {
    error: words,
    ...(typeof service === 'string' && { service: redacted(service.slice(0, MAX_MESSAGE)) }),
    ...(typeof problem === 'string' && { problem: redacted(problem.slice(0, MAX_MESSAGE)) }),
    oauthError,
    tokenStatus,
  };
  log.warn({ ...fields, code, reason, ...(isPersonal ? { pii: whys } : whys) }, 'tool failed');
}
