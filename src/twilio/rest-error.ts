import { BridgeError } from '../errors.js';

/** "Not found" and "call is not in-progress" as Twilio numbers them. Source: Twilio, error and warning dictionary. */
const NOT_FOUND = 20404;
const CALL_NOT_IN_PROGRESS = 21220;

/** What the SDK throws when Twilio says no (RestException, TwilioServiceException) as our error; anything else as it is. */
export function refusal(error: unknown): unknown {
  if (error instanceof BridgeError || !(error instanceof Error)) return error;
  const { status, code } = error as { status?: unknown; code?: unknown };
  if (typeof status !== 'number') return error;
  const carrierCode = typeof code === 'number' ? code : null;
  const carrierMessage = withoutNumbers(String(error.message || `HTTP ${status}`));
  const details = { status, carrierCode, carrierMessage };
  if (carrierCode === NOT_FOUND)
    return new BridgeError('NOT_FOUND', 'Twilio does not have what was asked for.', details);
  if (carrierCode === CALL_NOT_IN_PROGRESS) {
    return new BridgeError('CALL_NOT_LIVE', 'Twilio can do nothing with the call: it is not in progress.', details);
  }
  const name = carrierCode === null ? `HTTP ${status}` : `HTTP ${status}, error ${carrierCode}`;
  return new BridgeError('CARRIER_REFUSED', `Twilio refuses (${name}): ${carrierMessage}`, details);
}

/**
 * A request without an answer. Only the reason is kept of the error: it carries the request with its credentials.
 * After a timeout nobody knows whether Twilio did what it was asked.
 */
export function unreachable(error: unknown, timeoutMs: number): BridgeError {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  const reason = typeof code === 'string' ? code : 'UNKNOWN';
  return ['ECONNABORTED', 'ETIMEDOUT'].includes(reason)
    ? new BridgeError('CARRIER_UNREACHABLE', `Twilio gave no answer in ${timeoutMs} ms.`, { reason, timeoutMs })
    : new BridgeError('CARRIER_UNREACHABLE', `Twilio cannot be reached: ${reason}.`, { reason });
}

/** What is wrong with an answer that is neither Twilio's yes nor its no. */
export function answerProblem(status: number, body: unknown): BridgeError | undefined {
  if (status >= 500) return new BridgeError('CARRIER_UNREACHABLE', `Twilio fails with HTTP ${status}.`, { status });
  const isOdd = status < 400 && status !== 204 && (status >= 300 || typeof body !== 'object' || body === null);
  if (!isOdd) return undefined;
  return new BridgeError('CARRIER_UNREACHABLE', `What answered (HTTP ${status}) is not Twilio's REST API.`, { status });
}

/** Twilio repeats telephone numbers in its words; words end up in logs. */
function withoutNumbers(text: string): string {
  return text.replace(/(?:\+|%2B)\d[\d ().-]{4,}\d|(?<!\w)\d{7,15}(?!\w)/gi, '[number]');
}
