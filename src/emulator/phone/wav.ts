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

/**
 * A WAV file as the caller's mu-law at 8 kHz mono. Mu-law at 8 kHz passes untouched; any PCM rate and width is converted, channels
 * are mixed. Throws FIXTURE_INVALID for anything else.
 */
export function readCallerWav(file: Uint8Array, name: string): Uint8Array {
  const wav = new wavefile.WaveFile();
  try {
    wav.fromBuffer(file);
  } catch (error) {
    throw new BridgeError(
      'FIXTURE_INVALID',
      `${name} is not a WAV file: ${messageOf(error)}`,
      { name },
      { cause: error },
    );
  }
  const { audioFormat, numChannels, sampleRate } = wav.fmt as {
    audioFormat: number;
    numChannels: number;
    sampleRate: number;
  };
  if (audioFormat === FORMAT_MULAW) {
    const bytes = Uint8Array.from((wav.data as { samples: Uint8Array }).samples);
    if (numChannels === 1 && sampleRate === RATE_HZ) return bytes;
    return toMulaw(
      mixed(
        Float64Array.from(decodeMulaw(bytes), (sample) => sample / 32_768),
        numChannels,
      ),
      sampleRate,
    );
  }
  if (audioFormat !== FORMAT_PCM && audioFormat !== FORMAT_FLOAT && audioFormat !== FORMAT_EXTENSIBLE) {
    throw new BridgeError('FIXTURE_INVALID', `${name} has WAV format ${audioFormat}, neither PCM nor mu-law`, {
      name,
      audioFormat,
    });
  }
  return toMulaw(mixed(scaled(wav, name), numChannels), sampleRate);
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
function scaled(wav: wavefile.WaveFile, name: string): Float64Array {
  const samples = wav.getSamples(true, Float64Array) as unknown as Float64Array;
  if (wav.bitDepth === '8') return samples.map((sample) => (sample - 128) / 128);
  const fullScale = FULL_SCALE[wav.bitDepth];
  if (fullScale === undefined) {
    throw new BridgeError('FIXTURE_INVALID', `${name} has ${wav.bitDepth}-bit samples, which nobody converts`, {
      name,
    });
  }
  return samples.map((sample) => sample / fullScale);
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
