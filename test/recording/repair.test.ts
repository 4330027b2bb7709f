import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { joinInto, repairRecording } from '../../src/recording/repair.js';
import { writeHeader } from '../../src/recording/wave-header.js';
import { levelsOf, sound, temporaryDirectory } from './places.js';

let path = '';
beforeEach(async () => {
  path = join(await temporaryDirectory(), 'recording.wav');
});

/** A whole recording: what sounds from which pair on. */
function recordingOf(parts: readonly [atPair: number, pairCount: number, level: number][]): Buffer {
  const pairCount = Math.max(0, ...parts.map(([at, count]) => at + count));
  const bytes = Buffer.alloc(44 + pairCount * 4);
  writeHeader(bytes, pairCount * 4);
  for (const [at, count, level] of parts) bytes.set(sound(count, level), 44 + at * 4);
  return bytes;
}

/** In pieces of the given lengths, over and over. */
function streamed(bytes: Buffer, pieceBytes: readonly number[]): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = pieceBytes[index % pieceBytes.length]!;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return Readable.from(pieces, { objectMode: false });
}

describe('the repair of a recording', () => {
  it('keeps every whole pair of any torn file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await writeFile(path, bytes);
        const pairCount = Math.floor((bytes.length - 44) / 4);

        const byteLength = await repairRecording(path);

        expect(byteLength).toBe(pairCount > 0 ? 44 + pairCount * 4 : undefined);
        if (byteLength === undefined) return;
        const repaired = await readFile(path);
        expect(repaired).toHaveLength(byteLength);
        expect(repaired.subarray(44)).toEqual(Buffer.from(bytes.subarray(44, byteLength)));
        expect([repaired.readUInt32LE(4), repaired.readUInt32LE(40)]).toEqual([byteLength - 8, byteLength - 44]);
      }),
    );
  });
});

describe('joining recordings', () => {
  const parts = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 9 })), {
    maxLength: 3,
  });
  const pieces = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 });

  it('fills the silence of one with the sound of the other, however that arrives, and once more changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(parts, parts, pieces, async (ownParts, otherParts, pieceBytes) => {
        const [own, other] = [recordingOf(ownParts), recordingOf(otherParts)];
        const [ownLevels, otherLevels] = [levelsOf(own), levelsOf(other)];
        const length = Math.max(ownLevels.length, otherLevels.length);
        const expected = Array.from({ length }, (_, index) => ownLevels[index] || otherLevels[index] || 0);
        await writeFile(path, own);

        for (let times = 0; times < 2; times++) {
          await joinInto(path, streamed(other, pieceBytes));
          expect(levelsOf(await readFile(path))).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of several into one file at the same time loses nothing of any', async () => {
    await writeFile(path, recordingOf([[0, 500, 1]]));
    const others = [2, 3, 4, 5].map((level) => recordingOf([[level * 30_000, 20_000, level]]));

    await Promise.all(others.map((other) => joinInto(path, streamed(other, [3001]))));

    const levels = levelsOf(await readFile(path));
    expect(levels).toHaveLength(170_000);
    for (const level of [2, 3, 4, 5]) {
      expect(levels.slice(level * 30_000, level * 30_000 + 20_000).every((each) => each === level)).toBe(true);
    }
  });

  it('fails when one cannot be read to its end, and can be done again', async () => {
    const other = recordingOf([[600, 500, 2]]);
    await writeFile(path, recordingOf([[0, 500, 1]]));
    const cut = new Readable({ read: () => undefined });
    cut.push(other.subarray(0, 3000));

    const joined = joinInto(path, cut);
    cut.destroy(new Error('cut'));
    await expect(joined).rejects.toThrow('cut');
    await expect(joinInto(path, createReadStream(`${path}.none`))).rejects.toMatchObject({ code: 'ENOENT' });
    await joinInto(path, streamed(other, [1000]));

    expect(levelsOf(await readFile(path)).lastIndexOf(2)).toBe(1099);
  });
});
