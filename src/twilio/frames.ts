import { decodeBase64 } from '../audio/base64.js';
import type { ErrorCode } from '../errors.js';

/**
 * Messages of a media stream. Source: Twilio, Media Streams WebSocket messages; numbers travel as strings there.
 * Fields that Twilio adds are ignored, so that it may add some.
 */
export type TwilioFrame =
  | { event: 'connected' }
  | {
      event: 'start';
      streamSid: string;
      callSid: string;
      accountSid: string;
      customParameters: Readonly<Record<string, string>>;
    }
  | { event: 'media'; streamSid: string; timestampMs: number | undefined; mulaw: Buffer }
  | { event: 'dtmf'; streamSid: string; digit: string }
  | { event: 'mark'; streamSid: string; name: string }
  | { event: 'stop'; streamSid: string }
  | { event: 'faulty'; code: ErrorCode };

/** A media message of a whole second is under 11 KB; nothing that Twilio sends comes near this. */
const MAX_FRAME_BYTES = 64 * 1024;

const INVALID: TwilioFrame = { event: 'faulty', code: 'TWILIO_FRAME_INVALID' };

/** Parses one message. Never throws: what is wrong comes back as `faulty` with its code. */
export function parseTwilioFrame(message: Buffer, isBinary: boolean): TwilioFrame {
  if (isBinary) return { event: 'faulty', code: 'TWILIO_FRAME_BINARY' };
  if (message.length > MAX_FRAME_BYTES) return { event: 'faulty', code: 'TWILIO_FRAME_OVERSIZED' };
  let frame: unknown;
  try {
    frame = JSON.parse(message.toString('utf8'));
  } catch {
    return INVALID;
  }
  if (!isObject(frame) || typeof frame.event !== 'string') return INVALID;
  const { event, streamSid } = frame;
  if (event === 'connected') return { event };
  if (!KNOWN_EVENTS.has(event)) return { event: 'faulty', code: 'TWILIO_FRAME_UNKNOWN' };
  if (typeof streamSid !== 'string' || streamSid === '') return INVALID;
  const body = frame[event];
  switch (event) {
    case 'media':
      return isObject(body) ? parseMedia(streamSid, body) : INVALID;
    case 'start':
      return isObject(body) ? parseStart(streamSid, body) : INVALID;
    case 'dtmf':
      return isObject(body) && typeof body.digit === 'string' && /^[0-9A-D*#]$/.test(body.digit)
        ? { event, streamSid, digit: body.digit }
        : INVALID;
    case 'mark':
      return isObject(body) && typeof body.name === 'string' ? { event, streamSid, name: body.name } : INVALID;
    default:
      return { event: 'stop', streamSid };
  }
}

const KNOWN_EVENTS: ReadonlySet<string> = new Set(['start', 'media', 'dtmf', 'mark', 'stop']);

function parseMedia(streamSid: string, media: Record<string, unknown>): TwilioFrame {
  const { payload, timestamp, track } = media;
  if (track !== undefined && track !== 'inbound') return { event: 'faulty', code: 'TWILIO_FRAME_FOREIGN' };
  const mulaw = typeof payload === 'string' ? decodeBase64(payload) : undefined;
  if (!mulaw || mulaw.length === 0) return INVALID;
  const timestampMs = timestamp === undefined ? undefined : Number(timestamp);
  if (timestampMs !== undefined && !(Number.isFinite(timestampMs) && timestampMs >= 0)) return INVALID;
  return { event: 'media', streamSid, timestampMs, mulaw };
}

function parseStart(streamSid: string, start: Record<string, unknown>): TwilioFrame {
  const { callSid, accountSid, customParameters, mediaFormat } = start;
  if (typeof callSid !== 'string' || callSid === '') return INVALID;
  if (mediaFormat !== undefined && !isTelephoneAudio(mediaFormat)) return INVALID;
  const parameters: Record<string, string> = {};
  if (isObject(customParameters)) {
    for (const [name, value] of Object.entries(customParameters)) {
      if (typeof value === 'string') parameters[name] = value;
    }
  }
  const account = typeof accountSid === 'string' ? accountSid : '';
  return { event: 'start', streamSid, callSid, accountSid: account, customParameters: parameters };
}

function isTelephoneAudio(format: unknown): boolean {
  if (!isObject(format)) return false;
  const { encoding, sampleRate, channels } = format;
  return encoding === 'audio/x-mulaw' && Number(sampleRate) === 8000 && Number(channels) === 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Outbound messages carry exactly these fields: one more and Twilio ignores the message (warning 31951). */
export function mediaMessage(streamSid: string, mulaw: Uint8Array): string {
  const payload = Buffer.from(mulaw.buffer, mulaw.byteOffset, mulaw.byteLength).toString('base64');
  return `{"event":"media","streamSid":${JSON.stringify(streamSid)},"media":{"payload":"${payload}"}}`;
}

export function markMessage(streamSid: string, name: string): string {
  return JSON.stringify({ event: 'mark', streamSid, mark: { name } });
}

export function clearMessage(streamSid: string): string {
  return JSON.stringify({ event: 'clear', streamSid });
}
