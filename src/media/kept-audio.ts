/** What is kept at first, in ms, and at most: nobody speaks for longer without a pause that the model takes for an end. */
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * The newest audio of a caller, s16le, for a model stream that takes over. Positions are ms of all that was ever added.
 */
export class KeptAudio {
  readonly #bytesPerMs: number;
  #bytes: Uint8Array;
  /** Where in `#bytes` the kept part lies. */
  #from = 0;
  #to = 0;
  /** Bytes that were ever dropped. */
  #dropped = 0;

  constructor(rateHz: number) {
    this.#bytesPerMs = (rateHz * 2) / 1000;
    this.#bytes = new Uint8Array(FIRST_MS * this.#bytesPerMs);
  }

  get startMs(): number {
    return this.#dropped / this.#bytesPerMs;
  }

  get endMs(): number {
    return (this.#dropped + this.#to - this.#from) / this.#bytesPerMs;
  }

  /** Adds a copy of the audio; drops the oldest when it would be more than a minute. */
  add(s16le: Uint8Array): void {
    const excess = this.#to - this.#from + s16le.length - LONGEST_MS * this.#bytesPerMs;
    if (excess > 0) this.#drop(Math.min(this.#to - this.#from, excess));
    if (this.#to + s16le.length > this.#bytes.length) this.#makeRoom(s16le.length);
    this.#bytes.set(s16le, this.#to);
    this.#to += s16le.length;
  }

  /** Keeps nothing that lies before. */
  dropBefore(ms: number): void {
    const bytes = Math.min(this.#to - this.#from, this.#offsetOf(ms));
    if (bytes > 0) this.#drop(bytes);
  }

  /** The kept audio of that part, in the memory of this; valid until audio is added. */
  slice(fromMs: number, toMs: number): Uint8Array {
    const from = Math.max(0, this.#offsetOf(fromMs));
    const to = Math.min(this.#to - this.#from, this.#offsetOf(toMs));
    return this.#bytes.subarray(this.#from + from, this.#from + Math.max(from, to));
  }

  /** From the start of what is kept, on a whole sample. */
  #offsetOf(ms: number): number {
    return Math.floor((ms * this.#bytesPerMs) / 2) * 2 - this.#dropped;
  }

  #drop(byteLength: number): void {
    this.#from += byteLength;
    this.#dropped += byteLength;
  }

  #makeRoom(length: number): void {
    const needed = this.#to - this.#from + length;
    const target = this.#memoryFor(needed);
    if (target === this.#bytes) target.copyWithin(0, this.#from, this.#to);
    else target.set(this.#bytes.subarray(this.#from, this.#to));
    this.#bytes = target;
    this.#to -= this.#from;
    this.#from = 0;
  }

  /** At least half of it is room for what comes; much more than is needed is given back. */
  #memoryFor(needed: number): Uint8Array {
    const first = FIRST_MS * this.#bytesPerMs;
    if (needed * 2 > this.#bytes.length) return new Uint8Array(Math.max(first, needed * 2));
    if (this.#bytes.length > first && needed * 16 < this.#bytes.length)
      return new Uint8Array(Math.max(first, needed * 4));
    return this.#bytes;
  }
}
