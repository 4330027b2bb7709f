import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Clock } from '../../clock.js';
import { Announcer, ignoreUnwatched } from './announcer.js';
import type { CallEnd, HangUp, PhoneCall, PhoneEvent, PlayoutGap, SpokenRecord } from './contract.js';
import type { CallStatus, Leg } from './leg.js';
import { encodeMulaw } from './mulaw.js';
import { CallRecord } from './record.js';
import { Speech } from './speech.js';
import { MediaStream, type StreamRequest } from './stream.js';
import { Timeline, waitOn } from './timeline.js';
import { readCallerWav, stereoWav } from './wav.js';

const KEY_DISTANCE_MS = 200;

export interface CallHome {
  clock: Clock;
  callSid: string;
  keepMessages: boolean;
  listen: ((event: PhoneEvent) => void) | undefined;
  /** A bare stream has none. */
  leg?: Leg;
}

/** A call as the caller has it at the ear: speaking, keys, hanging up, and all that was heard. It knows streams but no TwiML. */
export class LiveCall implements PhoneCall {
  readonly callSid: string;
  readonly ended: Promise<CallEnd>;
  /** Everything written down; `PhoneCall` shows it read-only. */
  readonly record = new CallRecord();
  readonly timeline: Timeline;
  readonly #clock: Clock;
  readonly #keepMessages: boolean;
  readonly #leg: Leg | undefined;
  readonly #announcer = new Announcer();
  readonly #speech: Speech;
  readonly #hungUp = new AbortController();
  readonly #streams: MediaStream[] = [];
  readonly #spoken: { text: string; clockMs: number }[] = [];
  #heardWaits: { heardMs: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  #howToHangUp: HangUp = {};
  #settle!: (end: CallEnd) => void;
  #end: CallEnd | undefined;

  constructor({ clock, callSid, keepMessages, listen, leg }: CallHome) {
    this.#leg = leg;
    this.callSid = callSid;
    this.#clock = clock;
    this.#keepMessages = keepMessages;
    this.timeline = new Timeline(clock);
    this.#speech = new Speech(this.timeline.said, (event) => this.emit(event));
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (listen) this.#announcer.listen(listen);
  }

  /** Aborts when the caller hangs up. */
  get signal(): AbortSignal {
    return this.#hungUp.signal;
  }

  /**
   * Opens a media stream on this call; the caller is then connected to it. The carrier takes it away when `cut` aborts. Rejects
   * as `MediaStream.open` does.
   */
  async openStream(request: StreamRequest, cut?: AbortSignal): Promise<MediaStream> {
    const stream = new MediaStream(
      {
        clock: this.#clock,
        timeline: this.timeline,
        speech: this.#speech,
        record: this.record,
        emit: (event) => this.emit(event),
        keepMessages: this.#keepMessages,
        afterWork: () => this.#wakeHeard(),
      },
      request,
    );
    this.#streams.push(stream);
    const hangUp = () => stream.hangUp(this.#howToHangUp);
    this.signal.addEventListener('abort', hangUp, { once: true });
    const takeAway = () => stream.hangUp({}, 'carrier');
    cut?.addEventListener('abort', takeAway, { once: true });
    void stream.closed.then(() => {
      this.signal.removeEventListener('abort', hangUp);
      cut?.removeEventListener('abort', takeAway);
    });
    if (this.signal.aborted) hangUp();
    if (cut?.aborted) takeAway();
    await stream.open();
    return stream;
  }

  emit(event: PhoneEvent): void {
    this.#announcer.emit(event);
  }

  /** The caller hears words. */
  speak(text: string): void {
    this.#spoken.push({ text, clockMs: this.#clock.now() });
    this.emit({ kind: 'spoken', atMs: this.timeline.nowMs, text });
  }

  /** Resolves when no stream of the call is open. */
  async streamsClosed(): Promise<void> {
    await Promise.all(this.#streams.map(({ closed }) => closed));
  }

  /** Stops the call's time: nothing is heard or said any more. Callbacks may still be under way. */
  stopTime(): void {
    this.#speech.stop(this.timeline.nowMs);
    this.timeline.end();
  }

  /** The call is over in every respect. */
  finish(end: CallEnd): void {
    if (this.#end) return;
    this.stopTime();
    this.#end = end;
    for (const { heardMs, reject } of this.#heardWaits.splice(0)) {
      reject(new Error(`the call ended before ${heardMs} ms were heard`));
    }
    this.emit({ kind: 'ended', atMs: end.endedMs, end });
    this.#settle(end);
  }

  get status(): CallStatus | undefined {
    return this.#leg?.status;
  }

  get streamSid(): string {
    return this.record.streams.at(-1)?.streamSid ?? '';
  }

  get streams() {
    return this.record.streams;
  }

  get twiml() {
    return this.record.twiml;
  }

  get requests() {
    return this.record.requests;
  }

  get spoken(): SpokenRecord[] {
    return this.#spoken.map(({ text, clockMs }) => ({ text, atMs: this.timeline.at(clockMs) }));
  }

  get dialled() {
    return this.record.dialled;
  }

  get whispers() {
    return this.record.whispers;
  }

  get pressed() {
    return this.record.pressed;
  }

  get marks() {
    return this.record.marks;
  }

  get clears() {
    return this.record.clears;
  }

  get mediaIn() {
    return this.record.mediaIn;
  }

  get warnings() {
    return this.record.warnings;
  }

  get messages() {
    return this.record.messages;
  }

  get framesSent(): number {
    return this.record.framesSent;
  }

  get nowMs(): number {
    return this.timeline.nowMs;
  }

  get playedMs(): number {
    return this.#streams.reduce((sum, { playout }) => sum + playout.playedMs(this.nowMs), 0);
  }

  get queuedMs(): number {
    return this.#streams.at(-1)?.playout.queuedMs(this.nowMs) ?? 0;
  }

  heardMulaw(): Uint8Array {
    return this.timeline.heard.render(this.timeline.lengthBytes);
  }

  saidMulaw(): Uint8Array {
    return this.timeline.said.render(this.timeline.lengthBytes);
  }

  gaps({ minMs = 1, maxMs = 600 }: { minMs?: number; maxMs?: number } = {}): PlayoutGap[] {
    let beforeMs = 0;
    return this.#streams.flatMap(({ playout }) => {
      const gaps = playout.gaps(minMs, maxMs, beforeMs);
      beforeMs += playout.playedMs(this.nowMs);
      return gaps;
    });
  }

  async say(speech: Uint8Array | Int16Array | string): Promise<{ startMs: number; endMs: number }> {
    if (this.#end) return { startMs: this.nowMs, endMs: this.nowMs };
    const bytes = mulawOf(speech);
    this.#streams.at(-1)?.catchUp();
    return this.#speech.say(bytes);
  }

  async press(digits: string): Promise<void> {
    const bad = [...digits].find((digit) => !/[0-9*#A-D]/.test(digit));
    if (bad !== undefined) throw new RangeError(`no such key: ${bad}`);
    for (const [index, digit] of [...digits].entries()) {
      if (index > 0) await waitOn(this.#clock, KEY_DISTANCE_MS, this.signal);
      if (this.#end || this.signal.aborted) return;
      this.#streams.at(-1)?.press(digit);
      this.record.pressed.push({ digit, atMs: this.nowMs });
      this.emit({ kind: 'pressed', atMs: this.nowMs, digit });
    }
  }

  hangUp(how: HangUp = {}): Promise<CallEnd> {
    if (!this.#end && !this.signal.aborted) {
      this.#howToHangUp = how;
      this.#hungUp.abort();
      this.stopTime();
    }
    return this.ended;
  }

  sendRaw(message: string | Uint8Array): void {
    this.#streams.at(-1)?.sendRaw(message);
  }

  next<K extends PhoneEvent['kind']>(kind: K): Promise<Extract<PhoneEvent, { kind: K }>> {
    return this.#announcer.next(kind);
  }

  listen(listener: (event: PhoneEvent) => void): () => void {
    return this.#announcer.listen(listener);
  }

  whenHeard(heardMs: number): Promise<void> {
    const heard = new Promise<void>((resolve, reject) => {
      if (this.playedMs >= heardMs) resolve();
      else if (this.#end) reject(new Error(`the call had ended before ${heardMs} ms were heard`));
      else this.#heardWaits.push({ heardMs, resolve, reject });
    });
    heard.catch(ignoreUnwatched);
    return heard;
  }

  async writeWav(path: string): Promise<void> {
    await writeFile(path, stereoWav(this.saidMulaw(), this.heardMulaw()));
  }

  #wakeHeard(): void {
    if (this.#heardWaits.length === 0) return;
    const { playedMs } = this;
    const isHeard = ({ heardMs }: { heardMs: number }) => heardMs <= playedMs;
    for (const { resolve } of this.#heardWaits.filter(isHeard)) resolve();
    this.#heardWaits = this.#heardWaits.filter((wait) => !isHeard(wait));
  }
}

function mulawOf(speech: Uint8Array | Int16Array | string): Uint8Array {
  if (typeof speech === 'string') return readCallerWav(readFileSync(speech), speech);
  return speech instanceof Int16Array ? encodeMulaw(speech) : speech;
}
