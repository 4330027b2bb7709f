import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S16leReader } from '../../src/audio/passthrough.js';
import { seededRandom, sinadDb, tone, toS16le } from '../../src/bench/reference.js';
import { convert, cut, isSame, throughMulaw } from './converting.js';

const random = seededRandom(16);
const NOISE = Int16Array.from({ length: 1000 }, () => random() * 65_535 - 32_768);

describe('native 8 kHz reader', () => {
  it('gives back every sample for any split of the bytes, in the middle of a sample too', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 }), (lengths) => {
        expect(isSame(convert(new S16leReader(), cut(toS16le(NOISE), lengths), 'tail'), NOISE)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(isSame(convert(new S16leReader(), cut(toS16le(NOISE), [1]), 'tail'), NOISE)).toBe(true);
  });

  it('hands out views of at most 20 ms', () => {
    const lengths: number[] = [];
    new S16leReader().push(toS16le(NOISE), (samples) => lengths.push(samples.length));

    expect(lengths).toEqual([160, 160, 160, 160, 160, 160, 40]);
  });

  it('drops half a sample on flush and on reset', () => {
    const reader = new S16leReader();
    convert(reader, [Uint8Array.of(0x55)], 'tail');
    expect(convert(reader, [Uint8Array.of(0x01, 0x80)], 'no tail')).toEqual(Int16Array.of(-32_767));

    convert(reader, [Uint8Array.of(0x55)], 'no tail');
    reader.reset();
    expect(convert(reader, [Uint8Array.of(0xff, 0x7f)], 'no tail')).toEqual(Int16Array.of(32_767));
  });

  it('leaves the quality to mu-law', () => {
    const out = convert(new S16leReader(), [toS16le(tone(8000, 1019, -10, 16_000))], 'tail');

    expect(sinadDb(throughMulaw(out), 8000, 1019)).toBeGreaterThan(37);
  });
});
