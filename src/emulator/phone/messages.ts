/**
 * Builds what Twilio sends, in its own key order: numbers are strings except in `mediaFormat`; one counter for all messages
 * after `connected`, another for media. Source: Twilio, Media Streams WebSocket messages, and published recordings.
 */
export class MessageWriter {
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
    return '{"event":"connected","protocol":"Call","version":"1.0.0"}';
  }

  start(customParameters: Readonly<Record<string, string>>): string {
    const start = {
      accountSid: this.#accountSid,
      streamSid: this.#streamSid,
      callSid: this.#callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters,
    };
    return JSON.stringify({ event: 'start', sequenceNumber: this.#next(), start, streamSid: this.#streamSid });
  }

  media(timestampMs: number, payloadBase64: string): string {
    this.#chunk += 1;
    return `{"event":"media","sequenceNumber":"${this.#next()}","media":{"track":"inbound","chunk":"${this.#chunk}","timestamp":"${timestampMs}","payload":"${payloadBase64}"},"streamSid":"${this.#streamSid}"}`;
  }

  dtmf(digit: string): string {
    const dtmf = { track: 'inbound_track', digit };
    return JSON.stringify({ event: 'dtmf', streamSid: this.#streamSid, sequenceNumber: this.#next(), dtmf });
  }

  mark(name: string): string {
    return JSON.stringify({ event: 'mark', sequenceNumber: this.#next(), streamSid: this.#streamSid, mark: { name } });
  }

  stop(): string {
    const stop = { accountSid: this.#accountSid, callSid: this.#callSid };
    return JSON.stringify({ event: 'stop', sequenceNumber: this.#next(), streamSid: this.#streamSid, stop });
  }

  #next(): string {
    this.#sequence += 1;
    return String(this.#sequence);
  }
}
