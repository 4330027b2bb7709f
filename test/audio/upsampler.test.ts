import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Upsampler8to16 } from '../../src/audio/upsampler.js';
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
} from '../../src/bench/reference.js';
import { bandRms, logMelDistanceDb } from '../../src/bench/spectrum.js';
import { cut, isSame, PASS_BAND_HZ, readSpeechAt, SPEECH_NAMES, throughMulaw, upsample } from './converting.js';

const DELAY_MS = 23.5 / 8;
const SETTLED = 400;
const random = seededRandom(8);
const NOISE = Int16Array.from({ length: 1000 }, () => random() * 65_535 - 32_768);

describe('upsampler from 8 to 16 kHz', () => {
  it('passes 300 to 3400 Hz within 0.1 dB', () => {
    for (const hz of PASS_BAND_HZ) {
      const out = upsample([tone(8000, hz, -6, 8000)]).subarray(SETTLED);
      const gainDb = ratioDb(toneAmplitude(out, 16_000, hz), 32_767 * 10 ** (-6 / 20));
      expect(Math.abs(gainDb), `${hz} Hz`).toBeLessThan(0.01);
    }
  });

  it('leaves no image of the telephone band above 4 kHz', () => {
    for (const hz of PASS_BAND_HZ) {
      const out = upsample([tone(8000, hz, -1, 8400)]).subarray(SETTLED);
      expect(ratioDb(bandRms(out, 16_000, 4050, 8000), rms(out)), `${hz} Hz`).toBeLessThan(-90);
    }
  });

  it('adds no more noise than 16 bits do, so that mu-law alone sets the quality', () => {
    const clean = tone(8000, 1019, -10, 16_000);

    expect(sinadDb(upsample([clean]).subarray(SETTLED), 16_000, 1019)).toBeGreaterThan(85);
    expect(sinadDb(upsample([throughMulaw(clean)]).subarray(SETTLED), 16_000, 1019)).toBeGreaterThan(37);
  });

  it('gives the same samples for any split of the input', () => {
    const whole = upsample([NOISE], 'tail');

    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 }), (lengths) => {
        expect(isSame(upsample(cut(NOISE, lengths), 'tail'), whole)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(isSame(upsample(cut(NOISE, [1]), 'tail'), whole)).toBe(true);
  });

  it('gives exactly two samples for one at every push, in views of at most 20 ms of input', () => {
    const upsampler = new Upsampler8to16();
    for (const length of [160, 1, 0, 159, 161, 320, 1000]) {
      const views: number[] = [];
      upsampler.push(new Int16Array(length), (samples) => views.push(samples.length));
      expect(views.reduce((sum, count) => sum + count, 0)).toBe(2 * length);
      expect(views.every((count) => count > 0 && count <= 320)).toBe(true);
    }
  });

  it('delays by less than 3 ms', () => {
    const lagMs = measureDelayMs(chirp(8000), 8000, upsample([chirp(8000)]), 16_000);

    expect(lagMs).toBeCloseTo(DELAY_MS, 3);
    expect(lagMs).toBeLessThan(3);
  });

  it('repeats the input itself in every second sample', () => {
    const out = upsample([NOISE]);

    for (let i = 0; i < NOISE.length - 23; i++) expect(out[2 * (i + 23) + 1]).toBe(NOISE[i]);
  });

  it('hands out the last samples on flush and then starts afresh', () => {
    const upsampler = new Upsampler8to16();
    const views: number[][] = [];
    for (let i = 0; i < 2; i++) {
      const all: number[] = [];
      upsampler.push(Int16Array.of(0, 0, 12_345), (samples) => all.push(...samples));
      upsampler.flush((samples) => all.push(...samples));
      views.push(all);
    }

    expect(views[0]!.length).toBe(2 * (3 + 24));
    expect(views[0]).toContain(12_345);
    expect(views[1]).toEqual(views[0]);
  });

  it('flushes nothing when nothing came', () => {
    expect(upsample([new Int16Array(0)], 'tail').length).toBe(0);
  });

  it('forgets everything on reset', () => {
    const upsampler = new Upsampler8to16();
    upsampler.push(NOISE, () => {});
    upsampler.reset();
    const after: number[] = [];
    upsampler.push(new Int16Array(160), (samples) => after.push(...samples));

    expect(after).toEqual(new Array(320).fill(0));
  });

  it('clamps overshoot at full scale instead of wrapping it', () => {
    const square = Int16Array.from({ length: 1600 }, (_, i) => (Math.floor(i / 10) % 2 === 0 ? 32_767 : -32_768));
    const out = upsample([square]).subarray(SETTLED);
    const ideal = idealResample(square, 8000, 16_000, DELAY_MS).subarray(SETTLED);

    expect(Math.max(...ideal)).toBeGreaterThan(33_000);
    expect(Math.max(...out)).toBe(32_767);
    expect(Math.min(...out)).toBe(-32_768);
    out.forEach((sample, i) => {
      expect(Math.abs(sample - ideal[i]!)).toBeLessThan(12_000);
    });
  });

  it.each(SPEECH_NAMES)('renders %s as an ideal resampler does', (name) => {
    const speech = throughMulaw(readSpeechAt(name, 8000));
    const ideal = idealResample(speech, 8000, 16_000, DELAY_MS);
    const inFrames = upsample(cut(speech, [160]));
    const irregular = upsample(cut(speech, [1, 1999, 17, 160, 333]));

    expect(segmentalSnrDb(ideal, inFrames, 16_000)).toBeGreaterThan(30);
    expect(logMelDistanceDb(ideal, inFrames, 16_000)).toBeLessThan(0.1);
    expect(isSame(irregular, inFrames)).toBe(true);
  });
});
