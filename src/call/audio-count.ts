import type { CallFact } from './events.js';
import type { CallRecord } from './record.js';

export type AudioTotals = CallRecord['audio'];

/** How often it is told what has come to the totals, in ms: a process that dies takes no more than that with it. */
const TOLD_EVERY_MS = 5000;

/** Of a call in which nothing was counted yet. */
export const NO_AUDIO: AudioTotals = { deadAirMs: 0, filledMs: 0, droppedMs: 0, clears: 0 };

export function addedAudio(a: AudioTotals, b: AudioTotals): AudioTotals {
  return {
    deadAirMs: a.deadAirMs + b.deadAirMs,
    filledMs: a.filledMs + b.filledMs,
    droppedMs: a.droppedMs + b.droppedMs,
    clears: a.clears + b.clears,
  };
}

export interface AudioCountOptions {
  /** Of this media stream so far. */
  totals: () => AudioTotals;
  now: () => number;
  emit: (fact: CallFact) => void;
}

/** Puts on record what was silent, filled in and given up in one media stream of a call: part by part, while it goes on. */
export class AudioCount {
  readonly #options: AudioCountOptions;
  #told = NO_AUDIO;
  #toldAtMs: number;

  constructor(options: AudioCountOptions) {
    this.#options = options;
    this.#toldAtMs = options.now();
  }

  /** To be called now and then. */
  look(): void {
    const { now } = this.#options;
    if (now() - this.#toldAtMs < TOLD_EVERY_MS) return;
    this.#toldAtMs = now();
    const rest = this.#rest();
    if (Object.values(rest).some((each) => each !== 0)) this.#tell(rest);
  }

  /** The media stream is over: the rest, be it nothing. */
  close(): void {
    this.#tell(this.#rest());
  }

  #rest(): AudioTotals {
    const { deadAirMs, filledMs, droppedMs, clears } = this.#options.totals();
    const { deadAirMs: toldMs, filledMs: toldFilledMs, droppedMs: toldDroppedMs, clears: toldClears } = this.#told;
    return {
      deadAirMs: deadAirMs - toldMs,
      filledMs: filledMs - toldFilledMs,
      droppedMs: droppedMs - toldDroppedMs,
      clears: clears - toldClears,
    };
  }

  #tell(audio: AudioTotals): void {
    this.#told = addedAudio(this.#told, audio);
    this.#options.emit({ kind: 'audioCounted', audio });
  }
}
