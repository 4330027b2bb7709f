import { describe, expect, it } from 'vitest';
import { whyUnspoken } from '../../src/creator/voice-languages.js';
import { voicesOf } from '../../src/directory/model-generation.js';

describe('the language of a procedure', () => {
  it.each(['en', 'en-US', 'de', 'de-AT', 'fr', 'it', 'es-MX'])(
    'is spoken by a voice of every generation when it is %s',
    (tag) => {
      expect([whyUnspoken(tag, voicesOf(1)), whyUnspoken(tag, voicesOf(2))]).toEqual([undefined, undefined]);
    },
  );

  it.each(['pt-BR', 'hi'])('is spoken by the newer voices only when it is %s', (tag) => {
    expect(whyUnspoken(tag, voicesOf(2))).toBeUndefined();
    expect(whyUnspoken(tag, voicesOf(1))).toContain(
      'there are voices for English, French, German, Italian, and Spanish.',
    );
  });

  it.each([
    ['ja', 'Japanese (ja)'],
    ['zh-Hant-TW', 'Chinese (zh)'],
    ['NL_nl', 'Dutch (nl)'],
  ])('is named where no voice speaks it: %s', (tag, words) => {
    expect(whyUnspoken(tag, voicesOf(2))).toContain(`The procedure is written in ${words}, and no voice speaks it`);
  });

  it.each(['', 'und', 'english', 'the language', '??'])('is not judged when "%s" names none', (tag) => {
    expect(whyUnspoken(tag, voicesOf(2))).toBeUndefined();
  });

  it.each([...new Set([...voicesOf(1), ...voicesOf(2)])])('is known of the voice %s', (voice) => {
    expect(whyUnspoken('ja', [voice])).toMatch(/there are voices for [A-Z]/);
  });
});
