import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { QUIET_MS } from '../../src/recording/spooled-store.js';
import type { RecordingStore } from '../../src/recording/store.js';
import { builtProcess } from '../built-process.js';
import { bytesOf, CALL, levelsOf, PLACES, type Place, recorded, runsOf, settled, sound, until } from './places.js';

/** What is found, and where it comes in the end. */
async function recover({ clock }: Place, store: RecordingStore) {
  const found = await settled(clock, store.recover());
  const kept = found.map(async (each) => ({ callSid: each.callSid, hasAudio: each.hasAudio, kept: await each.kept }));
  return settled(clock, Promise.all(kept));
}

/** A file that a process which is no more has left. */
async function leave({ dataDir }: Place, name: string, bytes: Uint8Array): Promise<string> {
  const spool = join(dataDir, 'recordings/spool');
  await mkdir(spool, { recursive: true });
  await writeFile(join(spool, name), bytes);
  return join(spool, name);
}

const torn = (header: Uint8Array, ...audio: Uint8Array[]) => Buffer.concat([header, ...audio]);
const NO_HEADER = Buffer.alloc(44);

describe.each(PLACES)('a recording %s that a crash has torn', (_where, place) => {
  it('is kept with everything that was in its file when the process was killed', async () => {
    const site = await place();
    const child = spawn(process.execPath, [builtProcess('test/recording/writer.ts'), site.dataDir, CALL], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const written: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      written.push(Number(line));
      if (written.length === 30) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const store = await site.open();

    const found = await recover(site, store);

    expect(child.signalCode).toBe('SIGKILL');
    expect(found).toMatchObject([{ callSid: CALL, hasAudio: true }]);
    const bytes = (await site.kept(CALL))!;
    expect(bytes).toHaveLength(found[0]!.kept!.byteLength);
    expect(runsOf(bytes).slice(0, written.length)).toEqual(written.map((level) => [level, 5600]));
    expect(await site.spool()).toEqual([]);
  });

  it.each([
    ['a header that was never written', torn(NO_HEADER, sound(100, 1)), [[1, 100]]],
    ['half a pair at its end', torn(NO_HEADER, sound(100, 1), Buffer.alloc(3, 9)), [[1, 100]]],
    ['a header of another length', torn(Buffer.alloc(44, 255), sound(100, 1)), [[1, 100]]],
  ])('is whole again: %s', async (_what, bytes, runs) => {
    const site = await place();
    await leave(site, `${CALL}~a.wav`, bytes);
    const store = await site.open();

    expect(await recover(site, store)).toEqual([{ callSid: CALL, hasAudio: true, kept: { byteLength: 444 } }]);

    expect(runsOf((await site.kept(CALL))!)).toEqual(runs);
    expect(await site.spool()).toEqual([]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half a header', Buffer.alloc(20)],
    ['a header alone', NO_HEADER],
    ['less than a pair', Buffer.alloc(47)],
  ])('is not kept when there is %s in it', async (_what, bytes) => {
    const site = await place();
    await leave(site, `${CALL}~a.wav`, bytes);
    const store = await site.open();

    expect(await recover(site, store)).toEqual([{ callSid: CALL, hasAudio: false, kept: undefined }]);

    expect(await site.kept(CALL)).toBeUndefined();
    expect(await site.spool()).toEqual([]);
  });

  it('is joined with what was kept before, and with its other pieces', async () => {
    const site = await place();
    const earlier = await site.open();
    await (await recorded(earlier, 0, 100, 1)).close();
    await earlier.close();
    await leave(site, `${CALL}~a.wav`, torn(NO_HEADER, sound(200, 0), sound(100, 2)));
    await leave(site, `${CALL}~b.wav`, torn(NO_HEADER, sound(400, 0), sound(100, 3)));
    const store = await site.open();

    const found = await recover(site, store);

    expect(found.map(({ kept }) => kept?.byteLength).sort()).toContain(44 + 500 * 4);
    expect(runsOf((await site.kept(CALL))!)).toEqual([
      [1, 100],
      [0, 100],
      [2, 100],
      [0, 100],
      [3, 100],
    ]);
  });

  it('is read from its file while its place is away', async () => {
    const site = await place();
    await leave(site, `${CALL}~a.wav`, torn(NO_HEADER, sound(100, 1)));
    const store = await site.open();
    await site.goAway();

    const [found] = await settled(site.clock, store.recover());

    await until(() => site.clock.pendingTimers === 1);
    const opened = await store.open(CALL);
    expect(opened).toMatchObject({ isFinal: false });
    expect(levelsOf(await bytesOf(opened))).toHaveLength(100);
    await store.close();
    expect(await found?.kept).toBeUndefined();
  });

  it('is left alone while another process writes to it', async () => {
    const site = await place();
    const path = await leave(site, `${CALL}~a.wav`, torn(NO_HEADER, sound(100, 1)));
    const store = await site.open();
    const recovering = store.recover();
    await until(() => site.clock.pendingTimers === 1);

    await appendFile(path, sound(100, 2));
    site.clock.advance(QUIET_MS);

    expect(await recovering).toEqual([]);
    expect(await site.spool()).toEqual([`${CALL}~a.wav`]);
  });

  it('keeps away neither the others nor the start when it cannot be read', async () => {
    const site = await place();
    await mkdir(join(site.dataDir, 'recordings/spool', `${CALL}~a.wav`), { recursive: true });
    await leave(site, `CA2~b.wav`, torn(NO_HEADER, sound(100, 1)));
    const store = await site.open();

    expect(await recover(site, store)).toMatchObject([{ callSid: 'CA2', kept: { byteLength: 444 } }]);

    expect(site.logged).toEqual(['a recording is not recovered']);
  });

  it('is none when the file has another name', async () => {
    const site = await place();
    await leave(site, 'notes.txt', sound(100, 1));
    await leave(site, 'a b~c.wav', sound(100, 1));
    await leave(site, '.removed', sound(100, 1));
    const store = await site.open();

    expect(await store.recover()).toEqual([]);
    expect((await site.spool()).sort()).toEqual(['.removed', 'a b~c.wav', 'notes.txt']);
  });

  it('waits for the next start when the process ends before it is sure', async () => {
    const site = await place();
    await leave(site, `${CALL}~a.wav`, torn(NO_HEADER, sound(100, 1)));
    const store = await site.open();
    const recovering = store.recover();
    await until(() => site.clock.pendingTimers === 1);

    await store.close();

    expect(await recovering).toEqual([]);
    expect(await store.recover()).toEqual([]);
    expect(await site.spool()).toHaveLength(1);
    expect(site.clock.pendingTimers).toBe(0);
  });

  it('does not take recordings of its own process for lost ones', async () => {
    const site = await place();
    const store = await site.open();
    const sink = await recorded(store, 0, 400, 5);

    expect(await store.recover()).toEqual([]);

    expect(await sink.close()).toEqual({ byteLength: 1644 });
  });
});
