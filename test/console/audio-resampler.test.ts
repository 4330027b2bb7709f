import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw } from '../../src/audio/mulaw.js';
import { readWav } from '../../src/audio/wav.js';
import { idealResample, ratioDb, rms, seededRandom, segmentalSnrDb, toneAmplitude } from '../../src/bench/reference.js';
import { Resampler } from '../../src/console/audio/resampler.js';
import { Uplink } from '../../src/console/audio/uplink.js';

/** Rates that loudspeakers and microphones have; 44.1 kHz stands in no small ratio to 8. */
const NATIVE_HZ = [44_100, 48_000, 16_000, 96_000, 8000] as const;
/** 3 ms of the filter to each side, and room to settle. */
const SETTLED_MS = 10;

function tone(rateHz: number, hz: number, ms: number): Float32Array {
  return Float32Array.from({ length: (rateHz * ms) / 1000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rateHz));
}

function pushed(fromHz: number, toHz: number, pieces: readonly Float32Array[]): Float32Array {
  const resampler = new Resampler(fromHz, toHz);
  const out: number[] = [];
  for (const piece of pieces) resampler.push(piece, (sample) => out.push(sample));
  return Float32Array.from(out);
}

/** As an AudioWorklet does it: 128 samples at a time, which ask for what they need. */
function pulled(toHz: number, input: Float32Array, block = 128): Float32Array {
  const resampler = new Resampler(8000, toHz);
  const out = new Float32Array(Math.floor((input.length * toHz) / 8000));
  let at = 0;
  for (let from = 0; from < out.length; from += block) {
    resampler.pull(out.subarray(from, from + block), () => input[at++] ?? 0);
  }
  return out;
}

const settled = (samples: Float32Array, rateHz: number) => samples.subarray((rateHz * SETTLED_MS) / 1000);

/** Signal over everything else, by taking the tone out. */
function snrDb(samples: Float32Array, rateHz: number, hz: number): number {
  const amplitude = toneAmplitude(samples, rateHz, hz);
  const total = rms(samples) ** 2;
  const signal = amplitude ** 2 / 2;
  return 10 * Math.log10(signal / Math.max(1e-15, total - signal));
}

describe.each(NATIVE_HZ)('the resampler between %i Hz and the line', (nativeHz) => {
  it('passes a tone of 1 kHz to the line and from it, and adds next to nothing', () => {
    const up = settled(pushed(nativeHz, 8000, [tone(nativeHz, 1000, 200)]), 8000);
    const down = settled(pulled(nativeHz, tone(8000, 1000, 200)), nativeHz);

    expect(snrDb(up, 8000, 1000)).toBeGreaterThan(85);
    expect(snrDb(down, nativeHz, 1000)).toBeGreaterThan(85);
  });

  it('is flat over the telephone band', () => {
    for (const hz of [300, 1000, 2000, 3000, 3400]) {
      const up = settled(pushed(nativeHz, 8000, [tone(nativeHz, hz, 200)]), 8000);
      const down = settled(pulled(nativeHz, tone(8000, hz, 200)), nativeHz);
      expect(Math.abs(ratioDb(toneAmplitude(up, 8000, hz), 0.5)), `${hz} Hz to the line`).toBeLessThan(0.1);
      expect(Math.abs(ratioDb(toneAmplitude(down, nativeHz, hz), 0.5)), `${hz} Hz from it`).toBeLessThan(0.1);
    }
  });

  it('leaves neither aliases nor images', () => {
    for (const hz of [4600, 5000, 7000].filter((each) => each < nativeHz / 2)) {
      const up = settled(pushed(nativeHz, 8000, [tone(nativeHz, hz, 200)]), 8000);
      expect(ratioDb(rms(up) * Math.SQRT2, 0.5), `alias of ${hz} Hz`).toBeLessThan(-80);
    }
    for (const hz of [300, 3400].filter(() => nativeHz > 16_000)) {
      const down = settled(pulled(nativeHz, tone(8000, hz, 200)), nativeHz);
      expect(ratioDb(toneAmplitude(down, nativeHz, 8000 - hz), 0.5), `image of ${hz} Hz`).toBeLessThan(-80);
    }
  });

  it('gives the same samples however the sound is cut', () => {
    const random = seededRandom(nativeHz);
    const noise = Float32Array.from({ length: 2000 }, () => random() * 2 - 1);
    const whole = pushed(nativeHz, 8000, [noise]);
    const wholeDown = pulled(nativeHz, noise.subarray(0, 400), 1_000_000);

    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }), (lengths) => {
        expect(isSame(pushed(nativeHz, 8000, cut(noise, lengths)), whole)).toBe(true);
        expect(isSame(pulled(nativeHz, noise.subarray(0, 400), lengths[0]), wholeDown)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the way to the line', () => {
  it('makes frames of 20 ms, each of them once, however the sound comes', () => {
    const random = seededRandom(7);
    const noise = Float32Array.from({ length: 44_100 }, () => random() - 0.5);
    const framesOf = (lengths: readonly number[]) => {
      const frames: Uint8Array[] = [];
      const uplink = new Uplink(44_100, (frame) => frames.push(frame));
      for (const piece of cut(noise, lengths)) uplink.hear(piece);
      return frames;
    };

    const frames = framesOf([128]);

    expect(frames.map(({ length }) => length)).toEqual(new Array(50).fill(160));
    expect(framesOf([1, 4096, 17])).toEqual(frames);
  });

  it('sends silence while it is muted, and the voice again after it', () => {
    const frames: Uint8Array[] = [];
    const uplink = new Uplink(8000, (frame) => frames.push(frame));
    uplink.isMuted = true;
    uplink.hear(tone(8000, 440, 40));
    uplink.isMuted = false;
    uplink.hear(tone(8000, 440, 20));

    expect(frames.slice(0, 2).every((frame) => frame.every((code) => code === 0xff))).toBe(true);
    expect(frames[2]!.some((code) => code !== 0xff)).toBe(true);
  });

  it('brings a voice to the line as an ideal telephone would', () => {
    const file = new URL('../../fixtures/speech/goforward.wav', import.meta.url);
    const { samples } = readWav(readFileSync(file));
    const at48k = Float32Array.from(idealResample(samples, 16_000, 48_000), (sample) => sample / 32_768);
    // The filter is 24 samples of 8 kHz late, but for half a sample of its own rate.
    const ideal = Int16Array.from(idealResample(samples, 16_000, 8000, (144 - 0.5) / 48), Math.round);
    const codes = new Uint8Array(ideal.length);
    encodeMulaw(ideal, codes);
    const telephone = new Int16Array(ideal.length);
    decodeMulaw(codes, telephone);

    const heard: number[] = [];
    const uplink = new Uplink(48_000, (frame) => {
      const pcm = new Int16Array(frame.length);
      decodeMulaw(frame, pcm);
      heard.push(...pcm);
    });
    uplink.hear(at48k);

    expect(segmentalSnrDb(telephone, heard, 8000)).toBeGreaterThan(30);
  });
});

function isSame(found: Float32Array, expected: Float32Array): boolean {
  return Buffer.from(found.buffer).equals(Buffer.from(expected.buffer));
}

function cut(samples: Float32Array, lengths: readonly number[]): Float32Array[] {
  const pieces: Float32Array[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const length = lengths[i % lengths.length]!;
    pieces.push(samples.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
