import { decodeMulaw, encodeMulaw, MULAW_BYTES_PER_MS } from './mulaw.js';
import { FRAME_MS } from './network.js';
import { type NoiseKind, noiseOf } from './noise.js';
import type { Track } from './track.js';

/** What gets into the caller's telephone beside the voice. Levels are RMS in dB relative to full scale (32768). */
export interface Sounds {
  noise?: { kind: NoiseKind; dbfs: number } | undefined;
  /** What the caller hears comes back from the line: so much later, and changed by `db` (below 0: softer). */
  echo?: { db: number; delayMs: number } | undefined;
  /** Somebody else speaks once: mu-law, brought to this level where it is loud. */
  talker?: { mulaw: Uint8Array; dbfs: number; atMs: number } | undefined;
}

const FULL_SCALE = 32_768;
const FRAME_BYTES = FRAME_MS * MULAW_BYTES_PER_MS;
/** Frames of a recording this far below its loudest one, in dB, are its pauses. */
const PAUSE_BELOW_DB = 25;
/** Keeps noise apart from everything else that the seed decides. */
const NOISE_SEED = 0x6e6f6973;

/**
 * Mixes into the caller's frames what the telephone would pick up as well. Frames must be asked for one after the other: the
 * noise goes on from where it was.
 */
export class Surroundings {
  readonly #heard: Track;
  readonly #echo: Sounds['echo'];
  readonly #echoGain: number;
  readonly #nextNoise: (() => number) | undefined;
  readonly #noiseGain: number;
  readonly #talker: { samples: Float64Array; startByte: number } | undefined;

  /** `heard` is the caller's ear, of which the echo is made. */
  constructor({ noise, echo, talker }: Sounds, seed: number, heard: Track) {
    this.#heard = heard;
    this.#echo = echo;
    this.#echoGain = echo ? gain(echo.db) : 0;
    this.#nextNoise = noise && noiseOf(noise.kind, seed ^ NOISE_SEED);
    this.#noiseGain = noise ? gain(noise.dbfs) * FULL_SCALE : 0;
    this.#talker = talker && {
      samples: broughtTo(talker.dbfs, talker.mulaw),
      startByte: Math.round(talker.atMs * MULAW_BYTES_PER_MS),
    };
  }

  /** The frame with all sounds in it; the voice is undefined while the caller is silent. */
  frame(voice: Uint8Array | undefined, spokenMs: number): Uint8Array | undefined {
    if (!this.#nextNoise && !this.#echo && !this.#talker) return voice;
    const mixed = Float64Array.from(voice ? decodeMulaw(voice) : new Int16Array(FRAME_BYTES));
    const atByte = Math.round(spokenMs * MULAW_BYTES_PER_MS);
    if (this.#nextNoise) {
      for (let index = 0; index < mixed.length; index++) {
        mixed[index] = (mixed[index] as number) + this.#nextNoise() * this.#noiseGain;
      }
    }
    if (this.#echo) {
      const fromByte = atByte - Math.round(this.#echo.delayMs * MULAW_BYTES_PER_MS);
      const back = decodeMulaw(this.#heard.read(fromByte, FRAME_BYTES));
      for (const [index, sample] of back.entries()) mixed[index] = (mixed[index] as number) + sample * this.#echoGain;
    }
    if (this.#talker) {
      const { samples, startByte } = this.#talker;
      for (let index = 0; index < mixed.length; index++) {
        mixed[index] = (mixed[index] as number) + (samples[atByte + index - startByte] ?? 0);
      }
    }
    return encodeMulaw(Int16Array.from(mixed, clipped));
  }
}

/** Level of a recording of speech, its pauses left out, in dBFS; -Infinity for silence. */
export function speechDbfs(mulaw: Uint8Array): number {
  const samples = decodeMulaw(mulaw);
  const powers: number[] = [];
  for (let start = 0; start < samples.length; start += FRAME_BYTES) {
    const frame = samples.subarray(start, start + FRAME_BYTES);
    powers.push(frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length);
  }
  const loudest = powers.reduce((most, power) => Math.max(most, power), 0);
  const loud = powers.filter((power) => power > 0 && power >= loudest * 10 ** (-PAUSE_BELOW_DB / 10));
  return 10 * Math.log10(loud.reduce((sum, power) => sum + power, 0) / Math.max(1, loud.length) / FULL_SCALE ** 2);
}

function broughtTo(dbfs: number, mulaw: Uint8Array): Float64Array {
  const foundDbfs = speechDbfs(mulaw);
  const factor = Number.isFinite(foundDbfs) ? gain(dbfs - foundDbfs) : 0;
  return Float64Array.from(decodeMulaw(mulaw), (sample) => sample * factor);
}

function gain(db: number): number {
  return 10 ** (db / 20);
}

function clipped(sample: number): number {
  return Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample)));
}
