import wavefile from 'wavefile';
import { BridgeError, messageOf } from '../errors.js';

/** A WAV file in memory. With more than one channel the samples are interleaved. */
export type Wav = { readonly rateHz: number; readonly channels: number; readonly samples: Int16Array };

/** Reads a WAV of any PCM width, floats, mu-law, A-law or IMA ADPCM as 16-bit samples. Throws `FIXTURE_INVALID`. */
export function readWav(bytes: Uint8Array): Wav {
  try {
    const wav = new wavefile.WaveFile(bytes);
    if (wav.bitDepth === '8m') wav.fromMuLaw();
    else if (wav.bitDepth === '8a') wav.fromALaw();
    else if (wav.bitDepth === '4') wav.fromIMAADPCM();
    else if (wav.bitDepth !== '16') wav.toBitDepth('16');
    const { sampleRate, numChannels } = wav.fmt as { sampleRate: number; numChannels: number };
    const samples: unknown = wav.getSamples(true, Int16Array);
    if (!(samples instanceof Int16Array)) throw new TypeError('no samples');
    return { rateHz: sampleRate, channels: numChannels, samples };
  } catch (cause) {
    throw new BridgeError('FIXTURE_INVALID', `not a readable WAV: ${messageOf(cause)}`, {}, { cause });
  }
}

/**
 * Writes 16-bit PCM, or 8-bit mu-law with `mulaw`, as a WAV.
 * Channels of different length are filled up with silence at their ends.
 */
export function writeWav(audio: { rateHz: number; channels: readonly Int16Array[]; mulaw?: boolean }): Uint8Array {
  const frameCount = Math.max(0, ...audio.channels.map((channel) => channel.length));
  const channelCount = audio.channels.length;
  const interleaved = new Int16Array(frameCount * channelCount);
  audio.channels.forEach((channel, index) => {
    for (let i = 0; i < channel.length; i++) interleaved[i * channelCount + index] = channel[i]!;
  });
  const wav = new wavefile.WaveFile();
  wav.fromScratch(channelCount, audio.rateHz, '16', interleaved);
  if (audio.mulaw) wav.toMuLaw();
  return wav.toBuffer();
}
