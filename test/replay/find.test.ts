import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFixtures } from '../../src/replay/fixture/find.js';

const names = (folders: readonly string[]) => folders.map((folder) => basename(folder));

describe('finding recorded calls', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'calls-'));
    for (const name of ['a-one', 'a-two', 'deeper/b-three', 'no-call'])
      mkdirSync(join(root, name), { recursive: true });
    for (const name of ['a-one', 'a-two', 'deeper/b-three']) writeFileSync(join(root, name, 'call.yaml'), '');
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('takes a folder, a folder of folders and a pattern', () => {
    expect(names(findFixtures([join(root, 'a-one')]))).toEqual(['a-one']);
    expect(names(findFixtures([root]))).toEqual(['a-one', 'a-two', 'b-three']);
    expect(names(findFixtures([join(root, 'a-*')]))).toEqual(['a-one', 'a-two']);
    expect(names(findFixtures([join(root, 'd??per', '*')]))).toEqual(['b-three']);
  });

  it('passes over other files that a shell pattern names beside the folders', () => {
    writeFileSync(join(root, 'README.md'), '');

    expect(names(findFixtures([join(root, 'README.md'), join(root, 'a-one')]))).toEqual(['a-one']);
    expect(() => findFixtures([join(root, 'README.md')])).toThrow('no recorded call');
  });

  it('takes each call once', () => {
    expect(names(findFixtures([root, join(root, 'a-one')]))).toHaveLength(3);
  });

  it.each(['no-call', 'nowhere', 'x-*'])('refuses %s, where there is none', (name) => {
    expect(() => findFixtures([join(root, name)])).toThrow(
      expect.objectContaining({ code: 'FIXTURE_INVALID', message: expect.stringContaining(name) }),
    );
  });
});
