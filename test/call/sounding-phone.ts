import type { TelephonyLeg } from '../../src/call/ports.js';
import type { FakeClock } from '../../src/clock.js';

interface Piece {
  /** Of the model's audio; undefined: what else the caller hears. */
  blockId: string | undefined;
  fromMs: number;
  toMs: number;
}

/** The carrier as it sounds at the caller's ear: plays in time, returns marks when they are reached, and clears. */
export class SoundingPhone implements TelephonyLeg {
  /** Which block of the model is being relayed; said by whoever lets the model speak. */
  relaying: string | undefined;
  isClosed = false;
  readonly #clock: FakeClock;
  readonly #pieces: Piece[] = [];
  #marks: { name: string; atMs: number }[] = [];
  #endMs = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  play(mulaw: Uint8Array): void {
    const fromMs = Math.max(this.#clock.now(), this.#endMs);
    this.#endMs = fromMs + mulaw.length / 8;
    const last = this.#pieces.at(-1);
    if (last && last.blockId === this.relaying && last.toMs === fromMs) last.toMs = this.#endMs;
    else this.#pieces.push({ blockId: this.relaying, fromMs, toMs: this.#endMs });
  }

  mark(name: string): void {
    this.#marks.push({ name, atMs: this.#endMs });
  }

  clear(): void {
    const nowMs = this.#clock.now();
    this.#endMs = Math.min(this.#endMs, nowMs);
    for (const mark of this.#marks) mark.atMs = nowMs;
    for (const piece of this.#pieces) piece.toMs = Math.max(piece.fromMs, Math.min(piece.toMs, nowMs));
  }

  /** Its media stream is over: what it holds is not played, and its marks are nobody's. */
  lineLost(): void {
    this.clear();
    this.#marks = [];
  }

  close(): void {
    this.clear();
    this.isClosed = true;
  }

  /** What was played last. */
  get lastBlockId(): string | undefined {
    return this.#pieces.at(-1)?.blockId;
  }

  /** When the last sound ended, or now while one sounds. */
  get lastSoundMs(): number {
    return Math.min(this.#endMs, this.#clock.now());
  }

  /** Marks that the carrier has to return by now. */
  takeMarks(): string[] {
    const nowMs = this.#clock.now();
    const due = this.#marks.filter(({ atMs }) => atMs <= nowMs);
    if (due.length > 0) this.#marks = this.#marks.filter(({ atMs }) => atMs > nowMs);
    return due.map(({ name }) => name);
  }

  /** How much of each block of the model the caller has heard by now, in ms. */
  heardMs(): Map<string, number> {
    const heard = new Map<string, number>();
    const nowMs = this.#clock.now();
    for (const { blockId, fromMs, toMs } of this.#pieces) {
      if (blockId === undefined) continue;
      heard.set(blockId, (heard.get(blockId) ?? 0) + Math.max(0, Math.min(toMs, nowMs) - fromMs));
    }
    return heard;
  }
}
