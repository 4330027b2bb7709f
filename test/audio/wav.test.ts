import { describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { readWav, writeWav } from '../../src/audio/wav.js';
import { tone } from '../../src/bench/reference.js';
import { throughMulaw } from './converting.js';

const LEFT = tone(8000, 440, -6, 800);
const RIGHT = tone(8000, 880, -6, 800);

describe('wav', () => {
  it('reads back what was written', () => {
    expect(readWav(writeWav({ rateHz: 24_000, channels: [LEFT] }))).toEqual({
      rateHz: 24_000,
      channels: 1,
      samples: LEFT,
    });
  });

  it('interleaves channels and fills the shorter one with silence', () => {
    const wav = readWav(writeWav({ rateHz: 8000, channels: [LEFT, RIGHT.subarray(0, 400)] }));

    expect(wav.channels).toBe(2);
    expect(wav.samples.filter((_, i) => i % 2 === 0)).toEqual(LEFT);
    expect(wav.samples.filter((_, i) => i % 2 === 1).subarray(0, 400)).toEqual(RIGHT.subarray(0, 400));
    expect(wav.samples.filter((_, i) => i % 2 === 1).subarray(400)).toEqual(new Int16Array(400));
  });

  it('writes and reads mu-law with one byte per sample', () => {
    const bytes = writeWav({ rateHz: 8000, channels: [LEFT], mulaw: true });

    expect(bytes.length).toBeLessThan(900);
    expect(readWav(bytes)).toEqual({ rateHz: 8000, channels: 1, samples: throughMulaw(LEFT) });
  });

  it.each(['8', '24', '32', '32f', '64'])('reads PCM of width %s as 16 bits', (width) => {
    const source = new wavefile.WaveFile();
    source.fromScratch(1, 8000, '16', LEFT);
    source.toBitDepth(width);
    const { samples } = readWav(source.toBuffer());
    const tolerance = width === '8' ? 260 : 1;

    expect(samples.length).toBe(LEFT.length);
    samples.forEach((sample, i) => {
      expect(Math.abs(sample - LEFT[i]!)).toBeLessThanOrEqual(tolerance);
    });
  });

  it('writes an empty recording', () => {
    expect(readWav(writeWav({ rateHz: 8000, channels: [new Int16Array(0)] })).samples.length).toBe(0);
  });

  it('refuses what is no WAV with a code', () => {
    const notWav = new TextEncoder().encode('this is a text and not a recording of anybody');

    expect(() => readWav(notWav)).toThrow(expect.objectContaining({ code: 'FIXTURE_INVALID' }));
    expect(() => readWav(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'FIXTURE_INVALID' }));
  });
});
