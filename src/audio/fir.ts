import { toInt16 } from './pcm.js';

/** Outputs computed at a time: their windows overlap, so each sample is loaded once for four of them. */
const BLOCK = 4;

/** How much more than asked `filter` may read (in steps of input) and write (in steps of output). */
export const FIR_MARGIN = BLOCK - 1;

/** Taps regrouped as `filter` reads them: all that meet input phase 0, then phase 1, and so on. */
export function byPhase(taps: Float64Array, phaseCount: number): Float64Array {
  const tapsPerPhase = taps.length / phaseCount;
  return taps.map((_, i) => taps[(i % tapsPerPhase) * phaseCount + Math.floor(i / tapsPerPhase)]!);
}

/**
 * Output n is the sum of taps over the input from n x `step` on, rounded and clamped to 16 bits, at out[n x `outStep`].
 * Every output is summed in the same order wherever it stands, so how input was cut leaves no trace.
 * Works in whole blocks of four: `history` and `out` need `FIR_MARGIN` steps of room behind. Taps per phase: a multiple of 4.
 */
export function filter(
  history: Float64Array,
  phasedTaps: Float64Array,
  step: number,
  count: number,
  out: Int16Array,
  outStep: number,
): void {
  const tapsPerPhase = phasedTaps.length / step;
  for (let n = 0; n < count; n += BLOCK) {
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let phase = 0; phase < step; phase++) {
      let at = n * step + phase;
      let x0 = history[at]!;
      let x1 = history[at + step]!;
      let x2 = history[at + 2 * step]!;
      at += 3 * step;
      const end = (phase + 1) * tapsPerPhase;
      for (let k = phase * tapsPerPhase; k < end; k += 4) {
        let tap = phasedTaps[k]!;
        const x3 = history[at]!;
        sum0 += tap * x0;
        sum1 += tap * x1;
        sum2 += tap * x2;
        sum3 += tap * x3;
        tap = phasedTaps[k + 1]!;
        x0 = history[at + step]!;
        sum0 += tap * x1;
        sum1 += tap * x2;
        sum2 += tap * x3;
        sum3 += tap * x0;
        tap = phasedTaps[k + 2]!;
        x1 = history[at + 2 * step]!;
        sum0 += tap * x2;
        sum1 += tap * x3;
        sum2 += tap * x0;
        sum3 += tap * x1;
        tap = phasedTaps[k + 3]!;
        x2 = history[at + 3 * step]!;
        sum0 += tap * x3;
        sum1 += tap * x0;
        sum2 += tap * x1;
        sum3 += tap * x2;
        at += 4 * step;
      }
    }
    const to = n * outStep;
    out[to] = toInt16(sum0);
    out[to + outStep] = toInt16(sum1);
    out[to + 2 * outStep] = toInt16(sum2);
    out[to + 3 * outStep] = toInt16(sum3);
  }
}
