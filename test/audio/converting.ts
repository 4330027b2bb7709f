import { readdirSync, readFileSync } from 'node:fs';
import type { ByteConverter } from '../../src/audio/byte-converter.js';
import { decodeMulaw, encodeMulaw } from '../../src/audio/mulaw.js';
import { toInt16 } from '../../src/audio/pcm.js';
import { Upsampler8to16 } from '../../src/audio/upsampler.js';
import { readWav } from '../../src/audio/wav.js';
import { concat, idealResample } from '../../src/bench/reference.js';

/** Pieces of the given lengths, over and over, until the whole is used up. */
export function cut<T extends Int16Array | Uint8Array>(whole: T, lengths: readonly number[]): T[] {
  const pieces: T[] = [];
  for (let at = 0, i = 0; at < whole.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length]!);
    pieces.push(whole.subarray(at, at + length) as T);
    at += length;
  }
  return pieces;
}

/** What comes out of a byte converter for these pushes, without or with its tail. */
export function convert(converter: ByteConverter, pieces: readonly Uint8Array[], tail: 'tail' | 'no tail'): Int16Array {
  const out: Int16Array[] = [];
  for (const piece of pieces) converter.push(piece, (samples) => out.push(samples.slice()));
  if (tail === 'tail') converter.flush((samples) => out.push(samples.slice()));
  return concat(out);
}

/** What comes out of the upsampler for these pushes, without or with its tail. */
export function upsample(pieces: readonly Int16Array[], tail: 'tail' | 'no tail' = 'no tail'): Int16Array {
  const upsampler = new Upsampler8to16();
  const out: Int16Array[] = [];
  for (const piece of pieces) upsampler.push(piece, (samples) => out.push(samples.slice()));
  if (tail === 'tail') upsampler.flush((samples) => out.push(samples.slice()));
  return concat(out);
}

/** The samples after a telephone line. */
export function throughMulaw(samples: Int16Array): Int16Array {
  const codes = new Uint8Array(samples.length);
  const decoded = new Int16Array(samples.length);
  encodeMulaw(samples, codes);
  decodeMulaw(codes, decoded);
  return decoded;
}

const SPEECH = new URL('../../fixtures/speech/', import.meta.url);

/** Human speech at 16 kHz. */
export function readSpeech(name: string): Int16Array {
  return readWav(readFileSync(new URL(name, SPEECH))).samples;
}

export const SPEECH_NAMES = readdirSync(SPEECH).filter((name) => name.endsWith('.wav'));

/** Human speech at another rate, ideally converted. */
export function readSpeechAt(name: string, rateHz: number): Int16Array {
  return Int16Array.from(idealResample(readSpeech(name), 16_000, rateHz), toInt16);
}

/** Equal to the last bit; much faster than a matcher, which looks at every element. */
export function isSame(found: Int16Array, expected: Int16Array): boolean {
  const bytesOf = (samples: Int16Array) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return bytesOf(found).equals(bytesOf(expected));
}

/** Tones over the telephone band, in Hz. */
export const PASS_BAND_HZ = [300, 313, 509, 1019, 1511, 2003, 2503, 3011, 3203, 3391, 3400];
