import type { PlaceOptions, StatusEvent } from '../phone/contract.js';
import { isE164, methodIn, secondsIn, urlIn } from './form.js';
import { RestProblem } from './problem.js';

/** What decides whether a call may be made, beside its own fields. */
export interface CallRules {
  owns: (number: string) => boolean;
  isTrial: boolean;
  isActive: boolean;
  /** Numbers of others: they may be shown, and called on a trial. */
  verifiedNumbers: readonly string[];
  /** Destinations without geographic permission. */
  refusesDestination: (to: string) => boolean;
}

const STATUS_EVENTS: readonly string[] = ['initiated', 'ringing', 'answered', 'completed'] satisfies StatusEvent[];
const INLINE_LIMIT_CHARACTERS = 4000;
const RING_LIMIT_SECONDS = 600;
export const CALL_LIMIT_SECONDS = 86_400;

/** The fields of a new call. Throws what Twilio answers to bad ones. Source: Twilio, Call resource; Error and warning dictionary. */
export function readCallForm(form: URLSearchParams, rules: CallRules): Omit<PlaceOptions, 'callee'> {
  const to = form.get('To');
  const from = form.get('From');
  if (!to) throw new RestProblem(400, 21201, "No 'To' number is specified");
  if (!from) throw new RestProblem(400, 21213, "No 'From' number is specified");
  checkParties(from, to, rules);
  const voiceUrl = urlIn(form, 'Url', 21205);
  const twiml = readInline(form);
  if (voiceUrl === undefined && twiml === undefined) throw new RestProblem(400, 21205, 'Url parameter is required.');
  const statusUrl = urlIn(form, 'StatusCallback', 21609);
  const detection = readDetection(form);
  if (!rules.isActive) throw new RestProblem(403, 20005, 'Account is not active');
  return {
    from,
    to,
    voiceUrl,
    voiceMethod: methodIn(form, 'Method'),
    fallbackUrl: urlIn(form, 'FallbackUrl', 21205),
    twiml,
    statusUrl,
    statusMethod: methodIn(form, 'StatusCallbackMethod'),
    statusEvents: readEvents(form.getAll('StatusCallbackEvent')),
    ringLimitMs: secondsIn(form, 'Timeout', [1, RING_LIMIT_SECONDS]),
    timeLimitMs: secondsIn(form, 'TimeLimit', [1, CALL_LIMIT_SECONDS]),
    detection,
  };
}

/** Inline TwiML, if any. Throws when it is too long. */
export function readInline(form: URLSearchParams): string | undefined {
  const twiml = form.get('Twiml') || undefined;
  if (twiml !== undefined && twiml.length > INLINE_LIMIT_CHARACTERS) {
    throw new RestProblem(400, 21205, 'Twiml is too long.');
  }
  return twiml;
}

function checkParties(from: string, to: string, rules: CallRules): void {
  const isVerified = (number: string) => rules.verifiedNumbers.includes(number);
  if (!isE164(to)) {
    throw new RestProblem(400, 21211, `The phone number you are attempting to call, ${to}, is not valid.`);
  }
  if (!isE164(from)) throw new RestProblem(400, 21212, `The source phone number provided, ${from}, is not valid.`);
  if (!rules.owns(from) && !isVerified(from)) {
    const text = `The source phone number provided, ${from}, is not yet verified for your account.`;
    throw new RestProblem(400, 21210, text);
  }
  if (rules.isTrial && !isVerified(to)) {
    const text = `The number ${to} is unverified. Trial accounts may only make calls to verified numbers.`;
    throw new RestProblem(400, 21219, text);
  }
  if (rules.refusesDestination(to)) {
    const text = `Account not authorized to call ${to}. Perhaps you need to enable some international permissions.`;
    throw new RestProblem(400, 21215, text);
  }
}

/** With one event that Twilio does not know, none is reported; the call is taken all the same. */
function readEvents(events: readonly string[]): StatusEvent[] {
  if (events.some((event) => !STATUS_EVENTS.includes(event))) return [];
  return events.length === 0 ? ['completed'] : (events as StatusEvent[]);
}

/** Detection is ignored when digits are sent. */
function readDetection(form: URLSearchParams): PlaceOptions['detection'] {
  const kind = form.get('MachineDetection');
  if (!kind || form.get('SendDigits')) return undefined;
  if (kind !== 'Enable' && kind !== 'DetectMessageEnd') {
    throw new RestProblem(400, 20001, `MachineDetection ${kind} is neither Enable nor DetectMessageEnd`);
  }
  if (form.get('AsyncAmd') !== 'true') return { mode: 'sync' };
  const url = urlIn(form, 'AsyncAmdStatusCallback', 21262);
  if (url === undefined) {
    throw new RestProblem(400, 21262, 'AsyncAmdStatusCallback is required for asynchronous detection.');
  }
  return { mode: 'async', url, method: methodIn(form, 'AsyncAmdStatusCallbackMethod') };
}
