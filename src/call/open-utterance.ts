import type { SpeechDetector } from '../audio/speech-detector.js';

/** Before speech is heard to begin, in ms: its first sound may be too soft for the detector. */
const LEAD_IN_MS = 200;
/** No model holds a turn for over before a pause of this length, in ms: what was heard later is not in its transcript. */
const SHORTEST_TURN_END_MS = 500;
/** Speech of which the model has made nothing for this long, in ms, was none to it. */
const FORGOTTEN_AFTER_MS = 12_000;

type Speech = Pick<SpeechDetector, 'speaking' | 'lastSpeechStartMs' | 'lastSpeechEndMs' | 'speechMs'>;

/**
 * What the caller has said that the model has not answered for: speech without a transcript yet. What came before it, and
 * the silence since, need not be heard again by another model stream. All on the uplink's time line, in ms of audio.
 */
export class OpenUtterance {
  readonly #speech: Speech;
  readonly #audioMs: () => number;
  #fromMs: number | undefined;
  /** Speech heard before it, in ms. */
  #speechMsBefore = 0;
  /** The stretch of speech in which the last transcript came: it is dealt with, however long it goes on. */
  #doneStretchMs: number | undefined;
  #consumedMs = 0;
  /** Since when a stream serves that can make something of it. */
  #servedFromMs = 0;

  constructor(speech: Speech, audioMs: () => number) {
    this.#speech = speech;
    this.#audioMs = audioMs;
  }

  /** To be called at least every 200 ms: no stretch of speech is shorter. */
  look(): void {
    const { speaking, lastSpeechStartMs, lastSpeechEndMs = 0, speechMs } = this.#speech;
    if (this.#fromMs === undefined) {
      if (!speaking || lastSpeechStartMs === undefined || lastSpeechStartMs === this.#doneStretchMs) return;
      this.#fromMs = lastSpeechStartMs;
      this.#speechMsBefore = speechMs - (lastSpeechEndMs - lastSpeechStartMs);
    } else if (!speaking && this.#audioMs() - Math.max(lastSpeechEndMs, this.#servedFromMs) > FORGOTTEN_AFTER_MS) {
      this.#done();
    }
  }

  /** Another stream hears it, or none does: its time begins anew. */
  heardAnew(isServed: boolean): void {
    this.#servedFromMs = isServed ? this.#audioMs() : Number.POSITIVE_INFINITY;
  }

  /** The model has understood what the caller said: all but what they have begun to say since. */
  transcribed(): void {
    this.look();
    const { speaking, lastSpeechStartMs = 0, lastSpeechEndMs = 0, speechMs } = this.#speech;
    const isNext = speaking && lastSpeechStartMs > (this.#fromMs ?? 0);
    const isNew = this.#audioMs() - (speaking ? lastSpeechStartMs : lastSpeechEndMs) < SHORTEST_TURN_END_MS;
    if (this.#fromMs === undefined || !(isNext || isNew)) {
      this.#done();
      return;
    }
    this.#fromMs = lastSpeechStartMs;
    this.#speechMsBefore = speechMs - (lastSpeechEndMs - lastSpeechStartMs);
    this.#consumedMs = Math.max(this.#consumedMs, lastSpeechStartMs - LEAD_IN_MS);
  }

  /** How much speech there is in it, in ms; 0 when there is none open. */
  get speechMs(): number {
    return this.#fromMs === undefined ? 0 : this.#speech.speechMs - this.#speechMsBefore;
  }

  /** Where it begins; undefined when there is none. */
  get fromMs(): number | undefined {
    return this.#fromMs;
  }

  /** What lies before this need not be heard again. */
  get consumedMs(): number {
    const fromMs = this.#fromMs ?? this.#audioMs();
    this.#consumedMs = Math.max(this.#consumedMs, fromMs - LEAD_IN_MS);
    return this.#consumedMs;
  }

  #done(): void {
    this.#fromMs = undefined;
    this.#doneStretchMs = this.#speech.speaking ? this.#speech.lastSpeechStartMs : undefined;
  }
}
