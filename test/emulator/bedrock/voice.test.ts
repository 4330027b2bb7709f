import { describe, expect, it } from 'vitest';
import { loadVoice, sentencesOf } from '../../../src/emulator/bedrock/voice.js';

const voice = loadVoice();

function loudestBetween(samples: Int16Array, rateHz: number, startMs: number, endMs: number): number {
  const part = samples.subarray((startMs * rateHz) / 1000, (endMs * rateHz) / 1000);
  return part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

describe('the voice of clips', () => {
  it('cuts a text into sentences and drops what has no words', () => {
    expect(sentencesOf('Thank you. One moment, please! ... OK?')).toEqual(['Thank you.', 'One moment, please!', 'OK?']);
  });

  it.each([8000, 16_000, 24_000])('times every written word where it sounds at %i Hz', (rateHz) => {
    const [sentence] = voice.speak('Your telephone number is 415.', rateHz);

    expect(sentence?.words.map((word) => word.text)).toEqual(['Your', 'telephone', 'number', 'is', '415.']);
    let endMs = 0;
    for (const word of sentence?.words ?? []) {
      expect(word.startMs).toBeGreaterThanOrEqual(endMs);
      expect(loudestBetween(sentence!.samples, rateHz, word.startMs, word.endMs), word.text).toBeGreaterThan(1000);
      endMs = word.endMs;
    }
    expect(endMs).toBeLessThan((sentence!.samples.length / rateHz) * 1000);
  });

  it('prefers the clip with the most words', () => {
    const whole = voice.speak('Thank you for your patience', 16_000)[0]!;
    const parts = voice.speak('Thank you your', 16_000)[0]!;

    expect(whole.words).toHaveLength(5);
    expect(parts.words).toHaveLength(3);
  });

  it('names the words that it cannot say', () => {
    expect(voice.missingWords('Your order has been shipped.')).toEqual(['order', 'has', 'been', 'shipped.']);
    expect(() => voice.speak('Your order', 8000)).toThrow(expect.objectContaining({ code: 'FIXTURE_INVALID' }));
  });

  it('plays a long recording by its name, with the words shared over it', () => {
    const sentence = voice.play(voice.find('demo-congrats.wav') ?? '', 'one two three', 8000);

    expect(sentence.samples.length / 8000).toBeGreaterThan(30);
    expect(sentence.words).toHaveLength(3);
  });
});
