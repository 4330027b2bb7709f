/** Audio is kept in blocks of this length, in ms, and so many of those that are not needed any more are used again. */
const BLOCK_MS = 200;
const SPARE_BLOCKS = 3;
/**
 * What is kept at most, in ms. Nobody speaks for longer without a pause that the model takes for an end, and a stream that
 * had to hear more could not catch up before the caller gives up: it would answer many seconds late.
 */
const LONGEST_MS = 30_000;

/**
 * The newest audio of a caller, s16le, for a model stream that takes over. Positions are ms of all that was ever added.
 * Takes the memory of what is kept, and no more: most of the time of a call that is less than a second.
 */
export class KeptAudio {
  readonly #bytesPerMs: number;
  readonly #blockBytes: number;
  /** What is kept, oldest first; positions in it are bytes of all that was ever added. */
  readonly #blocks: Uint8Array[] = [];
  readonly #spare: Uint8Array[] = [];
  /** Where the first block begins: a whole number of blocks. */
  #blocksFrom = 0;
  #from = 0;
  #to = 0;

  constructor(rateHz: number) {
    this.#bytesPerMs = (rateHz * 2) / 1000;
    this.#blockBytes = BLOCK_MS * this.#bytesPerMs;
  }

  get startMs(): number {
    return this.#from / this.#bytesPerMs;
  }

  get endMs(): number {
    return this.#to / this.#bytesPerMs;
  }

  /** Adds a copy of the audio; drops the oldest when it would be too much. */
  add(s16le: Uint8Array): void {
    for (let done = 0; done < s16le.length; ) {
      const at = this.#to % this.#blockBytes;
      if (at === 0) this.#blocks.push(this.#spare.pop() ?? new Uint8Array(this.#blockBytes));
      const count = Math.min(s16le.length - done, this.#blockBytes - at);
      this.#blocks.at(-1)!.set(count === s16le.length ? s16le : s16le.subarray(done, done + count), at);
      this.#to += count;
      done += count;
    }
    this.#dropTo(this.#to - LONGEST_MS * this.#bytesPerMs);
  }

  /** Keeps nothing that lies before. */
  dropBefore(ms: number): void {
    this.#dropTo(this.#positionOf(ms));
  }

  /** The kept audio of that part; valid until audio is added or dropped. */
  slice(fromMs: number, toMs: number): Uint8Array {
    const from = Math.max(this.#from, Math.min(this.#to, this.#positionOf(fromMs)));
    const to = Math.max(from, Math.min(this.#to, this.#positionOf(toMs)));
    const first = this.#partOf(from, to);
    if (first.length === to - from) return first;
    const whole = new Uint8Array(to - from);
    for (let at = from; at < to; ) {
      const part = this.#partOf(at, to);
      whole.set(part, at - from);
      at += part.length;
    }
    return whole;
  }

  /** Within one block. */
  #partOf(from: number, to: number): Uint8Array {
    const index = Math.floor((from - this.#blocksFrom) / this.#blockBytes);
    const blockFrom = this.#blocksFrom + index * this.#blockBytes;
    return this.#blocks[index]?.subarray(from - blockFrom, to - blockFrom) ?? new Uint8Array(0);
  }

  /** On a whole sample. */
  #positionOf(ms: number): number {
    return Math.floor((ms * this.#bytesPerMs) / 2) * 2;
  }

  #dropTo(position: number): void {
    if (position <= this.#from) return;
    this.#from = Math.min(this.#to, position);
    while (this.#blocks.length > 0 && this.#blocksFrom + this.#blockBytes <= this.#from) {
      const block = this.#blocks.shift()!;
      this.#blocksFrom += this.#blockBytes;
      if (this.#spare.length < SPARE_BLOCKS) this.#spare.push(block);
    }
  }
}
