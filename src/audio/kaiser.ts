/** sin(pi x) / (pi x). */
function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order zero. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * A symmetric low-pass of `tapCount` (even) taps: a Kaiser-windowed sinc with unit gain at 0 Hz.
 * `cutoff` is the -6 dB point as a fraction of the sample rate (0.5 = Nyquist).
 */
export function lowPass(tapCount: number, cutoff: number, beta: number): Float64Array {
  const centre = (tapCount - 1) / 2;
  const taps = Float64Array.from({ length: tapCount }, (_, k) => {
    const window = besselI0(beta * Math.sqrt(1 - ((k - centre) / centre) ** 2)) / besselI0(beta);
    return sinc(2 * cutoff * (k - centre)) * window;
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
