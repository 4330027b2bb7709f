import type { Clock } from '../clock.js';
import type { CallOptions, Phone, PhoneCall, PlacedCall } from '../emulator/phone/contract.js';
import { TwilioFault } from '../emulator/phone/phone.js';
import type { TwimlDocument } from '../emulator/phone/verbs.js';
import { BridgeError } from '../errors.js';

/** How long the carrier may take from the first ring to a media stream, in ms of the clock. */
export interface ConnectLimit {
  readonly clock: Clock;
  readonly limitMs: number;
}

/**
 * Places a call. Pauses, words and redirects before the media stream take time as a call does: when it has not come to its
 * stream (or to the one document without any) in time, it is taken away and `CALL_NOT_LIVE` says so, with `atMs` in its
 * details. A call to which a failure happened is resolved as well, and goes on to its end; a failure without a call rejects.
 */
export async function placeCall(
  phone: Phone,
  options: CallOptions,
  { clock, limitMs }: ConnectLimit,
): Promise<PhoneCall> {
  const documents: TwimlDocument[] = [];
  const calling = phone.call({
    ...options,
    listen(event) {
      if (event.kind === 'twiml') documents.push(event.document);
      options.listen?.(event);
    },
  });
  // It has its leg as soon as it is asked for.
  const callSid = phone.legs.at(-1)?.callSid ?? '';
  return connectedWithin(calling, { clock, limitMs }, () => {
    phone.change(callSid, { to: 'end', status: 'completed' });
    return shownDocuments(documents);
  });
}

/** As `placeCall`, for a call that the carrier was ordered to make: the time counts from the order, ringing included. */
export function placedWithin(phone: Phone, { call, begun }: PlacedCall, limit: ConnectLimit): Promise<PhoneCall> {
  return connectedWithin(begun, limit, () => {
    phone.change(call.callSid, { to: 'end', status: 'completed' });
    return shownDocuments(call.twiml);
  });
}

/** The call, if it is there in time, also one that was refused. Else `giveUp` ends what was begun and says how far it came, which is what rejects. */
export function connectedWithin(
  calling: Promise<PhoneCall>,
  { clock, limitMs }: ConnectLimit,
  giveUp: () => string,
): Promise<PhoneCall> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => {
      const message = `no media stream after ${limitMs} ms: ${giveUp()}`;
      reject(new BridgeError('CALL_NOT_LIVE', message, { atMs: limitMs }));
    });
    evenIfRefused(calling).then(resolve, reject).finally(cancel);
  });
}

/** The call that a failure happened to, which goes on to its end; rejects with the failure when there is none. */
export function evenIfRefused(calling: Promise<PhoneCall>): Promise<PhoneCall> {
  return calling.catch((error: unknown) => {
    if (error instanceof TwilioFault && error.call) return error.call;
    throw error;
  });
}

function shownDocuments(documents: readonly TwimlDocument[]): string {
  const last = documents.at(-1);
  if (!last) return 'the webhook gave no TwiML';
  const verbs = last.verbs.map(({ verb }) => `<${verb}>`).join(' ') || 'nothing in it';
  if (documents.length === 1) return `the TwiML was ${verbs}`;
  return `${documents.length} TwiML documents came, one led to by the other, the last with ${verbs}`;
}
