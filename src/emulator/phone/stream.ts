import type { Clock } from '../../clock.js';
import { ignoreUnwatched } from './announcer.js';
import type { HangUp, MarkRecord, PhoneEvent, StreamRecord } from './contract.js';
import { TwilioFault } from './fault.js';
import { type Refusal, readOutbound, refuseBinary } from './frames.js';
import { MessageWriter } from './messages.js';
import { mulawSilence } from './mulaw.js';
import { FrameSchedule, type Impairments, isReadingAt } from './network.js';
import { Pacer } from './pacing.js';
import { Playout, type PlayoutEvent } from './playout.js';
import type { CallRecord } from './record.js';
import type { Speech } from './speech.js';
import { Surroundings } from './surroundings.js';
import type { Timeline } from './timeline.js';
import { type MediaSocket, OPEN, type PhoneWire } from './wire.js';

/** What a stream shares with its call. */
export interface StreamHome {
  clock: Clock;
  timeline: Timeline;
  speech: Speech;
  record: CallRecord;
  emit: (event: PhoneEvent) => void;
  keepMessages: boolean;
  /** Called after everything due was done, about every 20 ms. */
  afterWork: () => void;
}

export interface StreamRequest {
  wire: PhoneWire;
  /** Where the socket really goes. */
  url: string;
  headers: Readonly<Record<string, string>>;
  subprotocols: readonly string[];
  accountSid: string;
  callSid: string;
  streamSid: string;
  customParameters: Readonly<Record<string, string>>;
  seed: number;
  network: Impairments;
  connectedDelayMs: number;
}

type State =
  | { at: 'opening' }
  | { at: 'open'; schedule: FrameSchedule; startMs: number }
  | { at: 'closing' }
  | { at: 'closed' };

const SILENT_PAYLOAD = Buffer.from(mulawSilence(160)).toString('base64');
/** About four seconds of caller audio: beyond it the bridge is too slow. Twilio's own figure is not published. */
const UNREAD_LIMIT_BYTES = 65_536;
const CLOSE_LIMIT_MS = 2000;

/** One media stream from upgrade to close: Twilio's end of the WebSocket. Source: Twilio, Media Streams WebSocket messages. */
export class MediaStream {
  readonly record: StreamRecord;
  readonly playout: Playout;
  /** Resolves, never rejects, when the socket is gone. */
  readonly closed: Promise<StreamRecord>;
  readonly #home: StreamHome;
  readonly #request: StreamRequest;
  readonly #socket: MediaSocket;
  readonly #upgraded: Promise<void>;
  readonly #writer: MessageWriter;
  readonly #pacer: Pacer;
  readonly #surroundings: Surroundings;
  readonly #waitingFrames: { dueMs: number; timestampMs: number; payload: string }[] = [];
  readonly #lateMarks: { dueMs: number; mark: MarkRecord; cleared: boolean }[] = [];
  readonly #warnedOnce = new Set<number>();
  #state: State = { at: 'opening' };
  #isReading = true;

  constructor(home: StreamHome, request: StreamRequest) {
    this.#home = home;
    this.#request = request;
    this.#writer = new MessageWriter(request);
    this.playout = new Playout(home.timeline.heard);
    this.#pacer = new Pacer(home.clock, (clockMs) => this.#work(clockMs));
    this.#surroundings = new Surroundings(request.network, request.seed, home.timeline.heard);
    this.record = {
      streamSid: request.streamSid,
      url: request.url,
      customParameters: request.customParameters,
      startedMs: Number.NaN,
      closedMs: undefined,
      closeCode: undefined,
      closeReason: '',
      closedBy: undefined,
    };
    const { socket, upgraded } = request.wire.dial(request.url, request.headers, request.subprotocols);
    this.#socket = socket;
    this.#upgraded = upgraded;
    upgraded.catch(ignoreUnwatched);
    this.#socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    this.#socket.on('error', (error) => this.#wireFault(error));
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', (code, reason) => resolve(this.#finish(code, reason.toString())));
    });
  }

  /** Resolves when `start` was sent. Rejects with a `TwilioFault` when the upgrade fails or the stream ends before. */
  async open(): Promise<void> {
    await this.#upgraded;
    await new Promise<void>((resolve) => this.#home.clock.after(this.#request.connectedDelayMs, resolve));
    this.#begin();
  }

  /** Caller time of the next frame is near: does what is due so that what is said now starts now. */
  catchUp(): void {
    if (this.#state.at === 'open') this.#pacer.run();
  }

  press(digit: string): void {
    if (this.#state.at !== 'open') return;
    this.catchUp();
    this.#send(this.#writer.dtmf(digit));
  }

  sendRaw(message: string | Uint8Array): void {
    this.#note('phone', typeof message === 'string' ? message : `binary message of ${message.length} bytes`);
    if (this.#socket.readyState === OPEN) this.#socket.send(message);
  }

  /** The caller hangs up, or the carrier takes the call away. Safe at any time, also twice. */
  hangUp({ stop = true, closeCode = 1000 }: HangUp = {}, by: 'caller' | 'carrier' = 'caller'): void {
    if (this.#state.at === 'closing' || this.#state.at === 'closed') return;
    this.catchUp();
    const wasOpen = this.#state.at === 'open';
    if (wasOpen && stop) this.#send(this.#writer.stop());
    this.record.closedBy = by;
    this.#quieten();
    this.#state = { at: 'closing' };
    if (closeCode === 1006 || !wasOpen) {
      this.#socket.terminate();
      return;
    }
    this.#socket.resume();
    if (closeCode === 1005) this.#socket.close();
    else this.#socket.close(closeCode);
    const cancel = this.#home.clock.after(CLOSE_LIMIT_MS, () => this.#socket.terminate());
    void this.closed.then(cancel);
  }

  #begin(): void {
    const { timeline, record } = this.#home;
    if (this.#state.at !== 'opening') throw new TwilioFault(31903, 'the media socket closed before the stream started');
    const startMs = timeline.begin();
    const { network, seed, streamSid, customParameters } = this.#request;
    this.#state = { at: 'open', schedule: new FrameSchedule(network, seed, startMs), startMs };
    this.record.startedMs = startMs;
    record.streams.push(this.record);
    this.#send(this.#writer.connected());
    this.#send(this.#writer.start(customParameters));
    this.#home.emit({ kind: 'stream-started', atMs: startMs, streamSid });
    this.#pacer.run();
  }

  /** Everything due by now; returns the clock time of what comes next. */
  #work(clockMs: number): number {
    if (this.#state.at !== 'open') return Number.POSITIVE_INFINITY;
    const { schedule, startMs } = this.#state;
    const { timeline, speech } = this.#home;
    const nowMs = timeline.at(clockMs);
    while (schedule.nextSpokenMs <= nowMs) {
      const plan = schedule.next();
      const frame = this.#surroundings.frame(speech.frameAt(plan.callerMs), plan.spokenMs);
      if (plan.isLost) continue;
      const payload = frame ? base64(frame) : SILENT_PAYLOAD;
      this.#waitingFrames.push({ dueMs: plan.dueMs, timestampMs: plan.timestampMs, payload });
    }
    for (let frame = this.#waitingFrames[0]; frame && frame.dueMs <= nowMs; frame = this.#waitingFrames[0]) {
      this.#waitingFrames.shift();
      this.#sendMedia(frame.timestampMs, frame.payload, nowMs);
    }
    this.#tell(this.playout.advance(nowMs), nowMs);
    for (let late = this.#lateMarks[0]; late && late.dueMs <= nowMs; late = this.#lateMarks[0]) {
      this.#lateMarks.shift();
      this.#returnMark(late.mark, late.cleared, nowMs);
    }
    this.#impair(startMs, nowMs);
    this.#home.afterWork();
    const nextMs = Math.min(
      schedule.nextSpokenMs,
      this.#waitingFrames[0]?.dueMs ?? Number.POSITIVE_INFINITY,
      this.playout.nextDueMs,
      this.#lateMarks[0]?.dueMs ?? Number.POSITIVE_INFINITY,
    );
    return timeline.clockAt(nextMs);
  }

  #impair(startMs: number, nowMs: number): void {
    const { tcpCutAtMs } = this.#request.network;
    const shallRead = isReadingAt(this.#request.network, nowMs);
    if (shallRead !== this.#isReading) {
      this.#isReading = shallRead;
      if (shallRead) this.#socket.resume();
      else this.#socket.pause();
    }
    if (tcpCutAtMs !== undefined && startMs < tcpCutAtMs && nowMs >= tcpCutAtMs) this.#socket.terminate();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state.at === 'closing' || this.#state.at === 'closed') return;
    const { timeline, record, emit } = this.#home;
    const atMs = timeline.nowMs;
    const text = isBinary ? '' : data.toString();
    this.#note('bridge', isBinary ? `binary message of ${data.length} bytes` : text);
    const outbound = isBinary ? refuseBinary(data.length) : this.#read(text);
    switch (outbound.event) {
      case 'media': {
        record.mediaIn.push({ atMs, byteLength: outbound.payload.length });
        emit({ kind: 'media', atMs, byteLength: outbound.payload.length, payload: outbound.payload });
        const { accepted, events } = this.playout.media(outbound.payload, atMs);
        this.#tell(events, atMs);
        if (!accepted) this.#warnOnce(31931, 'more than ten minutes of audio queued: new audio is discarded');
        break;
      }
      case 'mark': {
        const mark: MarkRecord = { name: outbound.name, receivedMs: atMs, returnedMs: undefined, cleared: false };
        record.marks.push(mark);
        emit({ kind: 'mark', atMs, name: mark.name });
        this.#tell(this.playout.mark(mark, atMs), atMs);
        break;
      }
      case 'clear': {
        const queuedMs = this.playout.queuedMs(atMs);
        record.clears.push({ atMs, queuedMs });
        emit({ kind: 'clear', atMs, queuedMs });
        this.#tell(this.playout.clear(atMs), atMs);
        break;
      }
      case 'refused':
        this.#warn(outbound.code, outbound.text);
        break;
      default:
        outbound satisfies never;
    }
    const dueMs = Math.min(this.playout.nextDueMs, this.#lateMarks[0]?.dueMs ?? Number.POSITIVE_INFINITY);
    this.#pacer.wakeBy(timeline.clockAt(dueMs));
  }

  #read(text: string): ReturnType<typeof readOutbound> {
    if (this.#state.at === 'open') return readOutbound(text, this.#request.streamSid);
    return { event: 'refused', code: 31951, text: 'message before the stream started' } satisfies Refusal;
  }

  #tell(events: readonly PlayoutEvent[], nowMs: number): void {
    for (const event of events) {
      if (event.kind !== 'mark-played') {
        this.#home.emit(event);
        continue;
      }
      const lateMs = this.#request.network.lateMarksMs ?? 0;
      if (lateMs > 0) this.#lateMarks.push({ dueMs: event.atMs + lateMs, mark: event.mark, cleared: event.cleared });
      else this.#returnMark(event.mark, event.cleared, nowMs);
    }
  }

  #returnMark(mark: MarkRecord, cleared: boolean, nowMs: number): void {
    mark.returnedMs = nowMs;
    mark.cleared = cleared;
    this.#send(this.#writer.mark(mark.name));
    this.#home.emit({ kind: 'mark-played', atMs: nowMs, name: mark.name, cleared });
  }

  #sendMedia(timestampMs: number, payload: string, nowMs: number): void {
    if (this.#socket.bufferedAmount > UNREAD_LIMIT_BYTES) {
      this.#warnOnce(31930, `the bridge reads too slowly: caller audio is discarded from ${Math.round(nowMs)} ms`);
      return;
    }
    this.#home.record.framesSent += 1;
    this.#send(this.#writer.media(timestampMs, payload));
  }

  #send(text: string): void {
    this.#note('phone', text);
    if (this.#socket.readyState === OPEN) this.#socket.send(text);
  }

  #note(from: 'phone' | 'bridge', text: string): void {
    if (this.#home.keepMessages) this.#home.record.messages.push({ atMs: this.#home.timeline.nowMs, from, text });
  }

  #wireFault(error: Error): void {
    if (this.#state.at === 'open') this.#warn(31924, `WebSocket protocol error: ${error.message}`);
  }

  #warnOnce(code: number, text: string): void {
    if (this.#warnedOnce.has(code)) return;
    this.#warnedOnce.add(code);
    this.#warn(code, text);
  }

  #warn(code: number, text: string): void {
    const warning = { code, text, atMs: this.#home.timeline.nowMs };
    this.#home.record.warnings.push(warning);
    this.#home.emit({ kind: 'warning', ...warning });
  }

  /** The caller's ear goes silent and no frame is spoken any more. */
  #quieten(): void {
    this.#pacer.stop();
    const nowMs = this.#home.timeline.nowMs;
    if (this.#state.at === 'open') this.#tell(this.playout.close(nowMs), nowMs);
  }

  #finish(code: number, reason: string): StreamRecord {
    const wasStarted = !Number.isNaN(this.record.startedMs);
    this.#quieten();
    this.#state = { at: 'closed' };
    const atMs = this.#home.timeline.nowMs;
    this.record.closedMs = atMs;
    this.record.closeCode = code;
    this.record.closeReason = reason;
    if (wasStarted && this.record.closedBy === undefined) {
      if (code === 1006) this.#warn(31903, 'the media socket broke off');
      else if (code !== 1000 && code !== 1001 && code !== 1005)
        this.#warn(31921, `the bridge closed with ${code} ${reason}`);
    }
    this.record.closedBy ??= code === 1006 ? 'lost' : 'bridge';
    if (wasStarted) this.#home.emit({ kind: 'stream-closed', atMs, streamSid: this.record.streamSid, code, reason });
    return this.record;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
