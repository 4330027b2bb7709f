import { createHash } from 'node:crypto';
import wavefile from 'wavefile';
import { BridgeError, messageOf } from '../../errors.js';
import { decodeMulaw, encodeMulaw } from './mulaw.js';
import { resampleWhole } from './resample.js';

const RATE_HZ = 8000;
const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_MULAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;
const FULL_SCALE: Readonly<Record<string, number>> = {
  '16': 32_768,
  '24': 8_388_608,
  '32': 2_147_483_648,
  '32f': 1,
  '64': 1,
};
/** Rates that a recording of speech may have, Hz, and how many channels. */
const LOWEST_RATE_HZ = 4000;
const HIGHEST_RATE_HZ = 192_000;
const MOST_CHANNELS = 16;
/** Lengths from here on say that nobody knew the length. */
const STREAMED_BYTES = 0x7fff_0000;
/** Recordings of the latest callers, by what is in them: most say the same. */
const MOST_KEPT = 64;
const kept = new Map<string, CallerWav>();

/** A recording as a telephone takes it. */
export interface CallerWav {
  /** Not to be changed: whoever has the same file converted gets the same bytes. */
  readonly mulaw: Uint8Array;
  /** In words, when rate or channels were others or a part is missing; undefined for a whole file of 8 kHz mono. */
  readonly changed: string | undefined;
}

/**
 * A WAV file as the caller's mu-law at 8 kHz mono. Mu-law at 8 kHz passes untouched; any PCM rate and width is converted, channels
 * are mixed. Throws FIXTURE_INVALID for anything else.
 */
export function callerWav(file: Uint8Array, name: string): CallerWav {
  const digest = createHash('sha256').update(file).digest('base64');
  const wav = kept.get(digest) ?? converted(file, name);
  kept.delete(digest);
  kept.set(digest, wav);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
  return wav;
}

function converted(file: Uint8Array, name: string): CallerWav {
  const wav = new wavefile.WaveFile();
  try {
    wav.fromBuffer(file);
  } catch (error) {
    throw refusal(name, `is not a WAV file: ${messageOf(error)}`, error);
  }
  const { audioFormat, numChannels, sampleRate } = wav.fmt as {
    audioFormat: number;
    numChannels: number;
    sampleRate: number;
  };
  if (sampleRate < LOWEST_RATE_HZ || sampleRate > HIGHEST_RATE_HZ) {
    throw refusal(name, `has ${sampleRate} samples a second, which is no recording of speech`);
  }
  if (numChannels < 1 || numChannels > MOST_CHANNELS) throw refusal(name, `has ${numChannels} channels`);
  const isTelephone = numChannels === 1 && sampleRate === RATE_HZ;
  const mulaw =
    audioFormat === FORMAT_MULAW && isTelephone
      ? Uint8Array.from((wav.data as { samples: Uint8Array }).samples)
      : toMulaw(mixed(scaled(wav, audioFormat, name), numChannels), sampleRate);
  if (mulaw.length === 0) throw refusal(name, 'has no sound in it');
  const changes = [...changesOf(sampleRate, numChannels), ...cutOff(wav)];
  return { mulaw, changed: changes.length === 0 ? undefined : changes.join(' and ') };
}

/** Its mu-law only. */
export function readCallerWav(file: Uint8Array, name: string): Uint8Array {
  return callerWav(file, name).mulaw;
}

/** A 16-bit stereo WAV at 8 kHz of two mu-law voices, the shorter one filled with silence. */
export function stereoWav(left: Uint8Array, right: Uint8Array): Uint8Array {
  const sampleCount = Math.max(left.length, right.length);
  const channels = [left, right].map((voice) => {
    const channel = new Int16Array(sampleCount);
    channel.set(decodeMulaw(voice));
    return channel;
  });
  const wav = new wavefile.WaveFile();
  wav.fromScratch(2, RATE_HZ, '16', channels);
  return wav.toBuffer();
}

/** Interleaved samples in -1 to 1. */
function scaled(wav: wavefile.WaveFile, audioFormat: number, name: string): Float64Array {
  if (audioFormat === FORMAT_MULAW) {
    const bytes = Uint8Array.from((wav.data as { samples: Uint8Array }).samples);
    return Float64Array.from(decodeMulaw(bytes), (sample) => sample / 32_768);
  }
  if (audioFormat !== FORMAT_PCM && audioFormat !== FORMAT_FLOAT && audioFormat !== FORMAT_EXTENSIBLE) {
    throw refusal(name, `has WAV format ${audioFormat}, neither PCM nor mu-law`);
  }
  const fullScale = FULL_SCALE[wav.bitDepth];
  if (fullScale === undefined && wav.bitDepth !== '8') {
    throw refusal(name, `has ${wav.bitDepth}-bit samples, which nobody converts`);
  }
  const samples = samplesOf(wav, name);
  return fullScale === undefined
    ? samples.map((sample) => (sample - 128) / 128)
    : samples.map((sample) => sample / fullScale);
}

/** Of a file that was cut off, the library throws only when it is asked for them. */
function samplesOf(wav: wavefile.WaveFile, name: string): Float64Array {
  try {
    return wav.getSamples(true, Float64Array) as unknown as Float64Array;
  } catch (error) {
    throw refusal(name, `has samples that cannot be read: ${messageOf(error)}`, error);
  }
}

function mixed(interleaved: Float64Array, channelCount: number): Float64Array {
  if (channelCount === 1) return interleaved;
  return Float64Array.from({ length: Math.floor(interleaved.length / channelCount) }, (_, frame) => {
    let sum = 0;
    for (let channel = 0; channel < channelCount; channel++)
      sum += interleaved[frame * channelCount + channel] as number;
    return sum / channelCount;
  });
}

function toMulaw(samples: Float64Array, rateHz: number): Uint8Array {
  const resampled = resampleWhole(samples, rateHz, RATE_HZ);
  return encodeMulaw(
    Int16Array.from(resampled, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)))),
  );
}

function changesOf(rateHz: number, channelCount: number): string[] {
  return [
    ...(rateHz === RATE_HZ ? [] : [`was converted from ${rateHz} Hz to ${RATE_HZ} Hz`]),
    ...(channelCount === 1 ? [] : [`was mixed from ${channelCount} channels into one`]),
  ];
}

/** Programs that write as they record announce a length that no file has: that is no cut. */
function cutOff(wav: wavefile.WaveFile): string[] {
  const { chunkSize, samples } = wav.data as { chunkSize: number; samples: Uint8Array };
  if (chunkSize <= samples.length || chunkSize >= STREAMED_BYTES) return [];
  return [`is cut off: only ${samples.length} of its ${chunkSize} bytes are there`];
}

function refusal(name: string, reason: string, cause?: unknown): BridgeError {
  return new BridgeError('FIXTURE_INVALID', `${name} ${reason}`, { name }, { cause });
}
