import { decodeMulaw, MULAW_SILENCE } from '../audio/mulaw.js';

const FIRST_CAPACITY_BYTES = 16_384;

const DECODED = new Int16Array(256);
decodeMulaw(
  Uint8Array.from({ length: 256 }, (_, code) => code),
  DECODED,
);

/**
 * One voice on the call's timeline, from what was last moved out on: mu-law at positions counted in samples, silence
 * where nothing was written. A ring that grows with what lies ahead and is otherwise never allocated again.
 */
export class Track {
  #ring = new Uint8Array(FIRST_CAPACITY_BYTES).fill(MULAW_SILENCE);
  #start: number;
  #end: number;

  constructor(start: number) {
    this.#start = start;
    this.#end = start;
  }

  /** Writes a piece over what is there; what lies before the start is left out. */
  write(at: number, mulaw: Uint8Array): void {
    const skipped = Math.max(0, this.#start - at);
    if (skipped >= mulaw.length) return;
    const from = at + skipped;
    const end = at + mulaw.length;
    if (end - this.#start > this.#ring.length) this.#grow(end - this.#start);
    this.#end = Math.max(this.#end, end);
    const index = from & (this.#ring.length - 1);
    const room = this.#ring.length - index;
    if (skipped === 0 && mulaw.length <= room) {
      this.#ring.set(mulaw, index);
      return;
    }
    this.#ring.set(mulaw.subarray(skipped, skipped + room), index);
    if (mulaw.length - skipped > room) this.#ring.set(mulaw.subarray(skipped + room), 0);
  }

  /** Makes a stretch silent. */
  erase(from: number, to: number): void {
    const mask = this.#ring.length - 1;
    const end = Math.min(to, this.#end);
    for (let at = Math.max(from, this.#start); at < end; at++) this.#ring[at & mask] = MULAW_SILENCE;
  }

  /** Moves everything before `until` out: every second sample of `out`, beginning with the channel's. */
  moveInto(out: Int16Array, channel: 0 | 1, until: number): void {
    const mask = this.#ring.length - 1;
    const end = Math.min(until, this.#end);
    let target = channel;
    for (let at = this.#start; at < end; at++, target += 2) {
      out[target] = DECODED[this.#ring[at & mask]!]!;
      this.#ring[at & mask] = MULAW_SILENCE;
    }
    for (let at = Math.max(end, this.#start); at < until; at++, target += 2) out[target] = 0;
    this.#start = until;
    this.#end = Math.max(this.#end, until);
  }

  /** Moves everything before `until` out, as mu-law; nothing when that was done. */
  moveOut(until: number): Uint8Array {
    const out = new Uint8Array(Math.max(0, until - this.#start)).fill(MULAW_SILENCE);
    const mask = this.#ring.length - 1;
    const end = Math.min(until, this.#end);
    for (let at = this.#start; at < end; at++) {
      out[at - this.#start] = this.#ring[at & mask]!;
      this.#ring[at & mask] = MULAW_SILENCE;
    }
    this.#start += out.length;
    this.#end = Math.max(this.#end, this.#start);
    return out;
  }

  #grow(neededBytes: number): void {
    let capacity = this.#ring.length;
    while (capacity < neededBytes) capacity *= 2;
    const ring = new Uint8Array(capacity).fill(MULAW_SILENCE);
    const oldMask = this.#ring.length - 1;
    for (let at = this.#start; at < this.#end; at++) ring[at & (capacity - 1)] = this.#ring[at & oldMask]!;
    this.#ring = ring;
  }
}
