/** A caller's media messages come every 20 ms. */
export const FRAME_INTERVAL_MS = 20;
/** Every tenth frame of a caller is loud: it is looked for in what the model hears. */
export const MARKER_EVERY_FRAMES = 10;

/** The model's speech: one second, begun every 1.1 s, in pieces of 80 ms that come at four times real time. */
export const UTTERANCE_INTERVAL_MS = 1100;
export const UTTERANCE_MS = 1000;
export const CHUNK_MS = 80;
export const CHUNK_INTERVAL_MS = 20;
/** The words of an utterance come this long before its audio. */
export const TEXT_LEAD_MS = 40;

/** When call `index` of `calls` sends its first frame, in ms after the start: all spread evenly over one interval. */
export function framePhaseMs(index: number, calls: number): number {
  return (index / calls) * FRAME_INTERVAL_MS;
}

/** When the model first speaks to call `index`; coprime steps keep neighbours in frames apart in speech. */
export function utterancePhaseMs(index: number, calls: number): number {
  return spreadPhaseMs(index, calls, UTTERANCE_INTERVAL_MS);
}

/** When call `index` begins what it does every `intervalMs`: all spread evenly over one interval. */
export function spreadPhaseMs(index: number, calls: number, intervalMs: number): number {
  return (((index * 7919) % calls) / calls) * intervalMs;
}

/** Lengths of the pieces of one utterance in ms; the last one is what is left. */
export function chunkLengthsMs(): number[] {
  const lengths: number[] = [];
  for (let atMs = 0; atMs < UTTERANCE_MS; atMs += CHUNK_MS) lengths.push(Math.min(CHUNK_MS, UTTERANCE_MS - atMs));
  return lengths;
}

/** The frames that are due by `nowMs` when the next one is due at `nextMs`. */
export function dueCount(nextMs: number, nowMs: number): number {
  return nowMs < nextMs ? 0 : Math.floor((nowMs - nextMs) / FRAME_INTERVAL_MS) + 1;
}

/** How many of `count` items are handed to each of `lanes`, as evenly as can be. */
export function shares(count: number, lanes: number): number[] {
  return Array.from({ length: lanes }, (_, lane) => Math.floor(count / lanes) + (lane < count % lanes ? 1 : 0));
}

/** Audio as a carrier plays it: one queue in real time, which `clear` empties. Times in ms. */
export class PlayoutQueue {
  readonly #marks: { name: string; atMs: number }[] = [];
  #endMs = 0;

  play(durationMs: number, nowMs: number): void {
    this.#endMs = Math.max(this.#endMs, nowMs) + durationMs;
  }

  mark(name: string, nowMs: number): void {
    this.#marks.push({ name, atMs: Math.max(this.#endMs, nowMs) });
  }

  /** Empties the queue; every mark in it is due at once. */
  clear(nowMs: number): void {
    this.#endMs = nowMs;
    for (const mark of this.#marks) mark.atMs = Math.min(mark.atMs, nowMs);
  }

  /** The next mark whose audio has been played by now. */
  nextDue(nowMs: number): string | undefined {
    return this.#marks.length > 0 && this.#marks[0]!.atMs <= nowMs ? this.#marks.shift()!.name : undefined;
  }
}
