import { PAUSE_RMS, rms } from './reference.js';

type Turns = { cos: Float64Array; sin: Float64Array };
const turnsBySize = new Map<number, Turns>();

/** The first half of a turn backwards in n / 2 steps. */
function turnsOf(n: number): Turns {
  let turns = turnsBySize.get(n);
  if (!turns) {
    const angle = (k: number) => (-2 * Math.PI * k) / n;
    turns = {
      cos: Float64Array.from({ length: n / 2 }, (_, k) => Math.cos(angle(k))),
      sin: Float64Array.from({ length: n / 2 }, (_, k) => Math.sin(angle(k))),
    };
    turnsBySize.set(n, turns);
  }
  return turns;
}

/** Power spectrum (bins 0 to half) of a windowed piece whose length is a power of two. */
function powerSpectrum(piece: Float64Array): Float64Array {
  const n = piece.length;
  const turns = turnsOf(n);
  const re = Float64Array.from(piece);
  const im = new Float64Array(n);
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j]] = [re[j]!, re[i]!];
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const c = turns.cos[k * (n / size)]!;
      const s = turns.sin[k * (n / size)]!;
      for (let i = k; i < n; i += size) {
        const j = i + size / 2;
        const x = re[j]! * c - im[j]! * s;
        const y = re[j]! * s + im[j]! * c;
        re[j] = re[i]! - x;
        im[j] = im[i]! - y;
        re[i]! += x;
        im[i]! += y;
      }
    }
  }
  return Float64Array.from({ length: n / 2 + 1 }, (_, k) => re[k]! ** 2 + im[k]! ** 2);
}

/** Root of the energy between two frequencies, in units of a sine's rms, after a Blackman-Harris window. */
export function bandRms(samples: ArrayLike<number>, rateHz: number, fromHz: number, toHz: number): number {
  const n = 2 ** Math.floor(Math.log2(samples.length));
  const windowed = Float64Array.from({ length: n }, (_, i) => {
    const x = (2 * Math.PI * (i + 0.5)) / n;
    const window = 0.35875 - 0.48829 * Math.cos(x) + 0.14128 * Math.cos(2 * x) - 0.01168 * Math.cos(3 * x);
    return samples[i]! * window;
  });
  const energyOfWindow = 0.257963 * n;
  const spectrum = powerSpectrum(windowed);
  let sum = 0;
  for (let k = Math.ceil((fromHz * n) / rateHz); k <= Math.min(n / 2, (toHz * n) / rateHz); k++)
    sum += 2 * spectrum[k]!;
  return Math.sqrt(sum / n / energyOfWindow);
}

const MEL_BANDS = 32;

type Band = { first: number; weights: Float64Array };

/** Triangles equally spaced in mel over 100-3600 Hz, as weights of the spectrum's bins. */
function melBands(rateHz: number, size: number): Band[] {
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const step = (mel(3600) - mel(100)) / (MEL_BANDS + 1);
  const edgeBin = (i: number) => (700 * (10 ** ((mel(100) + i * step) / 2595) - 1) * size) / rateHz;
  return Array.from({ length: MEL_BANDS }, (_, band) => {
    const [low, middle, high] = [edgeBin(band), edgeBin(band + 1), edgeBin(band + 2)];
    const first = Math.ceil(low);
    const weights = Float64Array.from({ length: Math.floor(high) - first + 1 }, (_, k) =>
      Math.min((first + k - low) / (middle - low), (high - first - k) / (high - middle)),
    );
    return { first, weights };
  });
}

/** Mean distance of log-mel spectra (32 bands, 100-3600 Hz, 32 ms every 10 ms) in dB; pauses left out. */
export function logMelDistanceDb(reference: Float64Array, judged: Int16Array, rateHz: number): number {
  const size = (rateHz * 32) / 1000;
  const bands = melBands(rateHz, size);
  const window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / size));
  const levels = (samples: Float64Array | Int16Array, start: number): number[] => {
    const spectrum = powerSpectrum(window.map((weight, i) => weight * samples[start + i]!));
    return bands.map(({ first, weights }) => {
      // It begins with what 16-bit rounding leaves in a bin: below that, levels are noise.
      let sum = size / 12;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * spectrum[first + k]!;
      return 10 * Math.log10(sum);
    });
  };
  const count = Math.min(reference.length, judged.length);
  let sum = 0;
  let frames = 0;
  for (let start = 0; start + size <= count; start += rateHz / 100) {
    if (rms(reference.subarray(start, start + size)) < PAUSE_RMS) continue;
    const expected = levels(reference, start);
    const found = levels(judged, start);
    sum += expected.reduce((total, level, band) => total + Math.abs(level - found[band]!), 0) / MEL_BANDS;
    frames++;
  }
  return sum / Math.max(1, frames);
}
