import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Downsampler24to8 } from '../../src/audio/downsampler.js';
import {
  chirp,
  idealResample,
  measureDelayMs,
  ratioDb,
  rms,
  seededRandom,
  segmentalSnrDb,
  sinadDb,
  tone,
  toneAmplitude,
  toS16le,
} from '../../src/bench/reference.js';
import { logMelDistanceDb } from '../../src/bench/spectrum.js';
import { convert, cut, isSame, PASS_BAND_HZ, readSpeechAt, SPEECH_NAMES, throughMulaw } from './converting.js';

const DELAY_MS = 57.5 / 24;
const SETTLED = 400;
/** 100 ms of loud noise: every sample of the output depends on many of the input. */
const random = seededRandom(24);
const NOISE = Int16Array.from({ length: 2400 }, () => random() * 65_535 - 32_768);

function down(samples: Int16Array, tail: 'tail' | 'no tail' = 'no tail'): Int16Array {
  return convert(new Downsampler24to8(), [toS16le(samples)], tail);
}

describe('downsampler from 24 to 8 kHz', () => {
  it('passes 300 to 3400 Hz within 0.1 dB', () => {
    for (const hz of PASS_BAND_HZ) {
      const out = down(tone(24_000, hz, -6, 24_000)).subarray(SETTLED);
      const gainDb = ratioDb(toneAmplitude(out, 8000, hz), 32_767 * 10 ** (-6 / 20));
      expect(Math.abs(gainDb), `${hz} Hz`).toBeLessThan(0.01);
    }
  });

  it('keeps what lies above 4.6 kHz from coming back as an alias', () => {
    for (const hz of [4600, 4651, 4703, 4801, 4909, 5003, 6007, 7001, 7993, 9001, 11_503]) {
      const input = tone(24_000, hz, -1, 24_000);
      expect(ratioDb(rms(down(input).subarray(SETTLED)), rms(input)), `${hz} Hz`).toBeLessThan(-90);
    }
  });

  it('adds no more noise than 16 bits do, so that mu-law alone sets the quality', () => {
    const out = down(tone(24_000, 1019, -10, 48_000)).subarray(SETTLED);

    expect(sinadDb(out, 8000, 1019)).toBeGreaterThan(85);
    expect(sinadDb(throughMulaw(out), 8000, 1019)).toBeGreaterThan(37);
  });

  it('gives the same samples for any split of the bytes, in the middle of a sample too', () => {
    const bytes = toS16le(NOISE);
    const whole = down(NOISE, 'tail');

    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2500 }), { minLength: 1, maxLength: 12 }), (lengths) => {
        expect(isSame(convert(new Downsampler24to8(), cut(bytes, lengths), 'tail'), whole)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(isSame(convert(new Downsampler24to8(), cut(bytes, [1]), 'tail'), whole)).toBe(true);
    expect(isSame(convert(new Downsampler24to8(), cut(bytes, [0, 961]), 'tail'), whole)).toBe(true);
  });

  it('gives one sample for three at every moment, without drift', () => {
    const converter = new Downsampler24to8();
    let bytesIn = 0;
    let samplesOut = 0;
    for (const piece of cut(new Uint8Array(480_000), [960, 1, 2, 3, 4097, 5, 962, 7])) {
      converter.push(piece, (samples) => {
        samplesOut += samples.length;
      });
      bytesIn += piece.length;
      expect(samplesOut).toBe(Math.floor(Math.floor(bytesIn / 2) / 3));
    }
  });

  it('turns each 20 ms into a whole telephone frame at once', () => {
    const converter = new Downsampler24to8();
    const lengths: number[] = [];
    for (let i = 0; i < 3; i++) converter.push(new Uint8Array(960), (samples) => lengths.push(samples.length));
    converter.push(new Uint8Array(3840), (samples) => lengths.push(samples.length));

    expect(lengths).toEqual([160, 160, 160, 160, 160, 160, 160]);
  });

  it('delays by less than 2.5 ms', () => {
    const lagMs = measureDelayMs(chirp(24_000), 24_000, down(chirp(24_000)), 8000);

    expect(lagMs).toBeCloseTo(DELAY_MS, 3);
    // Up to two samples wait for the third.
    expect(lagMs + 2 / 24).toBeLessThan(2.5);
  });

  it('hands out the last samples on flush and then starts afresh', () => {
    const click = new Int16Array(481);
    click[480] = 20_000;
    const converter = new Downsampler24to8();
    const first = convert(converter, [toS16le(click)], 'tail');
    const second = convert(converter, [toS16le(click)], 'tail');

    expect(first.length).toBe(161 + 19);
    // The click stands where it was, 160 samples in, behind the converter's delay of 19.2.
    expect(first.indexOf(Math.max(...first))).toBe(179);
    expect(second).toEqual(first);
  });

  it('flushes nothing when nothing came', () => {
    const converter = new Downsampler24to8();

    expect(convert(converter, [], 'tail').length).toBe(0);
    expect(convert(converter, [Uint8Array.of(7)], 'tail').length).toBe(0);
  });

  it('forgets everything on reset, half a sample too', () => {
    const converter = new Downsampler24to8();
    convert(converter, [toS16le(NOISE), Uint8Array.of(0x55)], 'no tail');
    converter.reset();

    expect(convert(converter, [toS16le(NOISE)], 'tail')).toEqual(down(NOISE, 'tail'));
  });

  it('clamps overshoot at full scale instead of wrapping it', () => {
    const square = Int16Array.from({ length: 4800 }, (_, i) => (Math.floor(i / 30) % 2 === 0 ? 32_767 : -32_768));
    const out = down(square).subarray(SETTLED);
    const ideal = idealResample(square, 24_000, 8000, DELAY_MS).subarray(SETTLED);

    expect(Math.max(...ideal)).toBeGreaterThan(33_000);
    expect(Math.max(...out)).toBe(32_767);
    expect(Math.min(...out)).toBe(-32_768);
    // A wrapped sample would be off by the whole range.
    out.forEach((sample, i) => {
      expect(Math.abs(sample - ideal[i]!)).toBeLessThan(12_000);
    });
  });

  it('keeps silence silent', () => {
    expect(down(new Int16Array(2400), 'tail').every((sample) => sample === 0)).toBe(true);
  });

  it.each(SPEECH_NAMES)('renders %s as an ideal resampler does', (name) => {
    const speech = readSpeechAt(name, 24_000);
    const ideal = idealResample(speech, 24_000, 8000, DELAY_MS);
    const inFrames = convert(new Downsampler24to8(), cut(toS16le(speech), [960]), 'no tail');
    const irregular = convert(new Downsampler24to8(), cut(toS16le(speech), [1, 3998, 17, 960, 2111]), 'no tail');

    expect(segmentalSnrDb(ideal, inFrames, 8000)).toBeGreaterThan(30);
    expect(logMelDistanceDb(ideal, inFrames, 8000)).toBeLessThan(0.1);
    expect(isSame(irregular, inFrames)).toBe(true);
  });
});
