import { sampleOf } from './mulaw.ts';

const BYTES_PER_MS = 8;
/** The carrier buffers ten minutes; nobody waits for so much in a browser. */
export const LIMIT_MS = 120_000;
const LIMIT_BYTES = LIMIT_MS * BYTES_PER_MS;
/** So much is gathered before what begins is played: frames that come late by less than this leave no gap. */
export const HOLD_MS = 60;
const HOLD_BYTES = HOLD_MS * BYTES_PER_MS;
/** What comes within this after the queue ran dry was meant to follow at once. */
const DRY_BYTES = 300 * BYTES_PER_MS;

/**
 * The agent's sound on its way to the ear, as the carrier has it: one queue at 8 kHz, marks that come back when what was
 * queued before them has sounded, `clear` that empties it and returns every mark at once.
 */
export class Playout {
  readonly #ring = new Uint8Array(LIMIT_BYTES);
  /** Bytes played and bytes queued since the beginning. */
  #read = 0;
  #written = 0;
  #marks: { readonly name: string; readonly at: number }[] = [];
  #returned: string[] = [];
  #state: 'dry' | 'held' | 'playing' = 'dry';
  /** For how many samples it has been dry, or held. */
  #since = DRY_BYTES;
  #starvedCount = 0;

  get queuedMs(): number {
    return (this.#written - this.#read) / BYTES_PER_MS;
  }

  /** How often it ran dry in the middle of something. */
  get starvedCount(): number {
    return this.#starvedCount;
  }

  /** Queues mu-law of any length; false when there is no room for it, and it is dropped. */
  push(mulaw: Uint8Array): boolean {
    if (this.#written + mulaw.length - this.#read > LIMIT_BYTES) return false;
    if (mulaw.length === 0) return true;
    const at = this.#written % LIMIT_BYTES;
    const untilEnd = Math.min(mulaw.length, LIMIT_BYTES - at);
    this.#ring.set(mulaw.subarray(0, untilEnd), at);
    this.#ring.set(mulaw.subarray(untilEnd), 0);
    this.#written += mulaw.length;
    if (this.#state === 'dry') {
      if (this.#since < DRY_BYTES) this.#starvedCount += 1;
      this.#state = 'held';
      this.#since = 0;
    }
    return true;
  }

  /** Comes back when everything before it has sounded; at once when nothing is queued. */
  mark(name: string): void {
    if (this.#read === this.#written) {
      this.#returned.push(name);
      return;
    }
    this.#marks.push({ name, at: this.#written });
    // What is short and whole waits for nothing more.
    if (this.#state === 'held') this.#state = 'playing';
  }

  clear(): void {
    this.#read = this.#written;
    this.#returned.push(...this.#marks.map(({ name }) => name));
    this.#marks = [];
    this.#state = 'dry';
    this.#since = DRY_BYTES;
  }

  /** The next sample for the ear, from -1 to 1. */
  next(): number {
    if (this.#state === 'held' && !this.#hasEnough()) return 0;
    if (this.#state === 'dry') {
      this.#since += 1;
      return 0;
    }
    const sample = sampleOf(this.#ring[this.#read % LIMIT_BYTES]!);
    this.#read += 1;
    while (this.#marks.length > 0 && this.#marks[0]!.at <= this.#read) this.#returned.push(this.#marks.shift()!.name);
    if (this.#read === this.#written) {
      this.#state = 'dry';
      this.#since = 0;
    }
    return sample;
  }

  /** Marks that have come back since it was last asked. */
  takeReturned(): string[] {
    const returned = this.#returned;
    if (returned.length > 0) this.#returned = [];
    return returned;
  }

  #hasEnough(): boolean {
    this.#since += 1;
    if (this.#written - this.#read < HOLD_BYTES && this.#since <= HOLD_BYTES) return false;
    this.#state = 'playing';
    return true;
  }
}
