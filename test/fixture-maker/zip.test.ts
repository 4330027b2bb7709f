import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../src/fixture-maker/zip.js';
import { unzip } from '../../src/replay/recorded/unzip.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';

const MODIFIED = new Date('2026-11-27T10:20:30Z');
const READ_ZIP = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
print(json.dumps({
  "broken": archive.testzip(),
  "files": [[each.filename, list(each.date_time), archive.read(each).hex()] for each in archive.infolist()],
}))
`;

describe('a ZIP archive', () => {
  it('gives back every file by its name', () => {
    const content = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 2000 }));
    const files = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, unit: 'grapheme' }), content), {
      selector: ([name]) => name,
      maxLength: 8,
    });
    fc.assert(
      fc.property(files, (list) => {
        const bytes = list.map(([name, each]): [string, Buffer] => [name, Buffer.from(each)]);

        expect(unzip(zipOf(new Map(list), MODIFIED))).toEqual(new Map(bytes));
      }),
    );
  });

  it('is read by another program, with names of any letters, empty files and its time', async () => {
    const folder = await temporaryDataDir();
    try {
      const files: [string, string | Uint8Array][] = [
        ['CA1/call.yaml', 'a: 1\n'.repeat(100)],
        ['CA1/größe.txt', 'ä'],
        ['CA1/empty', ''],
        ['CA1/caller-1.wav', Uint8Array.of(0, 255, 1)],
      ];
      const path = join(folder.path, 'a.zip');
      await writeFile(path, zipOf(new Map(files), MODIFIED));

      const read = JSON.parse(execFileSync('python3', ['-c', READ_ZIP, path], { encoding: 'utf8' }));

      expect(read).toEqual({
        broken: null,
        files: files.map(([name, each]) => [name, [2026, 11, 27, 10, 20, 30], Buffer.from(each).toString('hex')]),
      });
    } finally {
      await folder.remove();
    }
  });

  it('that is none, or was cut, is refused', () => {
    const archive = zipOf(new Map([['a', 'b']]), MODIFIED);

    for (const bytes of [Buffer.alloc(0), Buffer.from('<html>'.repeat(10)), archive.subarray(0, archive.length - 1)]) {
      expect(() => unzip(bytes)).toThrow('no ZIP archive');
    }
  });
});
