import { describe, expect, it } from 'vitest';
import { decodeMulaw } from '../../src/audio/mulaw.js';
import { UtteranceDetector } from '../../src/emulator/bedrock/vad.js';
import { readCallerWav } from '../../src/emulator/phone/wav.js';
import { lengthened, mulawWav, placesIn, tone, utteranceIn, withTones } from '../../src/fixture-maker/sound.js';
import { voiceIn } from '../../src/replay/expect/measures.js';

/** A line of voice and silence, in ms each in turn; the voice as loud as the code says. */
function lineOf(parts: readonly { ms: number; voice?: boolean }[], code = 0x10): Uint8Array {
  return Buffer.concat(
    parts.map(({ ms, voice }) =>
      Uint8Array.from({ length: ms * 8 }, (_, i) => (voice ? (i % 16 < 8 ? code : code | 0x80) : 0xff)),
    ),
  );
}

function samplesOf(mulaw: Uint8Array): Int16Array {
  const samples = new Int16Array(mulaw.length);
  decodeMulaw(mulaw, samples);
  return samples;
}

/** As how many utterances the local model hears a sound. */
function utteranceCount(samples: Int16Array): number {
  const detector = new UtteranceDetector(8000, 800);
  const ended = detector.push(samples).filter(({ kind }) => kind === 'speechEnded').length;
  return ended + (detector.flush() ? 1 : 0);
}

describe('an utterance cut out of the line', () => {
  it('has a little silence around it, and begins where it lay', () => {
    const line = lineOf([{ ms: 2000 }, { ms: 1000, voice: true }, { ms: 2000 }]);

    const { mulaw, startMs, changes } = utteranceIn(line, { startMs: 2000, endMs: 3000 }, 0);

    expect(startMs).toBe(1800);
    expect(voiceIn(mulaw, 0, mulaw.length / 8)).toEqual({ startMs: 200, endMs: 1200 });
    expect(changes).toEqual([]);
  });

  it('has its pauses shortened, so that the local model hears one', () => {
    const line = lineOf([{ ms: 1000, voice: true }, { ms: 1500 }, { ms: 1000, voice: true }, { ms: 500 }]);

    const { mulaw, changes } = utteranceIn(line, { startMs: 0, endMs: 3500 }, 0);

    expect(utteranceCount(samplesOf(line))).toBe(2);
    expect(utteranceCount(samplesOf(mulaw))).toBe(1);
    expect(changes).toEqual(['pauses were shortened to 500 ms']);
  });

  it('leaves out what sounded long before', () => {
    const line = lineOf([{ ms: 300, voice: true }, { ms: 4000 }, { ms: 1000, voice: true }, { ms: 500 }]);

    const { mulaw, startMs, changes } = utteranceIn(line, { startMs: 0, endMs: 5300 }, 0);

    expect(startMs).toBe(4100);
    expect(voiceIn(mulaw, 0, mulaw.length / 8)).toEqual({ startMs: 200, endMs: 1200 });
    expect(changes).toEqual(['sound long before the words was left out']);
  });

  it('is made louder when the local model would not hear it', () => {
    const line = lineOf([{ ms: 1000, voice: true }, { ms: 500 }], 0x68);

    const { mulaw, changes } = utteranceIn(line, { startMs: 0, endMs: 1000 }, 0);

    expect(utteranceCount(samplesOf(line))).toBe(0);
    expect(utteranceCount(samplesOf(mulaw))).toBe(1);
    expect(changes).toEqual(['made louder']);
  });
});

describe('a place in the words', () => {
  it('is found in the sound by its voice: pauses hold no words', () => {
    const placeOf = placesIn(lineOf([{ ms: 1000, voice: true }, { ms: 3000 }, { ms: 1000, voice: true }]));

    expect([0, 0.25, 0.75, 1].map(placeOf)).toEqual([0, 500, 4500, 5000]);
  });

  it('is its share of a sound without voice', () => {
    expect(placesIn(lineOf([{ ms: 1000 }]))(0.5)).toBe(500);
  });
});

describe('sound that stands for other sound', () => {
  it('is a tone where something was, and nothing else is changed', () => {
    const voice = lineOf([{ ms: 1000, voice: true }]);

    const redacted = withTones(voice, [{ startMs: 250, endMs: 500 }]);

    expect(redacted.subarray(0, 2000)).toEqual(Uint8Array.from(voice.subarray(0, 2000)));
    expect(redacted.subarray(4000)).toEqual(Uint8Array.from(voice.subarray(4000)));
    expect(redacted.subarray(2000, 4000)).toEqual(tone(250));
  });

  it('counts as voice to the local model', () => {
    expect(utteranceCount(samplesOf(tone(600)))).toBe(1);
  });

  it('goes on as long as it must', () => {
    const line = lineOf([{ ms: 700, voice: true }]);

    expect(lengthened(line, 2000).length / 8).toBeGreaterThanOrEqual(2000);
    expect(lengthened(line, 500)).toEqual(line);
  });

  it('is written as it is, to a whole number of words', () => {
    const voice = Uint8Array.from({ length: 800 }, (_, i) => i % 256);

    expect(readCallerWav(mulawWav(voice), 'a.wav')).toEqual(voice);
    expect(readCallerWav(mulawWav(voice.subarray(0, 799)), 'a.wav')).toEqual(
      Uint8Array.of(...voice.subarray(0, 799), 0xff),
    );
  });
});
