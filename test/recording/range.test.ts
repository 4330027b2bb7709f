import { describe, expect, it } from 'vitest';
import { parseRange, partOf } from '../../src/recording/range.js';

describe('a Range header', () => {
  it.each([
    ['bytes=0-', { firstByte: 0 }],
    ['bytes=5-9', { firstByte: 5, lastByte: 9 }],
    [' bytes=5-5 ', { firstByte: 5, lastByte: 5 }],
    ['bytes=-7', { lastBytes: 7 }],
    [undefined, undefined],
    ['', undefined],
    ['bytes=9-5', undefined],
    ['bytes=-', undefined],
    ['bytes=1-2,4-5', undefined],
    ['bytes=a-b', undefined],
    ['lines=1-2', undefined],
    ['bytes=99999999999999999-', undefined],
  ])('%j asks for %j', (header, range) => {
    expect(parseRange(header)).toEqual(range);
  });

  it.each([
    [{ firstByte: 0 }, 0, 99],
    [{ firstByte: 99 }, 99, 99],
    [{ firstByte: 10, lastByte: 500 }, 10, 99],
    [{ lastBytes: 1 }, 99, 99],
    [{ lastBytes: 500 }, 0, 99],
  ])('%j is a part of 100 bytes', (range, firstByte, lastByte) => {
    expect(partOf(range, 100)).toEqual({ firstByte, lastByte });
  });

  it.each([{ firstByte: 100 }, { lastBytes: 0 }])('%j lies beyond 100 bytes', (range) => {
    expect(() => partOf(range, 100)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', details: { byteLength: 100 } }),
    );
  });
});
