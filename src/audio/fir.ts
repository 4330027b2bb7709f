import { convolve, kernelMemory } from './fir-kernel.js';
import { toInt16 } from './pcm.js';

/** Taps are read eight at a time. */
const TAPS_MULTIPLE = 8;
const FLOAT_BYTES = 4;
/** Where taps, input and output lie in the kernel's memory. */
const INPUT_AT = 4096;
const OUTPUT_AT = 16_384;

const taps = new Float32Array(kernelMemory, 0, INPUT_AT / FLOAT_BYTES);
const input = new Float32Array(kernelMemory, INPUT_AT, (OUTPUT_AT - INPUT_AT) / FLOAT_BYTES);
const output = new Float32Array(kernelMemory, OUTPUT_AT, 2048);
let tapsPlaced = 0;

/** Taps that lie where the kernel reads them. */
export interface PlacedTaps {
  readonly from: number;
  readonly to: number;
}

/** Puts taps in place once and for all converters of a kind; their number must be a multiple of eight. */
export function placeTaps(values: Float64Array): PlacedTaps {
  if (values.length % TAPS_MULTIPLE !== 0) throw new RangeError('the number of taps must be a multiple of eight');
  taps.set(values, tapsPlaced);
  const from = tapsPlaced * FLOAT_BYTES;
  tapsPlaced += values.length;
  return { from, to: tapsPlaced * FLOAT_BYTES };
}

/**
 * Output n is the sum of taps over the input from n x `step` on, rounded and clamped to 16 bits, at out[n x `outStep`].
 * Every output is summed in the same order wherever it stands, so how input was cut leaves no trace.
 */
export function filter(
  history: Float32Array,
  placed: PlacedTaps,
  step: number,
  count: number,
  out: Int16Array,
  outStep: number,
): void {
  input.set(history);
  convolve(INPUT_AT, placed.from, placed.to, count, step * FLOAT_BYTES, OUTPUT_AT);
  for (let n = 0, to = 0; n < count; n++, to += outStep) out[to] = toInt16(output[n]!);
}
