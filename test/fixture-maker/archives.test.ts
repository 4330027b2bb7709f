import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOX_FORMAT } from '../../src/blackbox/box.js';
import { BoxEncoder } from '../../src/blackbox/encoder.js';
import { FakeClock } from '../../src/clock.js';
import { type FixtureArchives, fixtureArchives } from '../../src/fixture-maker/archives.js';
import { type TemporaryDataDir, temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { tapedCall } from '../blackbox/kept.js';

const ASKED = { stream: 1, redact: [] };

let folder: TemporaryDataDir;
let clock: FakeClock;
let archives: FixtureArchives;

beforeEach(async () => {
  folder = await temporaryDataDir();
  clock = new FakeClock();
  archives = fixtureArchives({
    folderOf: async (callSid) => (callSid.includes('/') ? undefined : join(folder.path, callSid)),
    clock,
  });
});
afterEach(async () => {
  await archives.close();
  await folder.remove();
});

/** The box of a call that was answered and hung up. */
async function keep(callSid: string): Promise<void> {
  const { mayDial: _mayDial, ...made } = tapedCall(callSid);
  const encoder = new BoxEncoder();
  encoder.head({ ...made, format: BOX_FORMAT, dialable: [], versions: { bridge: '1', node: 'v20' } });
  encoder.tick({ atMs: Date.UTC(2026, 10, 27, 10), input: { kind: 'started' }, outputs: [], isBlanked: false });
  encoder.end('caller-hung-up');
  await mkdir(join(folder.path, callSid), { recursive: true });
  await writeFile(join(folder.path, callSid, 'call.box'), encoder.takeRecord()!);
}

describe('archives of fixtures', () => {
  it('are made of the boxes of a call, in their order when several are asked for at once', async () => {
    await keep('CA1');
    await keep('CA2');

    const zips = await Promise.all([archives.zipOf('CA1', ASKED), archives.zipOf('CA2', ASKED)]);

    expect(
      zips.map(
        (zip) =>
          Buffer.from(zip)
            .toString('latin1')
            .match(/CA\d\/call\.yaml/)?.[0],
      ),
    ).toEqual(['CA1/call.yaml', 'CA2/call.yaml']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are refused with what is wrong: no box, no such stream, a broken one', async () => {
    await keep('CA1');
    await mkdir(join(folder.path, 'CAbroken'));
    await writeFile(join(folder.path, 'CAbroken', 'call.box'), 'rubbish');
    const refused = (callSid: string, stream = 1) =>
      archives.zipOf(callSid, { stream, redact: [] }).catch((error: { code: string; message: string }) => error);

    expect(await refused('../CA1')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refused('CAnone')).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('CAnone') });
    expect(await refused('CA1', 2)).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('stream 2') });
    expect(await refused('CAbroken')).toMatchObject({ code: 'FIXTURE_INVALID' });
  });

  it('are given up when one takes too long, and the next one is made', async () => {
    await keep('CA1');

    const late = archives.zipOf('CA1', ASKED);
    const next = archives.zipOf('CA1', ASKED);
    while (clock.pendingTimers === 0) await Promise.resolve();
    clock.advance(60_000);

    await expect(late).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    expect((await next).byteLength).toBeGreaterThan(500);
  });

  it('are refused when too many wait, and given up at the end of the process', async () => {
    await keep('CA1');
    const asked = Array.from({ length: 8 }, () => archives.zipOf('CA1', ASKED));
    const answers = Promise.allSettled(asked);
    await Promise.allSettled(asked.slice(6));

    await archives.close();

    expect((await answers).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'));
    await expect(archives.zipOf('CA1', ASKED)).rejects.toMatchObject({ code: 'NO_CAPACITY' });
  });
});
