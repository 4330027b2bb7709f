import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw } from '../../../src/emulator/phone/mulaw.js';
import { type Sounds, Surroundings, speechDbfs } from '../../../src/emulator/phone/surroundings.js';
import { Track } from '../../../src/emulator/phone/track.js';
import { readCallerWav } from '../../../src/emulator/phone/wav.js';

const FRAME_MS = 20;
const KINDS = ['white', 'pink', 'babble'] as const;
const SPEECH = readCallerWav(
  readFileSync(new URL('../../../fixtures/speech/librivox-0870.wav', import.meta.url)),
  'librivox-0870.wav',
);

/** What a silent caller's telephone picks up in so many ms. */
function picked(sounds: Sounds, forMs: number, { seed = 7, heard = new Track() } = {}): Int16Array {
  const surroundings = new Surroundings(sounds, seed, heard);
  const mulaw = new Uint8Array(forMs * 8);
  for (let atMs = 0; atMs < forMs; atMs += FRAME_MS) mulaw.set(surroundings.frame(undefined, atMs)!, atMs * 8);
  return decodeMulaw(mulaw);
}

function dbfs(samples: Int16Array): number {
  return 10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length / 32_768 ** 2);
}

function tone(forMs: number, hz = 440, height = 8000): Int16Array {
  return Int16Array.from({ length: forMs * 8 }, (_, index) =>
    Math.round(height * Math.sin((2 * Math.PI * hz * index) / 8000)),
  );
}

/** How much more power the octave from 1 to 2 kHz has than the one below it, in dB: 3 in white noise, none in pink. */
function octaveStepDb(samples: Int16Array): number {
  const block = 160;
  const powerAt = (hz: number) => {
    let power = 0;
    for (let start = 0; start + block <= samples.length; start += block) {
      let [inPhase, acrossPhase] = [0, 0];
      for (let index = 0; index < block; index++) {
        const angle = (2 * Math.PI * hz * index) / 8000;
        inPhase += samples[start + index]! * Math.cos(angle);
        acrossPhase += samples[start + index]! * Math.sin(angle);
      }
      power += inPhase ** 2 + acrossPhase ** 2;
    }
    return power;
  };
  const octave = (fromHz: number) => {
    let power = 0;
    for (let hz = fromHz; hz < 2 * fromHz; hz += 50) power += powerAt(hz);
    return power;
  };
  return 10 * Math.log10(octave(1000) / octave(500));
}

describe('a quiet line', () => {
  it('leaves the voice as it is', () => {
    const voice = SPEECH.subarray(0, 160);
    const surroundings = new Surroundings({}, 7, new Track());

    expect(surroundings.frame(voice, 0)).toBe(voice);
    expect(surroundings.frame(undefined, 20)).toBeUndefined();
  });
});

describe('noise', () => {
  it.each(KINDS)('of kind %s has its level within 1 dB, whatever the seed', (kind) => {
    fc.assert(
      fc.property(fc.integer({ min: -55, max: -15 }), fc.nat(10_000), (level, seed) => {
        const found = dbfs(picked({ noise: { kind, dbfs: level } }, 2000, { seed }));
        return Math.abs(found - level) < 1;
      }),
      { numRuns: 10 },
    );
  });

  it('is the same for the same seed', () => {
    const noise = { kind: 'babble', dbfs: -30 } as const;

    expect(picked({ noise }, 500)).toEqual(picked({ noise }, 500));
    expect(picked({ noise }, 500)).not.toEqual(picked({ noise }, 500, { seed: 8 }));
  });

  it('has the same in every octave when it is pink, and at every frequency when it is white', () => {
    expect(octaveStepDb(picked({ noise: { kind: 'white', dbfs: -20 } }, 2000))).toBeCloseTo(3, 0);
    expect(octaveStepDb(picked({ noise: { kind: 'pink', dbfs: -20 } }, 2000))).toBeCloseTo(0, 0);
  });

  it('is added to the voice', () => {
    const voice = encodeMulaw(tone(20));
    const surroundings = new Surroundings({ noise: { kind: 'white', dbfs: -50 } }, 7, new Track());

    const mixed = decodeMulaw(surroundings.frame(voice, 0)!);

    expect(dbfs(mixed)).toBeCloseTo(dbfs(decodeMulaw(voice)), 0);
    expect(mixed).not.toEqual(decodeMulaw(voice));
  });

  it('clips and does not wrap around where everything is loud', () => {
    const voice = encodeMulaw(new Int16Array(160).fill(32_000));
    const surroundings = new Surroundings({ noise: { kind: 'white', dbfs: -6 } }, 7, new Track());

    const mixed = decodeMulaw(surroundings.frame(voice, 0)!);

    expect(mixed.filter((sample) => sample === 32_124).length).toBeGreaterThan(50);
    expect(mixed.reduce((sum, sample) => sum + sample, 0) / mixed.length).toBeGreaterThan(15_000);
  });
});

describe('an echo', () => {
  it('comes back later and softer, as told', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 400 }), fc.integer({ min: -30, max: -6 }), (delayMs, db) => {
        const heard = new Track();
        heard.write(1000 * 8, encodeMulaw(tone(300)));

        const back = picked({ echo: { db, delayMs } }, 2000, { heard });

        const first = back.findIndex((sample) => Math.abs(sample) > 50) / 8;
        const level = dbfs(back.subarray((1000 + delayMs) * 8, (1300 + delayMs) * 8));
        return Math.abs(first - 1000 - delayMs) < 1 && Math.abs(level - dbfs(tone(300)) - db) < 1;
      }),
      { numRuns: 20 },
    );
  });

  it('is of what was heard, not of what was cleared', () => {
    const heard = new Track();
    heard.write(0, encodeMulaw(tone(1000)));
    heard.cut(200 * 8);

    const back = picked({ echo: { db: -10, delayMs: 100 } }, 1000, { heard });

    expect(dbfs(back.subarray(100 * 8, 300 * 8))).toBeGreaterThan(-40);
    expect(back.subarray(300 * 8).every((sample) => sample === 0)).toBe(true);
  });
});

describe('another talker', () => {
  it('is as loud as told where they speak, from the time on that was told', () => {
    const talker = { mulaw: SPEECH, dbfs: -34, atMs: 500 };

    const samples = picked({ talker }, 500 + Math.ceil(SPEECH.length / 160) * 20);

    expect(samples.subarray(0, 500 * 8).every((sample) => sample === 0)).toBe(true);
    expect(speechDbfs(encodeMulaw(samples))).toBeGreaterThan(-35);
    expect(speechDbfs(encodeMulaw(samples))).toBeLessThan(-33);
  });

  it('may be silent', () => {
    const samples = picked({ talker: { mulaw: new Uint8Array(800).fill(0xff), dbfs: -20, atMs: 0 } }, 200);

    expect(samples.every((sample) => sample === 0)).toBe(true);
  });
});
