const BYTES_PER_PAIR = 4;
const FULL_SCALE = 32_768;

/** The loudest sample of each side in equal steps of a recording that comes piece by piece (s16le, the caller left). */
export class RecordingPeaks {
  readonly #pairCount: number;
  readonly #caller: Uint16Array;
  readonly #agent: Uint16Array;
  /** Bytes of a pair that came torn apart. */
  #rest = new Uint8Array(0);
  #pair = 0;

  /** `points` steps of `byteLength` bytes; with fewer pairs than that, one step for each. */
  constructor(points: number, byteLength: number) {
    this.#pairCount = Math.floor(byteLength / BYTES_PER_PAIR);
    const count = Math.min(points, this.#pairCount);
    this.#caller = new Uint16Array(count);
    this.#agent = new Uint16Array(count);
  }

  /** The next bytes; what is more than was announced is left out. */
  add(bytes: Uint8Array): void {
    const joined = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const pairs = Math.min(Math.floor(joined.length / BYTES_PER_PAIR), this.#pairCount - this.#pair);
    const view = new DataView(joined.buffer, joined.byteOffset, joined.byteLength);
    const endPair = this.#pair + pairs;
    let offset = 0;
    while (this.#pair < endPair) {
      const step = Math.floor((this.#pair * this.#caller.length) / this.#pairCount);
      const stepEnd = Math.min(endPair, Math.ceil(((step + 1) * this.#pairCount) / this.#caller.length));
      let caller = this.#caller[step]!;
      let agent = this.#agent[step]!;
      for (; this.#pair < stepEnd; this.#pair++, offset += BYTES_PER_PAIR) {
        caller = Math.max(caller, Math.abs(view.getInt16(offset, true)));
        agent = Math.max(agent, Math.abs(view.getInt16(offset + 2, true)));
      }
      this.#caller[step] = caller;
      this.#agent[step] = agent;
    }
    // A copy: the piece it came in may be used again.
    this.#rest = joined.slice(pairs * BYTES_PER_PAIR);
  }

  /** From 0 to 1, to three digits. */
  levels(): { caller: number[]; agent: number[] } {
    return { caller: Array.from(this.#caller, shown), agent: Array.from(this.#agent, shown) };
  }
}

function shown(sample: number): number {
  return Math.round((sample / FULL_SCALE) * 1000) / 1000;
}
