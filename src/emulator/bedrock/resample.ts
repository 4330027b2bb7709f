/** Zero crossings of the sinc on each side: 60 dB and better of stop band with the window below. */
const HALF_CROSSINGS = 24;
/** Kaiser's shape parameter for about 80 dB. */
const KAISER_BETA = 8;
/** The pass band ends at this part of the lower Nyquist frequency, so that the transition stays below it. */
const CUTOFF = 0.93;

/** Converts a whole recording to another rate (a windowed sinc; no state, so never for pieces of a stream). */
export function convertRate(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples.slice();
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const phases = toHz / divisor;
  const step = fromHz / divisor;
  const { taps, reach } = filterBank(fromHz, toHz, phases);
  const width = 2 * reach + 1;
  const out = new Int16Array(Math.floor((samples.length * toHz) / fromHz));
  for (let i = 0; i < out.length; i++) {
    const position = i * step;
    const phase = position % phases;
    const first = (position - phase) / phases - reach;
    const from = Math.max(0, -first);
    const to = Math.min(width, samples.length - first);
    let sum = 0;
    for (let k = from; k < to; k++) sum += samples[first + k]! * taps[phase * width + k]!;
    out[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return out;
}

/** One row of taps per phase, each summing to one. `reach` is the samples used on each side of the centre. */
function filterBank(fromHz: number, toHz: number, phases: number): { taps: Float64Array; reach: number } {
  const scale = CUTOFF * Math.min(1, toHz / fromHz);
  const halfWidth = HALF_CROSSINGS / scale;
  const reach = Math.ceil(halfWidth);
  const width = 2 * reach + 1;
  const taps = new Float64Array(phases * width);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const offset = k - reach - phase / phases;
      const tap = scale * sinc(offset * scale) * kaiser(offset / halfWidth);
      taps[phase * width + k] = tap;
      sum += tap;
    }
    for (let k = 0; k < width; k++) taps[phase * width + k]! /= sum;
  }
  return { taps, reach };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order zero. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
