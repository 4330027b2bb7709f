/** A message that Twilio accepts from the server. Audio is mu-law, 8 bytes per ms. */
export type Outbound = { event: 'media'; payload: Uint8Array } | { event: 'mark'; name: string } | { event: 'clear' };

/** Why a message was ignored, with Twilio's warning number. */
export interface Refusal {
  event: 'refused';
  code: 31950 | 31951;
  text: string;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads one text message of the server as strictly as Twilio does: exactly the documented fields, this stream's sid, valid base64.
 * Source: Twilio, Media Streams WebSocket messages; error 31951.
 */
export function readOutbound(text: string, streamSid: string): Outbound | Refusal {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return refused(`not JSON: ${shortened(text)}`);
  }
  if (!isRecord(message)) return refused(`not an object: ${shortened(text)}`);
  const { event } = message;
  if (event !== 'media' && event !== 'mark' && event !== 'clear') return refused(`unknown event: ${shortened(text)}`);
  const fields = fieldFault(message, event === 'clear' ? ['event', 'streamSid'] : ['event', 'streamSid', event]);
  if (fields) return refused(`${event}: ${fields}`);
  if (message.streamSid !== streamSid)
    return refused(`${event}: wrong streamSid ${shortened(String(message.streamSid))}`);
  if (event === 'clear') return { event };
  const body = message[event];
  const field = event === 'media' ? 'payload' : 'name';
  if (!isRecord(body)) return refused(`${event}: "${event}" is not an object`);
  const inner = fieldFault(body, [field]);
  if (inner) return refused(`${event}: ${event} ${inner}`);
  const value = body[field];
  if (typeof value !== 'string' || value === '')
    return refused(`${event}: ${event}.${field} is not a non-empty string`);
  if (event === 'mark') return { event, name: value };
  if (!BASE64.test(value)) return refused('media: payload is not base64');
  return { event, payload: Buffer.from(value, 'base64') };
}

/** What Twilio makes of a binary message. Source: Twilio, error 31950. */
export function refuseBinary(byteLength: number): Refusal {
  return { event: 'refused', code: 31950, text: `binary message of ${byteLength} bytes` };
}

function fieldFault(record: Record<string, unknown>, names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !Object.hasOwn(record, name));
  const extra = Object.keys(record).filter((name) => !names.includes(name));
  if (missing.length > 0)
    return `without ${missing.join(', ')}${extra.length > 0 ? ` but with ${extra.join(', ')}` : ''}`;
  return extra.length > 0 ? `extra field ${extra.join(', ')}` : undefined;
}

function refused(text: string): Refusal {
  return { event: 'refused', code: 31951, text };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
