/** What was heard, in ms of received audio (not of the clock), so that audio may come faster than it sounds. */
export type HearingEvent =
  | { kind: 'speechStarted'; startMs: number }
  /** More speech within the utterance: how much of it is voiced so far, in ms. */
  | { kind: 'speaking'; voicedMs: number }
  /** The pause was long enough: `endMs` is where speech ended, `atMs` where the pause did. */
  | { kind: 'speechEnded'; startMs: number; endMs: number; atMs: number };

const WINDOW_MS = 20;
/** Level of a window, in dBFS, from which it may begin an utterance, and from which it continues one. */
const BEGIN_DBFS = -38;
const CONTINUE_DBFS = -41;
/** This many of the last five windows must be loud to begin: a click does not. */
const BEGIN_WINDOWS = 3;
const BEGIN_SPAN = 5;

/** Finds utterances by their energy. They end after a pause of `endpointingMs`, counted in received audio. */
export class UtteranceDetector {
  readonly #window: Int16Array;
  readonly #endpointingMs: number;
  #filled = 0;
  #windows = 0;
  #recent: boolean[] = [];
  #utterance: { startMs: number; endMs: number; voicedMs: number } | undefined;

  constructor(rateHz: number, endpointingMs: number) {
    this.#window = new Int16Array((rateHz * WINDOW_MS) / 1000);
    this.#endpointingMs = endpointingMs;
  }

  /** Whether an utterance has begun and not ended. */
  get isSpeaking(): boolean {
    return this.#utterance !== undefined;
  }

  push(samples: Int16Array): HearingEvent[] {
    const events: HearingEvent[] = [];
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + this.#window.length - this.#filled);
      this.#window.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#window.length) break;
      this.#filled = 0;
      this.#windows++;
      const event = this.#step(levelDbfs(this.#window), this.#windows * WINDOW_MS);
      if (event) events.push(event);
    }
    return events;
  }

  /** Ends a running utterance without waiting for its pause: no more audio will come. */
  flush(): HearingEvent | undefined {
    return this.#end(this.#windows * WINDOW_MS);
  }

  #step(level: number, nowMs: number): HearingEvent | undefined {
    if (this.#utterance) {
      if (level < CONTINUE_DBFS) {
        return nowMs - this.#utterance.endMs >= this.#endpointingMs ? this.#end(nowMs) : undefined;
      }
      this.#utterance.endMs = nowMs;
      this.#utterance.voicedMs += WINDOW_MS;
      return { kind: 'speaking', voicedMs: this.#utterance.voicedMs };
    }
    this.#recent = [...this.#recent, level >= BEGIN_DBFS].slice(-BEGIN_SPAN);
    const loud = this.#recent.filter(Boolean).length;
    if (loud < BEGIN_WINDOWS) return undefined;
    const startMs = nowMs - (this.#recent.length - this.#recent.indexOf(true)) * WINDOW_MS;
    this.#utterance = { startMs, endMs: nowMs, voicedMs: loud * WINDOW_MS };
    this.#recent = [];
    return { kind: 'speechStarted', startMs };
  }

  #end(atMs: number): HearingEvent | undefined {
    if (!this.#utterance) return undefined;
    const { startMs, endMs } = this.#utterance;
    this.#utterance = undefined;
    return { kind: 'speechEnded', startMs, endMs, atMs };
  }
}

function levelDbfs(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(sum / samples.length / 32768 ** 2);
}
