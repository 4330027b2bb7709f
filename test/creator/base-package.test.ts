import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addToZip } from '../../src/creator/deployment/base-package.js';
import { filesOfZip } from '../../src/emulator/agentcore/zip-files.js';
import { zipOf } from '../../src/fixture-maker/zip.js';

const MODIFIED = new Date('2026-01-02T03:04:05Z');

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'base-package-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return join(path, 'base.zip');
}

const textsOf = (zip: Buffer) =>
  Object.fromEntries([...(filesOfZip(zip) ?? [])].map(([name, bytes]) => [name, bytes.toString('utf8')]));

describe('adding files to a zip', () => {
  it('keeps what is in it, byte for byte, and replaces entries of the same names', async () => {
    const path = await folder();
    const base = zipOf(
      new Map([
        ['agent.py', 'old'],
        ['boto3/__init__.py', 'VERSION = 1\n'],
      ]),
      MODIFIED,
    );
    await writeFile(path, base);

    const { names, packedBytes, unpackedBytes } = await addToZip(
      path,
      { 'agent.py': 'new', 'ü.md': 'Grüße' },
      MODIFIED,
    );

    const zip = await readFile(path);
    expect(textsOf(zip)).toEqual({ 'boto3/__init__.py': 'VERSION = 1\n', 'agent.py': 'new', 'ü.md': 'Grüße' });
    expect(zip.subarray(0, 30)).toEqual(base.subarray(0, 30));
    expect([...names]).toEqual(['boto3/__init__.py', 'agent.py', 'ü.md']);
    expect([packedBytes, unpackedBytes]).toEqual([zip.length, 12 + 3 + 7]);
  });

  it('leaves a zip of both, whatever they hold', async () => {
    const path = await folder();
    const files = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?$/), fc.string({ unit: 'grapheme' }), {
      maxKeys: 6,
    });

    await fc.assert(
      fc.asyncProperty(files, files, async (base, added) => {
        await writeFile(path, zipOf(new Map(Object.entries(base)), MODIFIED));
        await addToZip(path, added, MODIFIED);
        expect(textsOf(await readFile(path))).toEqual({ ...base, ...added });
      }),
      { numRuns: 40 },
    );
  });

  it('takes one with a comment', async () => {
    const path = await folder();
    const base = zipOf(new Map([['a.py', '1']]), MODIFIED);
    base.writeUInt16LE(5, base.length - 2);
    await writeFile(path, Buffer.concat([base, Buffer.from('hello')]));

    await addToZip(path, { 'b.py': '2' }, MODIFIED);

    expect(textsOf(await readFile(path))).toEqual({ 'a.py': '1', 'b.py': '2' });
  });

  it.each<[string, (base: Buffer) => Buffer, string]>([
    ['something else', () => Buffer.from('not a zip'), 'it is no zip archive'],
    ['nothing', () => Buffer.alloc(0), 'it is no zip archive'],
    ['one that is cut off', (base) => base.subarray(0, -30), 'it is no zip archive'],
    [
      'one behind a program that unpacks it',
      (base) => Buffer.concat([Buffer.from('#!sh\n'), base]),
      'its directory is not',
    ],
    [
      'one with a broken directory',
      (base) => base.fill(7, base.length - 90, base.length - 86),
      'its directory is broken',
    ],
  ])('refuses %s, and leaves it alone', async (_title, change, why) => {
    const path = await folder();
    const bytes = change(zipOf(new Map([['long-name-of-a-file.py', '1']]), MODIFIED));
    await writeFile(path, bytes);

    await expect(addToZip(path, { 'b.py': '2' }, MODIFIED)).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining(why),
    });
    expect(await readFile(path)).toEqual(bytes);
  });
});
