import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../src/emulator/vectors/filter.js';
import { connectToIndex, refusal, vector } from './place.js';

const STORED = { s: 'a', n: 2, b: true, arr: ['x', 'y'], 'loc.page': 7 };
const matches = (filter: unknown) => parseFilter(filter, ['text'])(STORED);

describe('a filter', () => {
  it.each([
    [{ s: 'a' }],
    [{ s: { $eq: 'a' } }],
    [{ arr: 'y' }],
    [{ arr: { $in: ['z', 'x'] } }],
    [{ s: { $ne: 'b' } }],
    [{ arr: { $ne: 'z' } }],
    [{ arr: { $nin: ['z', 1] } }],
    [{ n: { $gt: 1.5, $lte: 2 } }],
    [{ n: { $gte: 2, $lt: 3 } }],
    [{ s: { $in: [1, true, 'a'] } }],
    [{ s: { $exists: true } }],
    [{ other: { $exists: false } }],
    [{ other: { $ne: 'x' } }],
    [{ other: { $nin: ['x'] } }],
    [{ 'loc.page': { $gte: 7 } }],
    [{ $and: [{ s: 'a' }, { n: 2 }] }],
    [{ $or: [{ s: 'b' }, { $and: [{ n: { $lt: 3 } }, { b: true }] }] }],
  ])('lets through what %j says', (filter) => {
    expect(matches(filter)).toBe(true);
  });

  it.each([
    [{ s: 'b' }],
    [{ s: { $ne: 'a' } }],
    [{ arr: { $ne: 'x' } }],
    [{ arr: { $nin: ['x'] } }],
    [{ n: { $gt: 2 } }],
    [{ n: { $gt: 1, $lt: 2 } }],
    [{ n: '2' }],
    [{ b: 'true' }],
    [{ s: { $gt: 0 } }],
    [{ other: 'x' }],
    [{ other: { $exists: true } }],
    [{ other: { $lt: 5 } }],
    [{ toString: { $exists: true } }],
    [{ '': 'x' }],
    [{ $and: [{ s: 'a' }, { n: 3 }] }],
    [{ $or: [{ s: 'b' }, { n: 3 }] }],
  ])('holds back by %j, without an error', (filter) => {
    expect(matches(filter)).toBe(false);
  });

  it.each([
    [{}],
    ['s'],
    [['s']],
    [{ s: 'a', b: true }],
    [{ $and: [{ s: 'a' }], s: 'a' }],
    [{ $and: [{ s: 'a', n: 1 }] }],
    [{ $and: [] }],
    [{ $or: { s: 'a' } }],
    [{ $and: ['x'] }],
    [{ $and: [{}] }],
    [{ $not: { s: 'a' } }],
    [{ s: {} }],
    [{ s: null }],
    [{ s: ['a'] }],
    [{ s: { x: 1 } }],
    [{ s: { $eg: 'a' } }],
    [{ s: { $eq: 'a', x: 1 } }],
    [{ s: { $startsWith: 'a' } }],
    [{ s: { $and: [{ s: 'a' }] } }],
    [{ s: { $eq: ['a'] } }],
    [{ s: { $ne: null } }],
    [{ n: { $gt: '1' } }],
    [{ n: { $lte: true } }],
    [{ s: { $in: [] } }],
    [{ s: { $in: 'a' } }],
    [{ s: { $nin: [null] } }],
    [{ s: { $in: [['a']] } }],
    [{ s: { $exists: 'true' } }],
  ])('is refused without a reason: %j', (filter) => {
    expect(() => matches(filter)).toThrow('Invalid filter');
  });

  it('is refused over the wire with the field that is wrong', async () => {
    const { query, put } = await connectToIndex({ nonFilterableMetadataKeys: ['text'] });
    await put(vector('a', [1, 0, 0], { text: 'words' }));

    await expect(query({ filter: {} })).rejects.toMatchObject({
      ...refusal('ValidationException', 'Invalid filter'),
      fieldList: [{ path: 'filter', message: 'Invalid filter' }],
    });
    await expect(query({ filter: { text: 'words' } })).rejects.toMatchObject(
      refusal('ValidationException', 'Invalid use of non-filterable metadata in filter'),
    );
    await expect(query({ filter: { n: { $gt: Number.NaN } } })).rejects.toMatchObject(
      refusal('ValidationException', 'Invalid filter'),
    );
    expect((await query({ filter: { n: Number.NaN } })).vectors).toEqual([]);
  });
});
