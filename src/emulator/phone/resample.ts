/** Zero crossings of the sinc kept on each side: stop band below -80 dB with the Blackman window. */
const HALF_WIDTH = 48;
/** Where the pass band ends, as a share of the lower Nyquist frequency. */
const PASS_SHARE = 0.94;

/**
 * Converts a whole recording between any two rates (Hz) with a windowed sinc, in phase (no delay). For files only: it looks ahead.
 * Samples keep their scale; overshoot is the caller's to clip.
 */
export function resampleWhole(samples: Float64Array, fromHz: number, toHz: number): Float64Array {
  if (fromHz === toHz) return samples;
  const divisor = greatestDivisor(fromHz, toHz);
  const up = toHz / divisor;
  const down = fromHz / divisor;
  const cutoff = (PASS_SHARE * Math.min(fromHz, toHz)) / fromHz;
  const reach = Math.ceil(HALF_WIDTH / cutoff);
  const phases = Array.from({ length: up }, (_, phase) => kernel(phase / up, cutoff, reach));
  const output = new Float64Array(Math.ceil((samples.length * up) / down));
  // Silence on both sides: looking beyond the ends of an array takes V8 three times as long.
  const padded = new Float64Array(samples.length + 2 * reach + 1);
  padded.set(samples, reach);
  for (let index = 0; index < output.length; index++) {
    const position = index * down;
    const taps = phases[position % up] as Float64Array;
    const first = Math.floor(position / up);
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] as number) * (padded[first + tap] as number);
    output[index] = sum;
  }
  return output;
}

/** Taps for an output that lies `offset` (0 to 1) after an input sample, normalised to unit gain at 0 Hz. */
function kernel(offset: number, cutoff: number, reach: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, tap) => {
    const distance = tap - reach - offset;
    const share = distance / (reach + 1);
    const window = 0.42 + 0.5 * Math.cos(Math.PI * share) + 0.08 * Math.cos(2 * Math.PI * share);
    const angle = Math.PI * cutoff * distance;
    return (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
  });
  const gain = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / gain);
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
