import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failuresOf } from '../../../src/replay/expect/expectations.js';
import { findFixtures } from '../../../src/replay/fixture/find.js';
import { FIXTURES_DIR, loadFixture } from '../../../src/replay/fixture/fixture.js';
import { startVirtual } from '../../../src/replay/virtual/target.js';
import { changedExpectations } from '../changed-expectations.js';
import { type DigestedReplay, digested } from './digest.js';

const folders = findFixtures([join(FIXTURES_DIR, 'calls')]);
const target = await startVirtual();

afterAll(() => target.close());

describe.each(folders.map((folder) => ({ name: basename(folder), folder })))('$name, in memory', ({ folder }) => {
  const fixture = loadFixture(folder);
  let first: DigestedReplay;

  beforeAll(async () => {
    first = await digested(fixture, target);
  });

  it('goes as expected', () => {
    expect(first.result.failures).toEqual([]);
  });

  it('is the same call twice', async () => {
    const second = await digested(fixture, target);

    expect(second.told).toEqual(first.told);
    expect(second.digest).toBe(first.digest);
  });

  it('fails when any of its expectations is another', () => {
    const { call, record } = first.result;
    const others = changedExpectations(fixture);

    const unnoticed = others.filter(
      ({ field, expected }) =>
        !failuresOf({ ...fixture.call, expect: expected }, call!, record).some((failure) =>
          failure.field.startsWith(field),
        ),
    );

    expect(others.length).toBeGreaterThan(3);
    expect(unnoticed.map(({ field }) => field)).toEqual([]);
  });
});
