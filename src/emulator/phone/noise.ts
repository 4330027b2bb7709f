import { type Random, seededRandom } from './random.js';

/**
 * `white`: the same at all frequencies. `pink`: more of it at low ones, down to where a telephone begins to carry sound.
 * `babble`: many people talking far away.
 */
export type NoiseKind = 'white' | 'pink' | 'babble';

const RATE_HZ = 8000;
const BABBLE_VOICES = 6;
/** How often a voice of the babble swells and fades, Hz: syllables and words. */
const SLOWEST_HZ = 1;
const FASTEST_HZ = 4;
/** Telephones carry nothing below. Source: ITU-T G.712. */
const LOWEST_HZ = 300;
/** Samples after which the pink filter's answer to one impulse has died away. */
const PINK_TAIL = 20_000;

/** Gives one sample after the other, with a mean power of 1. */
type Source = () => number;

/** Endless noise with a mean power of 1, the same for the same seed. */
export function noiseOf(kind: NoiseKind, seed: number): Source {
  const random = seededRandom(seed);
  if (kind === 'white') return gaussian(random);
  if (kind === 'pink') return pink(gaussian(random));
  const voices = Array.from({ length: BABBLE_VOICES }, () => voiceLike(random));
  return () => voices.reduce((sum, voice) => sum + voice(), 0) / Math.sqrt(BABBLE_VOICES);
}

/** Box and Muller's transform, which gives two at a time. */
function gaussian(random: Random): Source {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Noise as low as speech that swells and fades. */
function voiceLike(random: Random): Source {
  const low = pink(gaussian(random));
  const hz = SLOWEST_HZ + random() * (FASTEST_HZ - SLOWEST_HZ);
  const step = (2 * Math.PI * hz) / RATE_HZ;
  let phase = 2 * Math.PI * random();
  return () => {
    phase += step;
    return low() * Math.SQRT2 * Math.sin(phase);
  };
}

function pink(white: Source): Source {
  const filter = pinkFilter();
  return () => filter(white()) / PINK_GAIN;
}

/** Falls by 3 dB an octave, and steeply below the telephone's band. Source: Paul Kellet's economy filter, musicdsp.org. */
function pinkFilter(): (sample: number) => number {
  const band = highPass();
  let slow = 0;
  let middle = 0;
  let fast = 0;
  return (sample) => {
    slow = 0.99765 * slow + sample * 0.099046;
    middle = 0.963 * middle + sample * 0.2965164;
    fast = 0.57 * fast + sample * 1.0526913;
    return band(slow + middle + fast + sample * 0.1848);
  };
}

/** Second-order Butterworth. */
function highPass(): (sample: number) => number {
  const warped = Math.tan((Math.PI * LOWEST_HZ) / RATE_HZ);
  const gain = 1 / (1 + Math.SQRT2 * warped + warped * warped);
  const a1 = 2 * (warped * warped - 1) * gain;
  const a2 = (1 - Math.SQRT2 * warped + warped * warped) * gain;
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return (sample) => {
    const filtered = gain * (sample - 2 * x1 + x2) - a1 * y1 - a2 * y2;
    [x1, x2, y1, y2] = [sample, x1, filtered, y1];
    return filtered;
  };
}

/** By how much the filter raises white noise: the length of its answer to one impulse. */
const PINK_GAIN = (() => {
  const filter = pinkFilter();
  let power = 0;
  for (let index = 0; index < PINK_TAIL; index++) power += filter(index === 0 ? 1 : 0) ** 2;
  return Math.sqrt(power);
})();
