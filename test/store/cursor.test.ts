import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { countPosition, cursorOf, pageOf, positionOf } from '../../src/store/cursor.js';

const pair = z.tuple([z.string(), z.int()]);

describe('a cursor', () => {
  it('gives back the position it was made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.maxSafeInteger(), (text, count) => {
        fc.pre(!text.includes('\0'));
        const cursor = cursorOf([text, count]);

        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(positionOf(cursor, pair)).toEqual([text, count]);
      }),
    );
  });

  it('is REQUEST_INVALID when it is none of ours, whatever it says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json().map(cursorOf), fc.json()), (cursor) => {
        expect(() => positionOf(cursor, pair)).toThrow(
          expect.objectContaining({ code: 'REQUEST_INVALID', details: { field: 'cursor' } }),
        );
      }),
    );
  });

  it.each([0, -1, 1.5, 2 ** 60, '1', null])('does not count from %j', (position) => {
    expect(() => positionOf(cursorOf(position), countPosition)).toThrow('cursor');
  });

  it('that is not there is no position', () => {
    expect(positionOf(undefined, pair)).toBeUndefined();
  });
});

describe('a page', () => {
  it('names the position of its last row when there are more', () => {
    const page = pageOf(
      [1, 2, 3],
      2,
      (row) => row * 10,
      (row) => row,
    );

    expect(page.items).toEqual([10, 20]);
    expect(positionOf(page.nextCursor!, countPosition)).toBe(2);
    expect(pageOf([1, 2], 2, String, Number).nextCursor).toBeNull();
    expect(pageOf([], 2, String, Number)).toEqual({ items: [], nextCursor: null });
  });
});
