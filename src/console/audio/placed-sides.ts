import { MULAW_SILENCE, sampleOf } from './mulaw.ts';

const SAMPLES_PER_MS = 8;
/** Sixteen seconds of each side; a power of two, so that places in it are a mask away. */
const CAPACITY = 2 ** 17;
const MASK = CAPACITY - 1;
/** How far behind the first message the clock begins: messages come every 100 ms, and not all in time. */
export const LAG_MS = 300;
const LAG = LAG_MS * SAMPLES_PER_MS;
/** What lies further ahead than this is gone to at once: the page was not being played for a while. */
export const FURTHEST_MS = 2000;
const FURTHEST = FURTHEST_MS * SAMPLES_PER_MS;

/**
 * Two voices by one clock: each piece sounds at its place in the call, and where there is none it is silent. When pieces
 * come too late for the clock it stands back, for both voices.
 */
export class PlacedSides {
  readonly #rings = [new Uint8Array(CAPACITY).fill(MULAW_SILENCE), new Uint8Array(CAPACITY).fill(MULAW_SILENCE)];
  /** The sample of the call that each side plays next; undefined before anything has come. */
  #places: [number, number] | undefined;
  #lastEnd = 0;

  /** How much of what has come is still to sound, in ms. */
  get queuedMs(): number {
    return this.#places ? Math.max(0, this.#lastEnd - this.#places[0]) / SAMPLES_PER_MS : 0;
  }

  put(side: 0 | 1, atMs: number, mulaw: Uint8Array): void {
    const at = atMs * SAMPLES_PER_MS;
    const place = this.#places?.[0];
    if (place === undefined || at < place) {
      this.#goTo(at - LAG);
    } else if (at + mulaw.length - place > LAG + FURTHEST) {
      for (const ring of this.#rings) ring.fill(MULAW_SILENCE);
      this.#goTo(at - LAG);
    }
    const ring = this.#rings[side]!;
    for (let index = 0; index < mulaw.length; index++) ring[(at + index) & MASK] = mulaw[index]!;
    this.#lastEnd = Math.max(this.#lastEnd, at + mulaw.length);
  }

  /** The next sample of a side, from -1 to 1. Both are asked equally often. */
  next(side: 0 | 1): number {
    if (!this.#places) return 0;
    const at = this.#places[side] & MASK;
    this.#places[side] += 1;
    const ring = this.#rings[side]!;
    const sample = sampleOf(ring[at]!);
    ring[at] = MULAW_SILENCE;
    return sample;
  }

  #goTo(place: number): void {
    this.#places = [place, place];
  }
}
