import type { ListenerSocket, LiveTap } from '../call/listening.js';
import type { TelephonyLeg, TelephonyListener } from '../call/ports.js';
import type { SessionEnd } from '../call/state.js';
import type { Clock } from '../clock.js';
import { AFTERGLOW_MS, HELD_BACK_MS, Timeline } from '../recording/timeline.js';
import { PAIRS_PER_MS } from '../recording/wave-header.js';
import { clearMessage, endMessage, isSilent, SIDES, sensitiveMessage, soundMessage, startMessage } from './frames.js';
import { Unplayed } from './unplayed.js';

/** How much sound one message carries, in ms, unless caller audio was late. */
export const PIECE_MS = 100;

/** Caller audio that comes later than this is not sent any more; everything waits for it as long as that. */
const LATEST_MS = 1000;

/** A listener that has not read this much (eight seconds of two voices) is sent away. */
export const MAX_UNSENT_BYTES = 128 * 1024;

/** Close codes of RFC 6455, and 1013 (try again later) of its registry. */
const NORMAL_CLOSURE = 1000;
const TRY_AGAIN_LATER = 1013;

export interface LiveSoundOptions {
  callSid: string;
  /** Where this media stream begins on the call's timeline, in ms. */
  startMs: number;
  clock: Clock;
  phone: TelephonyLeg;
  /** The media stream is connected with its call, or over. */
  began: (sound: LiveSound) => void;
  ended: (sound: LiveSound) => void;
}

/**
 * What is heard of one media stream, for whoever listens in. The agent's audio reaches the carrier faster than it sounds:
 * both sides leave here as they sound, a little later, so that what is thrown away or turns out to be secret has not left.
 * Without listeners it only keeps what the carrier still has to play.
 */
export class LiveSound implements LiveTap {
  readonly phone: TelephonyLeg;
  readonly #options: LiveSoundOptions;
  readonly #beganAtMs: number;
  readonly #listeners = new Set<ListenerSocket>();
  readonly #unplayed = new Unplayed();
  /** There while somebody listens. */
  #timeline: Timeline | undefined;
  /** Until when it is blank, by the clock. */
  #blankUntilMs = 0;
  #isOver = false;
  #cancelTimer = (): void => undefined;

  constructor(options: LiveSoundOptions) {
    const { phone, clock } = options;
    this.#options = options;
    this.#beganAtMs = clock.now();
    this.phone = {
      play: (mulaw) => {
        phone.play(mulaw);
        this.#played(mulaw);
      },
      mark: (name) => phone.mark(name),
      clear: () => {
        phone.clear();
        this.#cleared();
      },
      close: () => phone.close(),
    };
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Time of the call, in ms. */
  get callMs(): number {
    return this.#callMsAt(this.#options.clock.now());
  }

  listen(listener: TelephonyListener): TelephonyListener {
    this.#options.began(this);
    return {
      hear: (mulaw, timestampMs) => {
        listener.hear(mulaw, timestampMs);
        const nowMs = this.#options.clock.now();
        this.#unplayed.trim(nowMs);
        this.#timeline?.caller(mulaw, timestampMs, nowMs);
      },
      event: (event) => listener.event(event),
    };
  }

  blank(isBlank: boolean): void {
    const nowMs = this.#options.clock.now();
    this.#blankUntilMs = isBlank ? Number.POSITIVE_INFINITY : nowMs + AFTERGLOW_MS;
    if (!this.#timeline) return;
    const atMs = isBlank ? nowMs - HELD_BACK_MS : nowMs + AFTERGLOW_MS;
    this.#timeline.blank(isBlank, atMs);
    const sentMs = this.#timeline.takenPair / PAIRS_PER_MS;
    this.#tell(sensitiveMessage(isBlank, Math.max(sentMs, Math.round(this.#callMsAt(atMs)))));
  }

  join(socket: ListenerSocket): void {
    this.#timeline ??= this.#open();
    const { callSid, clock } = this.#options;
    const atMs = this.#timeline.takenPair / PAIRS_PER_MS;
    this.#listeners.add(socket);
    this.#send(socket, startMessage(callSid, atMs, this.#blankUntilMs > clock.now()));
  }

  leave(socket: ListenerSocket): void {
    this.#listeners.delete(socket);
    if (this.#listeners.size > 0) return;
    this.#cancelTimer();
    this.#timeline = undefined;
  }

  close(endReason: SessionEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.ended(this);
    const endMs = Math.floor(this.callMs);
    if (this.#timeline) {
      this.#timeline.cleared(this.#options.clock.now());
      this.#take(this.#timeline, endMs);
    }
    this.#tell(endMessage(endMs, endReason));
    for (const socket of [...this.#listeners]) {
      this.leave(socket);
      socket.close(NORMAL_CLOSURE, 'the call is over');
    }
  }

  #callMsAt(nowMs: number): number {
    return this.#options.startMs + nowMs - this.#beganAtMs;
  }

  #played(mulaw: Uint8Array): void {
    const nowMs = this.#options.clock.now();
    this.#unplayed.push(mulaw, nowMs);
    this.#timeline?.agent(mulaw, nowMs);
  }

  #cleared(): void {
    const nowMs = this.#options.clock.now();
    this.#unplayed.clear(nowMs);
    if (!this.#timeline) return;
    this.#timeline.cleared(nowMs);
    this.#tell(clearMessage(Math.round(this.#callMsAt(nowMs))));
  }

  /** Begins at the next whole ms of the call, with what the carrier has been sent and has not played. */
  #open(): Timeline {
    const nowMs = this.#options.clock.now();
    const callMs = this.#callMsAt(nowMs);
    const startMs = Math.ceil(callMs);
    const timeline = new Timeline(startMs, nowMs + startMs - callMs);
    for (const piece of this.#unplayed.pieces(nowMs)) timeline.agent(piece.mulaw, piece.startMs);
    if (this.#blankUntilMs > nowMs) timeline.blank(true, nowMs);
    if (Number.isFinite(this.#blankUntilMs)) timeline.blank(false, this.#blankUntilMs);
    this.#goOn();
    return timeline;
  }

  #goOn(): void {
    const { clock } = this.#options;
    this.#cancelTimer = clock.after(PIECE_MS, () => {
      if (!this.#timeline) return;
      this.#goOn();
      this.#take(this.#timeline, Math.floor(this.#timeline.certainPair(clock.now(), LATEST_MS) / PAIRS_PER_MS));
    });
  }

  /** Sends what sounded before `untilMs`, in whole ms; silence is left out. */
  #take(timeline: Timeline, untilMs: number): void {
    const atMs = timeline.takenPair / PAIRS_PER_MS;
    if (untilMs <= atMs) return;
    const taken = timeline.takeMulaw(untilMs * PAIRS_PER_MS);
    for (const side of SIDES) if (!isSilent(taken[side])) this.#tell(soundMessage(side, atMs, taken[side]));
  }

  #tell(message: string | Uint8Array): void {
    for (const socket of [...this.#listeners]) this.#send(socket, message);
  }

  #send(socket: ListenerSocket, message: string | Uint8Array): void {
    if (socket.bufferedAmount <= MAX_UNSENT_BYTES) {
      socket.send(message);
    } else {
      this.leave(socket);
      socket.close(TRY_AGAIN_LATER, 'too slow');
    }
  }
}
