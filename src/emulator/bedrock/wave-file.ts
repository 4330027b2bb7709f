import { readFileSync } from 'node:fs';
import wavefile from 'wavefile';
import { BridgeError, messageOf } from '../../errors.js';

/** A recording in memory: mono, 16 bit, host order. */
export interface Recording {
  rateHz: number;
  samples: Int16Array;
}

/** Reads a WAV of any PCM format, mu-law or A-law; the first channel only. Throws `FIXTURE_INVALID` with the file's name. */
export function readRecording(path: string): Recording {
  try {
    const file = new wavefile.WaveFile(readFileSync(path));
    if (file.bitDepth === '8m') file.fromMuLaw();
    if (file.bitDepth === '8a') file.fromALaw();
    const { sampleRate: rateHz, numChannels: channels } = file.fmt as { sampleRate: number; numChannels: number };
    if (file.bitDepth !== '16') file.toBitDepth('16');
    const data = (file as unknown as { data: { samples: Uint8Array } }).data.samples;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const samples = new Int16Array(Math.floor(data.byteLength / (2 * channels)));
    for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(i * 2 * channels, true);
    return { rateHz, samples };
  } catch (error) {
    throw new BridgeError('FIXTURE_INVALID', `cannot read ${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}
