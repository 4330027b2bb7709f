/** The filter reaches this many samples of the lower rate to each side: 3 ms at 8 kHz, which is also its delay. */
const REACH = 24;
/** Of the Kaiser window: aliases and images lie 90 dB down. */
const BETA = 9.5;
/** Of the lower rate: at 8 kHz, 3.4 kHz passes whole and 4.6 kHz is gone. */
const CUTOFF = 3980 / 8000;

/**
 * Changes the rate of sound, for any two rates (also 44.1 kHz): a filter for each place that an output sample can have
 * between two of the input. One instance for each stream of sound; how the input is cut makes no difference.
 */
export class Resampler {
  readonly #tapCount: number;
  /** The taps of each place, one after the other, for the oldest sample first. */
  readonly #taps: Float32Array;
  readonly #placeCount: number;
  readonly #stride: number;
  /** The newest samples, twice over, so that they can always be read in one go. */
  readonly #history: Float32Array;
  #newest = 0;
  /** From the newest sample to the next output, in parts of an input sample. */
  #ahead: number;

  constructor(fromHz: number, toHz: number) {
    const divisor = greatestCommonDivisor(fromHz, toHz);
    this.#placeCount = toHz / divisor;
    this.#stride = fromHz / divisor;
    this.#tapCount = 2 * Math.ceil(REACH * Math.max(1, fromHz / toHz));
    this.#taps = tapsOf(this.#placeCount, this.#tapCount, (CUTOFF * Math.min(fromHz, toHz)) / fromHz);
    this.#history = new Float32Array(2 * this.#tapCount);
    this.#ahead = this.#placeCount;
  }

  /** Takes samples and calls `sink` with each that comes out. */
  push(input: Float32Array, sink: (sample: number) => void): void {
    for (const sample of input) {
      this.#take(sample);
      while (this.#ahead < this.#placeCount) sink(this.#give());
    }
  }

  /** Fills `out`, and asks `next` for the samples that this takes. */
  pull(out: Float32Array, next: () => number): void {
    for (let index = 0; index < out.length; index++) {
      while (this.#ahead >= this.#placeCount) this.#take(next());
      out[index] = this.#give();
    }
  }

  #take(sample: number): void {
    this.#history[this.#newest] = sample;
    this.#history[this.#newest + this.#tapCount] = sample;
    this.#newest = (this.#newest + 1) % this.#tapCount;
    this.#ahead -= this.#placeCount;
  }

  #give(): number {
    const taps = this.#taps;
    const history = this.#history;
    const count = this.#tapCount;
    const from = this.#ahead * count;
    const oldest = this.#newest;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) sum += taps[from + tap]! * history[oldest + tap]!;
    this.#ahead += this.#stride;
    return sum;
  }
}

/** A low-pass at `cutoff` of the input's rate, sampled for each of the places; each place passes 0 Hz as it is. */
function tapsOf(placeCount: number, tapCount: number, cutoff: number): Float32Array {
  const centre = (tapCount * placeCount - 1) / 2;
  const taps = new Float32Array(placeCount * tapCount);
  const ofPlace = new Float64Array(tapCount);
  for (let place = 0; place < placeCount; place++) {
    // The newest sample lies `place` parts before the output, the one before it a whole sample more, and so on.
    for (let age = 0; age < tapCount; age++) {
      const fromCentre = place + age * placeCount - centre;
      const window = besselI0(BETA * Math.sqrt(1 - (fromCentre / centre) ** 2));
      ofPlace[tapCount - 1 - age] = window * sinc((2 * cutoff * fromCentre) / placeCount);
    }
    const sum = ofPlace.reduce((total, tap) => total + tap, 0);
    for (let tap = 0; tap < tapCount; tap++) taps[place * tapCount + tap] = ofPlace[tap]! / sum;
  }
  return taps;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order zero. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
