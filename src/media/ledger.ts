/** What ends where the clock has to stop was heard to its end when a mark says so: so much before is credited, in ms. */
const UNPROVEN_MS = 1;

interface Mark {
  name: string;
  positionMs: number;
}

/**
 * What was sent to the carrier and how much of it the caller has heard, in ms of playout since the call began.
 * Pure arithmetic on the times it is given. Between marks heard time runs with the clock, never past the next mark:
 * it may be low, it is not high. Audio thrown away by `clear` is never heard, and marks that come back because of it
 * prove nothing (Source: Twilio Media Streams, clear message: pending marks are returned).
 */
export class PlayoutLedger {
  #sentMs = 0;
  #confirmedMs = 0;
  #confirmedAtMs = 0;
  #marks: Mark[] = [];

  /** Everything ever sent; positions are counted on this line. */
  get sentMs(): number {
    return this.#sentMs;
  }

  /** Whether something was sent that no mark has confirmed yet: the carrier may still hold audio. */
  get awaitsMarks(): boolean {
    return this.#confirmedMs < this.#sentMs;
  }

  sent(durationMs: number, nowMs: number): void {
    if (this.#confirmedMs >= this.#sentMs) this.#confirmedAtMs = nowMs;
    this.#sentMs += durationMs;
  }

  /** A mark was sent after everything sent so far. */
  marked(name: string): void {
    this.#marks.push({ name, positionMs: this.#sentMs });
  }

  /** A mark came back. Returns the position it proves, or undefined when it is unknown or was cleared. */
  returned(name: string, nowMs: number): number | undefined {
    const index = this.#marks.findIndex((mark) => mark.name === name);
    if (index < 0) return undefined;
    const { positionMs } = this.#marks[index]!;
    this.#marks.splice(0, index + 1);
    this.#confirmedMs = positionMs;
    this.#confirmedAtMs = nowMs;
    return positionMs;
  }

  /** The carrier's buffer was emptied. Returns the position up to which the caller had heard by then. */
  cleared(nowMs: number): number {
    const heardMs = this.heardMs(nowMs);
    this.#marks = [];
    this.#confirmedMs = this.#sentMs;
    this.#confirmedAtMs = nowMs;
    return heardMs;
  }

  /** The position up to which the caller has heard. Audio after the last mark is credited only by the clock. */
  heardMs(nowMs: number): number {
    return Math.max(this.#confirmedMs, Math.min(this.#limitMs - UNPROVEN_MS, this.#reachedMs(nowMs)));
  }

  /** Sent and not yet heard. */
  unheardMs(nowMs: number): number {
    return this.#sentMs - this.#reachedMs(nowMs);
  }

  /** How far the clock may run. */
  get #limitMs(): number {
    return this.#marks[0]?.positionMs ?? this.#sentMs;
  }

  /** By the clock. */
  #reachedMs(nowMs: number): number {
    return Math.min(this.#limitMs, this.#confirmedMs + Math.max(0, nowMs - this.#confirmedAtMs));
  }
}
