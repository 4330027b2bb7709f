import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { CallFact, CallListener } from './events.js';
import type { VoiceEvent, VoiceLeg, VoiceListener } from './ports.js';
import type { EndReason } from './record.js';
import type { CallSession } from './session.js';
import type { AfterStream } from './step.js';

/** A model stream that nobody has claimed for this long is closed, in ms: it costs money and quota. */
export const UNCLAIMED_STREAM_MS = 10_000;

/** How long an ended call is remembered for the question what happens next, in ms. */
const AFTERLIFE_MS = 300_000;

/** A call may come back to a new media stream this often within five minutes; then the fallback serves it. */
const MAX_RECONNECTIONS = 3;

interface Entry {
  callSid: string;
  session: CallSession | undefined;
  voice: WaitingVoice | undefined;
  /** What the carrier is told when it asks; undefined while nothing was decided. */
  next: AfterStream | undefined;
  isFinished: boolean;
  /** It rang here and no media stream has come (yet). */
  isRinging: boolean;
  /** What the carrier was answered when the call rang; it asks again when the answer got lost. */
  answer: string | undefined;
  reconnectionTimesMs: number[];
  cancelForget: () => void;
}

/** A model stream opened while the caller is still being connected. Keeps what the stream says until it is claimed. */
interface WaitingVoice {
  /** Opens the stream, unless it is open. */
  open(): void;
  claim(listener: VoiceListener): VoiceLeg;
  /** Closes the stream, if it is open. */
  drop(): void;
  cancelTimers: () => void;
}

/** The calls of this process: ringing, live, and just ended. */
export class CallRegistry {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners: readonly CallListener[];
  readonly #entries = new Map<string, Entry>();
  readonly #idle: (() => void)[] = [];
  #liveCount = 0;
  #draining = false;

  constructor(options: { clock: Clock; log: Logger; listeners: readonly CallListener[] }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#listeners = options.listeners;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** Calls with a media stream. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /** Calls that are live or about to be. */
  get activeCount(): number {
    let waiting = 0;
    for (const entry of this.#entries.values()) if (entry.voice) waiting++;
    return this.#liveCount + waiting;
  }

  session(callSid: string): CallSession | undefined {
    return this.#entries.get(callSid)?.session;
  }

  answerOf(callSid: string): string | undefined {
    return this.#entries.get(callSid)?.answer;
  }

  rememberAnswer(callSid: string, answer: string): void {
    const entry = this.#entry(callSid);
    entry.answer = answer;
    if (!entry.session && !entry.voice) this.#forgetLater(entry);
  }

  /** Tells every listener one fact of a call. */
  emit(callSid: string, fact: CallFact, atMs: number): void {
    const wallTimeMs = this.#clock.now();
    const event = { callSid, atMs, ...fact };
    for (const listener of this.#listeners) {
      try {
        listener(event, wallTimeMs);
      } catch (error) {
        this.#log.error({ callSid, err: error, code: 'INTERNAL' }, 'a listener of calls failed');
      }
    }
  }

  /** Remembers a call that rings, and opens its model stream in the background. */
  ring(callSid: string, openVoice: (listener: VoiceListener) => VoiceLeg): void {
    const entry = this.#entry(callSid);
    this.#dropVoice(entry);
    entry.next = undefined;
    entry.isFinished = false;
    entry.isRinging = true;
    const voice = waitingVoice(openVoice);
    // The carrier's answer goes out first: opening a stream takes some ms of CPU.
    const cancelOpen = this.#clock.after(0, () => {
      try {
        voice.open();
      } catch (error) {
        this.#log.error({ callSid, err: error, code: 'VOICE_STREAM_REFUSED' }, 'model stream could not be opened');
      }
    });
    const cancelUnclaimed = this.#clock.after(UNCLAIMED_STREAM_MS, () => {
      this.#log.warn({ callSid }, 'model stream was not claimed in time');
      this.#dropVoice(entry);
      this.#forgetLater(entry);
    });
    voice.cancelTimers = () => {
      cancelOpen();
      cancelUnclaimed();
    };
    entry.voice = voice;
  }

  /** Takes the stream opened at the ring, with what it has said since; undefined when there is none (any more). */
  claimVoice(callSid: string): ((listener: VoiceListener) => VoiceLeg) | undefined {
    const entry = this.#entries.get(callSid);
    const voice = entry?.voice;
    if (!entry || !voice) return undefined;
    voice.cancelTimers();
    entry.voice = undefined;
    return (listener) => voice.claim(listener);
  }

  /** The media stream of a call has started. */
  began(session: CallSession): void {
    const entry = this.#entry(session.callSid);
    entry.session = session;
    entry.next = undefined;
    entry.isRinging = false;
    this.#liveCount++;
  }

  /** The session has released everything. */
  ended(session: CallSession, next: AfterStream | undefined): void {
    const entry = this.#entry(session.callSid);
    if (entry.session !== session) return;
    entry.session = undefined;
    entry.next = next;
    this.#liveCount--;
    this.#forgetLater(entry);
    this.#tellIdle();
  }

  /** The carrier reports the end of the call: the third of three independent endings. */
  finished(callSid: string): void {
    const entry = this.#entries.get(callSid);
    if (!entry || entry.isFinished) return;
    entry.isFinished = true;
    this.#dropVoice(entry);
    if (entry.session) {
      entry.session.callFinished();
      return;
    }
    if (entry.isRinging) this.#endRinging(entry, 'caller-hung-up');
    this.#forgetLater(entry);
  }

  /**
   * What the carrier does after a media stream: the decision taken before it was closed; without one the call is
   * connected again, or served by its fallback when that has happened too often.
   */
  nextFor(callSid: string): AfterStream | { kind: 'connect-again' } {
    const entry = this.#entry(callSid);
    // The carrier asks only when the stream is over for it, whatever its socket says here.
    entry.session?.callFinished();
    this.#forgetLater(entry);
    if (entry.next) return entry.next;
    const nowMs = this.#clock.now();
    entry.reconnectionTimesMs = entry.reconnectionTimesMs.filter((timeMs) => nowMs - timeMs < AFTERLIFE_MS);
    if (entry.reconnectionTimesMs.length >= MAX_RECONNECTIONS || this.#draining) return { kind: 'fallback' };
    entry.reconnectionTimesMs.push(nowMs);
    return { kind: 'connect-again' };
  }

  /** Takes no more calls; resolves when the live ones have ended. */
  drain(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#tellIdle();
    });
  }

  /** Ends every call at once and forgets all. */
  close(): void {
    this.#draining = true;
    for (const entry of this.#entries.values()) {
      entry.session?.hangUp();
      this.#dropVoice(entry);
      entry.cancelForget();
    }
    this.#entries.clear();
  }

  #entry(callSid: string): Entry {
    let entry = this.#entries.get(callSid);
    if (!entry) {
      entry = {
        callSid,
        session: undefined,
        voice: undefined,
        next: undefined,
        isFinished: false,
        isRinging: false,
        answer: undefined,
        reconnectionTimesMs: [],
        cancelForget: () => undefined,
      };
      this.#entries.set(callSid, entry);
    }
    entry.cancelForget();
    entry.cancelForget = () => undefined;
    return entry;
  }

  #dropVoice(entry: Entry): void {
    entry.voice?.cancelTimers();
    entry.voice?.drop();
    entry.voice = undefined;
    this.#tellIdle();
  }

  #forgetLater(entry: Entry): void {
    entry.cancelForget();
    entry.cancelForget = this.#clock.after(AFTERLIFE_MS, () => {
      if (entry.isRinging) this.#endRinging(entry, 'failed');
      this.#entries.delete(entry.callSid);
    });
  }

  #endRinging(entry: Entry, endReason: EndReason): void {
    entry.isRinging = false;
    this.emit(entry.callSid, { kind: 'ended', endReason }, 0);
  }

  #tellIdle(): void {
    if (!this.#draining || this.activeCount > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function waitingVoice(openVoice: (listener: VoiceListener) => VoiceLeg): WaitingVoice {
  const events: VoiceEvent[] = [];
  let listener: VoiceListener | undefined;
  let leg: VoiceLeg | undefined;
  const open = () => {
    leg ??= openVoice({
      // Nothing is said before the call is claimed: the model speaks only when spoken to.
      audio: (blockId, s16le) => listener?.audio(blockId, s16le),
      event: (event) => {
        if (listener) listener.event(event);
        else events.push(event);
      },
    });
    return leg;
  };
  return {
    open,
    claim(target) {
      listener = target;
      queueMicrotask(() => {
        for (const event of events.splice(0)) target.event(event);
      });
      return open();
    },
    drop: () => leg?.close(),
    cancelTimers: () => undefined,
  };
}
