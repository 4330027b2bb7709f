import { hexDigits, type Random } from './random.js';

/** Who calls whom, as far as every webhook tells. */
export interface CallFacts {
  callSid: string;
  accountSid: string;
  from: string;
  to: string;
  direction: 'inbound' | 'outbound-api' | 'outbound-dial';
  /** Of the call that dialled this one. */
  parentCallSid?: string;
  /** Sent with every webhook; replaces the usual value. */
  extra: Readonly<Record<string, string>>;
}

const PLACES = ['City', 'State', 'Zip', 'Country'];

/**
 * The fields of every voice webhook, also the empty ones (they are signed), and one field that no documentation names: Twilio adds
 * fields without notice. Source: Twilio, TwiML voice request parameters.
 */
export function voiceFields(facts: CallFacts, callStatus: string, random: Random): Record<string, string> {
  const { callSid, accountSid, from, to, direction, parentCallSid, extra } = facts;
  const fields: Record<string, string> = {
    CallSid: callSid,
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    From: from,
    Caller: from,
    To: to,
    Called: to,
    Direction: direction,
    CallStatus: callStatus,
    ...(parentCallSid !== undefined && { ParentCallSid: parentCallSid }),
  };
  for (const party of ['From', 'Caller', 'To', 'Called']) {
    for (const place of PLACES) fields[party + place] = place === 'Country' ? 'US' : '';
  }
  if (direction === 'inbound') {
    const token = { parentCallInfoToken: `eyJhbGciOiJFUzI1NiJ9.${hexDigits(24, random)}`, identityHeaderTokens: [] };
    fields.CallToken = encodeURIComponent(JSON.stringify(token));
    fields.StirVerstat = 'TN-Validation-Passed-A';
  }
  fields.AddedWithoutNotice = hexDigits(8, random);
  return { ...fields, ...extra };
}

const SIP_CODES: Readonly<Record<string, string>> = { busy: '486', 'no-answer': '487', canceled: '487', failed: '404' };

/** What a call status callback adds. `durationMs` counts only at the end. Source: Twilio, Call status callbacks. */
export function statusFields(
  status: string,
  sequenceNumber: number,
  nowMs: number,
  durationMs: number,
): Record<string, string> {
  const isFinal = ['completed', 'busy', 'failed', 'no-answer', 'canceled'].includes(status);
  const seconds = Math.round(durationMs / 1000);
  return {
    Timestamp: new Date(nowMs).toUTCString().replace('GMT', '+0000'),
    CallbackSource: 'call-progress-events',
    SequenceNumber: String(sequenceNumber),
    ...(isFinal && { CallDuration: String(seconds), Duration: String(Math.ceil(seconds / 60)) }),
    ...(status in SIP_CODES && { SipResponseCode: SIP_CODES[status] as string }),
  };
}

/** All fields of a stream status callback. Source: Twilio, TwiML `<Stream>` statusCallback. */
export function streamFields(
  facts: Pick<CallFacts, 'accountSid' | 'callSid'>,
  stream: {
    streamSid: string;
    name: string | undefined;
    event: 'stream-started' | 'stream-stopped' | 'stream-error';
    error?: string;
  },
  nowMs: number,
  random: Random,
): Record<string, string> {
  const nanoseconds = String(Math.floor(random() * 1e6)).padStart(6, '0');
  return {
    AccountSid: facts.accountSid,
    CallSid: facts.callSid,
    StreamSid: stream.streamSid,
    StreamName: stream.name ?? stream.streamSid,
    StreamEvent: stream.event,
    ...(stream.error !== undefined && { StreamError: stream.error }),
    Timestamp: new Date(nowMs).toISOString().replace('Z', `${nanoseconds}Z`),
  };
}
