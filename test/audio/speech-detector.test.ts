import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpeechDetector } from '../../src/audio/speech-detector.js';
import { concat, seededRandom, tone } from '../../src/bench/reference.js';
import { cut, readSpeechAt, throughMulaw } from './converting.js';

/** White noise of an rms level in dBFS. */
function noise(levelDbfs: number, durationMs: number, seed = 1): Int16Array {
  const random = seededRandom(seed);
  const peak = 32_768 * 10 ** (levelDbfs / 20) * Math.sqrt(3);
  return Int16Array.from({ length: durationMs * 8 }, () => Math.round((2 * random() - 1) * peak));
}

function silence(durationMs: number): Int16Array {
  return new Int16Array(durationMs * 8);
}

type Heard = { detector: SpeechDetector; noticedMs: number | undefined; firstStartMs: number | undefined };

/** Plays a telephone line to a detector, frame by frame; when it first said "speaking", and where that began. */
function listen(samples: Int16Array): Heard {
  const heard: Heard = { detector: new SpeechDetector(), noticedMs: undefined, firstStartMs: undefined };
  cut(throughMulaw(samples), [160]).forEach((frame, index) => {
    heard.detector.push(frame);
    if (!heard.detector.speaking || heard.noticedMs !== undefined) return;
    heard.noticedMs = (index + 1) * 20;
    heard.firstStartMs = heard.detector.lastSpeechStartMs;
  });
  return heard;
}

/** Where speech begins and ends, read off the level in the telephone band, in ms. */
const CLIPS = [
  { name: 'goforward.wav', startMs: 500, endMs: 2140 },
  { name: 'librivox-0870.wav', startMs: 245, endMs: 6740 },
  { name: 'librivox-0880.wav', startMs: 270, endMs: 2740 },
  { name: 'librivox-0890.wav', startMs: 280, endMs: 5050 },
  { name: 'numbers.wav', startMs: 490, endMs: 3240 },
  { name: 'something.wav', startMs: 460, endMs: 2100 },
];

describe('speech detector', () => {
  it.each(CLIPS)('finds beginning and end of the speech in $name', ({ name, startMs, endMs }) => {
    const { detector, noticedMs, firstStartMs } = listen(readSpeechAt(name, 8000));

    expect(Math.abs(firstStartMs! - startMs)).toBeLessThanOrEqual(60);
    expect(noticedMs! - startMs).toBeLessThanOrEqual(80);
    expect(Math.abs(detector.lastSpeechEndMs! - endMs)).toBeLessThanOrEqual(60);
    expect(detector.speechMs).toBeGreaterThan(0.6 * (endMs - startMs));
  });

  it.each(CLIPS)('stops 200 ms after the speech in $name', ({ name }) => {
    const { detector, noticedMs } = listen(concat([readSpeechAt(name, 8000), noise(-60, 300)]));

    expect(noticedMs).toBeDefined();
    expect(detector.speaking).toBe(false);
  });

  it.each([
    ['digital silence', silence(5000)],
    ['idle noise of one mu-law step', noise(-72, 5000)],
    ['comfort noise', noise(-55, 5000)],
    [
      'comfort noise switched on after silence',
      concat([silence(2000), noise(-55, 3000), silence(500), noise(-55, 1000)]),
    ],
    ['a noisy line', noise(-40, 5000)],
    ['mains hum', tone(8000, 50, -20, 40_000)],
  ])('is not triggered by %s', (_, samples) => {
    const { detector, noticedMs } = listen(samples);

    expect(noticedMs).toBeUndefined();
    expect(detector.speechMs).toBe(0);
    expect(detector.lastSpeechStartMs).toBeUndefined();
    expect(detector.lastSpeechEndMs).toBeUndefined();
  });

  it.each([
    ['one sample', 1],
    ['5 ms', 40],
    ['10 ms', 80],
  ])('is not triggered by a click of %s', (_, sampleCount) => {
    for (let offset = 0; offset < 80; offset += 13) {
      const line = noise(-60, 2000);
      line.fill(30_000, 8000 + offset, 8000 + offset + sampleCount);
      expect(listen(line).noticedMs).toBeUndefined();
    }
  });

  it('is not prolonged by a click after the speech', () => {
    const line = concat([noise(-60, 500), tone(8000, 500, -20, 4000), noise(-60, 1000)]);
    line[8000 + 800] = 30_000;
    const { detector } = listen(line);

    expect(detector.lastSpeechEndMs).toBeLessThanOrEqual(1020);
  });

  it('takes a loud noise that stays for speech only until it has stayed three seconds', () => {
    const { detector, noticedMs } = listen(concat([noise(-60, 1000), noise(-40, 5000)]));

    expect(noticedMs).toBeDefined();
    expect(detector.speaking).toBe(false);
  });

  it('hears speech over a noisy line', () => {
    const speech = readSpeechAt('numbers.wav', 8000);
    const line = noise(-42, speech.length / 8);
    const { detector, firstStartMs } = listen(speech.map((sample, i) => sample + line[i]!));

    expect(Math.abs(firstStartMs! - 490)).toBeLessThanOrEqual(60);
    expect(detector.speechMs).toBeGreaterThan(1500);
  });

  it('hears speech that begins with the first sample', () => {
    const speech = readSpeechAt('something.wav', 8000).subarray(500 * 8);

    expect(listen(speech).firstStartMs).toBeLessThanOrEqual(60);
  });

  it('judges the same however the audio is cut', () => {
    const speech = throughMulaw(readSpeechAt('goforward.wav', 8000));
    const whole = new SpeechDetector();
    whole.push(speech);

    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 8 }), (lengths) => {
        const detector = new SpeechDetector();
        for (const piece of cut(speech, lengths)) detector.push(piece);
        expect(detector.speechMs).toBe(whole.speechMs);
        expect(detector.lastSpeechStartMs).toBe(whole.lastSpeechStartMs);
        expect(detector.lastSpeechEndMs).toBe(whole.lastSpeechEndMs);
      }),
      { numRuns: 15 },
    );
  });
});
