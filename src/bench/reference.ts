import { toInt16 } from '../audio/pcm.js';

/**
 * What audio is measured with: test signals, an ideal resampler in float64, and figures of merit over time.
 * Written apart from the converters it judges; slow and exact.
 */

/** Reproducible numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A sine whose peak lies at `peakDbfs`, in 16-bit units. */
export function tone(rateHz: number, hz: number, peakDbfs: number, sampleCount: number): Int16Array {
  const peak = 32_767 * 10 ** (peakDbfs / 20);
  return Int16Array.from({ length: sampleCount }, (_, i) => toInt16(peak * Math.sin((2 * Math.PI * hz * i) / rateHz)));
}

/** Half a second with a sweep of 300 to 3300 Hz in its middle, under a Hann window: for finding delays. */
export function chirp(rateHz: number): Int16Array {
  const sweepSeconds = 0.2;
  const startSeconds = 0.1;
  return Int16Array.from({ length: rateHz / 2 }, (_, i) => {
    const t = i / rateHz - startSeconds;
    if (t < 0 || t > sweepSeconds) return 0;
    const phase = 2 * Math.PI * (300 * t + (3000 / sweepSeconds / 2) * t * t);
    return toInt16(16_000 * Math.sin((Math.PI * t) / sweepSeconds) ** 2 * Math.sin(phase));
  });
}

/** The samples as s16le bytes, in memory of their own. */
export function toS16le(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, i) => {
    view.setInt16(2 * i, sample, true);
  });
  return bytes;
}

export function concat(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const ZERO_CROSSINGS = 100;

function besselI0(x: number): number {
  let sum = 0;
  let root = 1;
  for (let k = 1; k <= 60; k++) {
    sum += root * root;
    root *= x / (2 * k);
  }
  return sum;
}

/**
 * Ideal conversion: a sinc of 100 zero crossings each way (Kaiser, beta 12) cut at the lower Nyquist frequency.
 * Output sample m stands for the time m / toHz - delayMs, so a converter's own delay can be matched exactly.
 */
export function idealResample(samples: ArrayLike<number>, fromHz: number, toHz: number, delayMs = 0): Float64Array {
  const cutoff = Math.min(1, toHz / fromHz);
  const reach = ZERO_CROSSINGS / cutoff;
  const out = new Float64Array(Math.floor((samples.length * toHz) / fromHz));
  const kernels = new Map<number, { first: number; taps: Float64Array }>();
  for (let m = 0; m < out.length; m++) {
    const position = (m * fromHz) / toHz - (delayMs * fromHz) / 1000;
    const whole = Math.floor(position);
    const fraction = Math.round((position - whole) * 1e9);
    let kernel = kernels.get(fraction);
    if (!kernel) {
      const first = Math.ceil(position - reach) - whole;
      const last = Math.floor(position + reach) - whole;
      const taps = Float64Array.from({ length: last - first + 1 }, (_, k) => {
        const distance = first + k - fraction / 1e9;
        const window = besselI0(12 * Math.sqrt(Math.max(0, 1 - (distance / reach) ** 2))) / besselI0(12);
        const x = Math.PI * cutoff * distance;
        return cutoff * window * (Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x);
      });
      kernel = { first, taps };
      kernels.set(fraction, kernel);
    }
    const start = whole + kernel.first;
    const from = Math.max(0, -start);
    const to = Math.min(kernel.taps.length, samples.length - start);
    let sum = 0;
    for (let k = from; k < to; k++) sum += kernel.taps[k]! * samples[start + k]!;
    out[m] = sum;
  }
  return out;
}

export function rms(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! ** 2;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

/** Ratio of two amplitudes in dB. */
export function ratioDb(amplitude: number, reference: number): number {
  return 20 * Math.log10(Math.max(1e-9, amplitude) / reference);
}

type Fit = { amplitude: number; phase: number; residualRms: number };

/** Least-squares fit of offset + sine of a known frequency. */
function fitSine(samples: ArrayLike<number>, radiansPerSample: number): Fit {
  const n = samples.length;
  let cosCos = 0;
  let sinSin = 0;
  let cosSin = 0;
  let cosX = 0;
  let sinX = 0;
  let cosMean = 0;
  let sinMean = 0;
  let mean = 0;
  for (let i = 0; i < n; i++) {
    mean += samples[i]! / n;
    cosMean += Math.cos(radiansPerSample * i) / n;
    sinMean += Math.sin(radiansPerSample * i) / n;
  }
  // Taking the means out of the sine and cosine as well makes this a joint fit with the offset.
  for (let i = 0; i < n; i++) {
    const c = Math.cos(radiansPerSample * i) - cosMean;
    const s = Math.sin(radiansPerSample * i) - sinMean;
    cosCos += c * c;
    sinSin += s * s;
    cosSin += c * s;
    cosX += c * (samples[i]! - mean);
    sinX += s * (samples[i]! - mean);
  }
  const determinant = cosCos * sinSin - cosSin * cosSin;
  const a = (cosX * sinSin - sinX * cosSin) / determinant;
  const b = (sinX * cosCos - cosX * cosSin) / determinant;
  let residual = 0;
  for (let i = 0; i < n; i++) {
    const model = a * (Math.cos(radiansPerSample * i) - cosMean) + b * (Math.sin(radiansPerSample * i) - sinMean);
    residual += (samples[i]! - mean - model) ** 2;
  }
  return { amplitude: Math.hypot(a, b), phase: Math.atan2(-b, a), residualRms: Math.sqrt(residual / n) };
}

/** Peak amplitude of a tone in the samples. */
export function toneAmplitude(samples: ArrayLike<number>, rateHz: number, hz: number): number {
  return fitSine(samples, (2 * Math.PI * hz) / rateHz).amplitude;
}

/** Signal over noise and distortion. The frequency is fitted, so a slight stretch of the whole does not read as noise. */
export function sinadDb(samples: Int16Array, rateHz: number, hz: number): number {
  let step = (2 * Math.PI * hz) / rateHz;
  const half = samples.length >> 1;
  for (let round = 0; round < 3; round++) {
    const first = fitSine(samples.subarray(0, half), step).phase;
    const second = fitSine(samples.subarray(half, 2 * half), step).phase;
    const drift = second - first - step * half;
    step += (drift - 2 * Math.PI * Math.round(drift / (2 * Math.PI))) / half;
  }
  const { amplitude, residualRms } = fitSine(samples, step);
  return ratioDb(amplitude / Math.SQRT2, residualRms);
}

/** By how many whole samples `delayed` lags behind `reference`. */
function wholeLag(reference: ArrayLike<number>, delayed: ArrayLike<number>, maxLag: number): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let lag = -maxLag; lag <= maxLag; lag++) {
    let sum = 0;
    const to = Math.min(reference.length, delayed.length - lag);
    for (let i = Math.max(0, -lag); i < to; i++) sum += reference[i]! * delayed[i + lag]!;
    if (sum > highest) [best, highest] = [lag, sum];
  }
  return best;
}

/**
 * By how much a converter's output lags behind its input in ms: the delay at which an ideal conversion comes closest,
 * found to about a microsecond in steps of Gauss-Newton. Up to 50 ms.
 */
export function measureDelayMs(input: Int16Array, fromHz: number, output: ArrayLike<number>, toHz: number): number {
  let delay = (wholeLag(idealResample(input, fromHz, toHz), output, toHz / 20) * 1000) / toHz;
  const nudge = 100 / toHz;
  for (let round = 0; round < 4; round++) {
    const here = idealResample(input, fromHz, toHz, delay);
    const there = idealResample(input, fromHz, toHz, delay + nudge);
    let slopes = 0;
    let errors = 0;
    for (let i = 0; i < Math.min(here.length, output.length); i++) {
      const slope = (there[i]! - here[i]!) / nudge;
      slopes += slope * slope;
      errors += slope * (output[i]! - here[i]!);
    }
    delay += errors / slopes;
  }
  return delay;
}

/** Frames quieter than this are left out of the figures on speech. */
export const PAUSE_RMS = 32_768 * 10 ** (-50 / 20);

/** Mean over 20 ms frames of the signal to difference ratio, each frame within -10 to 60 dB; pauses left out. */
export function segmentalSnrDb(reference: ArrayLike<number>, judged: ArrayLike<number>, rateHz: number): number {
  const frame = rateHz / 50;
  const count = Math.min(reference.length, judged.length);
  let sum = 0;
  let frames = 0;
  for (let start = 0; start + frame <= count; start += frame) {
    let signal = 0;
    let difference = 0;
    for (let i = start; i < start + frame; i++) {
      signal += reference[i]! ** 2;
      difference += (reference[i]! - judged[i]!) ** 2;
    }
    if (Math.sqrt(signal / frame) < PAUSE_RMS) continue;
    sum += Math.min(60, Math.max(-10, 10 * Math.log10(signal / Math.max(1e-9, difference))));
    frames++;
  }
  return sum / Math.max(1, frames);
}
