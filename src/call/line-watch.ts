import type { Uplink } from '../media/uplink.js';
import { DeadAir } from './dead-air.js';

/** How often a call looks after what no message announces: missing audio, dead air. In ms. */
export const WATCH_INTERVAL_MS = 200;
/** How long no media message may come before silence stands in for the caller, in ms. */
const QUIET_LINE_MS = 500;
/**
 * The same in the middle of the caller's speech, in ms: as long as the pause that a model needs to take a turn for over. A line, or
 * a machine, that stands still for less cuts no sentence in two.
 */
const QUIET_MID_SPEECH_MS = 1500;
/** After so long a silence a caller who waits hears that there still is somebody, in ms: before it counts as dead air. */
const ANSWER_LATE_MS = 3300;

/** Looks after what no message announces: a line on which nothing comes, and silence on both sides. */
export class LineWatch {
  readonly #uplink: Uplink;
  readonly #isAudible: () => boolean;
  readonly #now: () => number;
  readonly #deadAir: DeadAir;

  /** `isAudible`: whether the caller speaks, or hears anything; `silentMs`: for how long nobody was heard before. */
  constructor(options: { uplink: Uplink; isAudible: () => boolean; now: () => number; silentMs: number }) {
    this.#uplink = options.uplink;
    this.#isAudible = options.isAudible;
    this.#now = options.now;
    this.#deadAir = new DeadAir(options.now(), options.silentMs);
  }

  look(): void {
    this.#uplink.fillQuiet(QUIET_LINE_MS, QUIET_MID_SPEECH_MS);
    if (this.#isAudible()) this.#deadAir.sound(this.#now());
  }

  /** Whether nobody was heard for so long that whoever waits should hear something. */
  get isLate(): boolean {
    return this.#deadAir.quietMs(this.#now()) >= ANSWER_LATE_MS;
  }

  /** The media stream is over: the silence at its end counts too. */
  close(): void {
    this.#deadAir.close(this.#now());
  }

  /** What was silent, and what was filled in and given up of the caller's audio, so far, in ms. */
  get totals(): { deadAirMs: number; filledMs: number; droppedMs: number } {
    const { filledMs, droppedMs } = this.#uplink;
    return { deadAirMs: Math.round(this.#deadAir.totalMs), filledMs: Math.round(filledMs), droppedMs };
  }
}
