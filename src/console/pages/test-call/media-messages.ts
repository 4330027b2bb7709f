/**
 * Writes what Twilio sends to a media socket: numbers are strings except in `mediaFormat`; one counter for all messages after
 * `connected`, another for media. Source: Twilio, Media Streams WebSocket messages.
 */
export class MediaMessages {
  readonly #accountSid: string;
  readonly #callSid: string;
  readonly #streamSid: string;
  #sequence = 0;
  #chunk = 0;

  constructor(sids: { accountSid: string; callSid: string; streamSid: string }) {
    this.#accountSid = sids.accountSid;
    this.#callSid = sids.callSid;
    this.#streamSid = sids.streamSid;
  }

  connected(): string {
    return JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  }

  start(): string {
    const start = {
      accountSid: this.#accountSid,
      streamSid: this.#streamSid,
      callSid: this.#callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: {},
    };
    return this.#message('start', { start });
  }

  /** 20 ms of mu-law. */
  media(mulaw: Uint8Array): string {
    const timestamp = String(this.#chunk * 20);
    this.#chunk += 1;
    const payload = btoa(String.fromCharCode(...mulaw));
    return this.#message('media', { media: { track: 'inbound', chunk: String(this.#chunk), timestamp, payload } });
  }

  dtmf(digit: string): string {
    return this.#message('dtmf', { dtmf: { track: 'inbound_track', digit } });
  }

  mark(name: string): string {
    return this.#message('mark', { mark: { name } });
  }

  stop(): string {
    return this.#message('stop', { stop: { accountSid: this.#accountSid, callSid: this.#callSid } });
  }

  #message(event: string, body: Record<string, unknown>): string {
    this.#sequence += 1;
    return JSON.stringify({ event, sequenceNumber: String(this.#sequence), streamSid: this.#streamSid, ...body });
  }
}

/** What the bridge says on a media socket. */
export type BridgeMessage =
  | { readonly event: 'media'; readonly mulaw: Uint8Array }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'clear' };

/** Reads one message of the bridge; undefined when it is none of those. */
export function readBridgeMessage(text: string): BridgeMessage | undefined {
  const message = JSON.parse(text) as { event?: string; media?: { payload: string }; mark?: { name: string } };
  if (message.event === 'media' && message.media) {
    return { event: 'media', mulaw: Uint8Array.from(atob(message.media.payload), (char) => char.charCodeAt(0)) };
  }
  if (message.event === 'mark' && message.mark) return { event: 'mark', name: message.mark.name };
  return message.event === 'clear' ? { event: 'clear' } : undefined;
}
