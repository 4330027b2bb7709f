import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Probe, Recorder } from './probe.js';
import { seededRandom } from './reference.js';
import { dueCount, FRAME_INTERVAL_MS, framePhaseMs, MARKER_EVERY_FRAMES, PlayoutQueue } from './schedule.js';
import { callForm, type Target, twilioSignature, webhook } from './webhook.js';
import { CLOSE_FRAME, cutFrame, maskedText, mediaMs } from './ws-frames.js';

/** A caller of either kind: over Twilio's wire, or straight to the model stand-in. */
export interface Caller {
  readonly probe: Probe;
  connect(): Promise<void>;
  startAudio(nowMs: number, calls: number): void;
  tick(nowMs: number): void;
  hangUp(): Promise<void>;
}

export type CarrierOptions = Target & { recorder: Recorder; now: () => number };

const QUIET_FRAMES = 50;
const FRAME_BYTES = 160;
/** 500 Hz at full scale in mu-law. */
const LOUD_MULAW = Buffer.from(Array.from({ length: FRAME_BYTES }, (_, i) => (i % 16 < 8 ? 0x80 : 0x00)));
const QUIET_MULAW: readonly Buffer[] = (() => {
  const random = seededRandom(5);
  return Array.from({ length: QUIET_FRAMES }, () =>
    Buffer.from(Array.from({ length: FRAME_BYTES }, () => (random() < 0.5 ? 0xff : 0x7f) - Math.floor(random() * 8))),
  );
})();
const LOUD_BASE64 = LOUD_MULAW.toString('base64');
const QUIET_BASE64 = QUIET_MULAW.map((frame) => frame.toString('base64'));

/** A caller over Twilio's wire: signed webhook and upgrade, 50 messages a second, marks played out, clear honoured. */
export class CarrierCaller implements Caller {
  readonly probe: Probe;
  readonly #options: CarrierOptions;
  readonly #callSid = `CA${randomBytes(16).toString('hex')}`;
  readonly #streamSid = `MZ${randomBytes(16).toString('hex')}`;
  readonly #queue = new PlayoutQueue();
  #socket: Socket | undefined;
  #nextFrameMs = Number.POSITIVE_INFINITY;
  #frames = 0;
  #messages = 0;
  #rest: Buffer | undefined;
  #closed: Promise<void> = Promise.resolve();

  constructor(probe: Probe, options: CarrierOptions) {
    this.probe = probe;
    this.#options = options;
  }

  async connect(): Promise<void> {
    if (!(await this.connectIfTaken())) throw new Error('the call was not taken');
  }

  /** Rings; false when the bridge has no room for the call. */
  async connectIfTaken(): Promise<boolean> {
    const { text } = await webhook(
      this.#options,
      '/twilio/voice',
      callForm(this.#options, this.#callSid, this.probe.index),
    );
    const ticket = /name="ticket" value="([^"]+)"/.exec(text)?.[1];
    if (ticket === undefined) return false;
    await this.#upgrade();
    const { accountSid } = this.#options;
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
    const start = {
      accountSid,
      streamSid: this.#streamSid,
      callSid: this.#callSid,
      tracks: ['inbound'],
      mediaFormat,
      customParameters: { ticket },
    };
    this.#send('{"event":"connected","protocol":"Call","version":"1.0.0"}');
    this.#send(
      JSON.stringify({ event: 'start', sequenceNumber: `${++this.#messages}`, start, streamSid: this.#streamSid }),
    );
    return true;
  }

  startAudio(nowMs: number, calls: number): void {
    this.#nextFrameMs = nowMs + framePhaseMs(this.probe.index, calls);
  }

  tick(nowMs: number): void {
    for (let due = dueCount(this.#nextFrameMs, nowMs); due > 0; due--) {
      this.#sendFrame();
      this.#nextFrameMs += FRAME_INTERVAL_MS;
    }
    for (let name = this.#queue.nextDue(nowMs); name !== undefined; name = this.#queue.nextDue(nowMs)) {
      const number = ++this.#messages;
      this.#send(
        `{"event":"mark","sequenceNumber":"${number}","streamSid":"${this.#streamSid}","mark":{"name":"${name}"}}`,
      );
    }
  }

  async hangUp(): Promise<void> {
    const { accountSid } = this.#options;
    const stop = { accountSid, callSid: this.#callSid };
    this.#nextFrameMs = Number.POSITIVE_INFINITY;
    this.#send(
      JSON.stringify({ event: 'stop', sequenceNumber: `${++this.#messages}`, streamSid: this.#streamSid, stop }),
    );
    this.#socket?.end();
    await this.#closed;
    const form = { ...callForm(this.#options, this.#callSid, this.probe.index), CallStatus: 'completed' };
    await webhook(this.#options, '/twilio/status', form);
  }

  #sendFrame(): void {
    const isMarker = this.#frames % MARKER_EVERY_FRAMES === MARKER_EVERY_FRAMES - 1;
    const payload = isMarker ? LOUD_BASE64 : QUIET_BASE64[this.#frames % QUIET_FRAMES];
    const timestamp = this.#frames++ * FRAME_INTERVAL_MS;
    if (isMarker) this.probe.markerSentMs = this.#options.now();
    this.#send(
      `{"event":"media","sequenceNumber":"${++this.#messages}","media":{"track":"inbound","chunk":"${this.#frames}",` +
        `"timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"${this.#streamSid}"}`,
    );
  }

  async #upgrade(): Promise<void> {
    const { port, publicUrl, authToken } = this.#options;
    const signature = twilioSignature(authToken, `${publicUrl.replace(/^http/, 'ws')}/twilio/media`);
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      let head = Buffer.alloc(0);
      const takeHead = (part: Buffer) => {
        head = Buffer.concat([head, part]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.off('data', takeHead);
        socket.off('error', reject);
        socket.on('error', () => socket.destroy());
        if (!head.toString('latin1').startsWith('HTTP/1.1 101')) reject(new Error('the upgrade was refused'));
        socket.on('data', (bytes: Buffer) => this.#receive(bytes));
        this.#receive(head.subarray(end + 4));
        resolve();
      };
      socket.on('data', takeHead);
      socket.write(
        `GET /twilio/media HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: Twilio.TmeWs/1.0\r\n` +
          'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nX-Twilio-Signature: ${signature}\r\n\r\n`,
      );
    });
  }

  #send(text: string): void {
    if (this.#socket?.writable) this.#socket.write(maskedText(text));
  }

  #receive(bytes: Buffer): void {
    let unread = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (;;) {
      const frame = cutFrame(unread);
      if (!frame) break;
      if (frame.opcode === 1) this.#take(unread.subarray(frame.from, frame.to));
      else if (frame.opcode === 8) this.#socket?.end(CLOSE_FRAME);
      unread = unread.subarray(frame.to);
    }
    this.#rest = unread.length > 0 ? unread : undefined;
  }

  /** Messages are known by the first letters of their event: `media`, `mark` and `clear`. */
  #take(message: Buffer): void {
    const { recorder, now } = this.#options;
    const kind = message.toString('latin1', 10, 12);
    if (kind === 'me') {
      const nowMs = now();
      recorder.utteranceHeard(this.probe, nowMs);
      recorder.soundHeard(this.probe, nowMs);
      this.#queue.play(mediaMs(message), nowMs);
    } else if (kind === 'ma') {
      this.#queue.mark((JSON.parse(message.toString()) as { mark: { name: string } }).mark.name, now());
    } else if (kind === 'cl') {
      recorder.cleared(this.probe, now());
      this.#queue.clear(now());
    }
  }
}
