import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordingRecord } from '../../src/call/record.js';
import { createLog } from '../../src/log.js';
import { createRecordings } from '../../src/recording/recordings.js';
import { BUCKET, CALL, onS3, settled, sound, until } from './places.js';

const OTHER = `CA${'1'.repeat(32)}`;
const frame = new Uint8Array(160).fill(0x10);

async function place() {
  const site = await onS3();
  const facts: [callSid: string, recording: RecordingRecord][] = [];
  const lines: string[] = [];
  const begin = async () => {
    const store = await site.open();
    const recordings = createRecordings({
      store,
      clock: site.clock,
      log: createLog('warn', { write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg) }),
      changed: (callSid, recording) => facts.push([callSid, recording]),
    });
    return { store, recordings };
  };
  /** A call of so many seconds. */
  const call = async (
    { recordings }: Awaited<ReturnType<typeof begin>>,
    seconds: number,
    callSid = CALL,
    startMs = 0,
  ) => {
    const recorder = recordings.start(callSid, { startMs });
    for (let atMs = 0; atMs < seconds * 1000; atMs += 20) {
      recorder.caller(frame, atMs, site.clock.now());
      site.clock.advance(20);
      if (atMs % 700 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return recorder;
  };
  const states = (callSid = CALL) => facts.filter(([each]) => each === callSid).map(([, { state }]) => state);
  return { ...site, facts, lines, begin, call, states };
}

describe('the recordings of calls', () => {
  it('tell that they have begun, and that they are where they are kept', async () => {
    const { begin, call, facts } = await place();
    const bridge = await begin();

    const recorder = await call(bridge, 2);
    recorder.close();
    await recorder.ended;

    expect(facts).toEqual([
      [CALL, expect.objectContaining({ state: 'recording', durationMs: 0, url: `/api/calls/${CALL}/audio.wav` })],
      [
        CALL,
        { state: 'ready', channels: 2, rateHz: 8000, durationMs: 2000, byteLength: 64_044, url: expect.any(String) },
      ],
    ]);
  });

  it('of an interrupted call are ready once, with all pieces', async () => {
    const { begin, call, facts, states } = await place();
    const bridge = await begin();
    const first = await call(bridge, 1);
    const second = await call(bridge, 1, CALL, 3000);
    second.close();
    await Promise.all([first.ended, second.ended]);

    expect(states()).toEqual(['recording', 'recording', 'ready']);
    expect(facts.at(-1)?.[1]).toMatchObject({ durationMs: 4000, byteLength: 44 + 4000 * 32 });
  });

  it('fail by themselves when the name of a call is none', async () => {
    const { begin, call, states, lines } = await place();
    const bridge = await begin();

    const recorder = await call(bridge, 2, '../CA');
    recorder.close();

    expect(await recorder.ended).toBeUndefined();
    expect(states('../CA')).toEqual(['recording', 'failed']);
    expect(lines).toEqual(['the recording was given up']);
  });

  it('are removed, and counted', async () => {
    const { begin, call, s3 } = await place();
    const bridge = await begin();
    for (const callSid of [CALL, OTHER]) {
      const recorder = await call(bridge, 1, callSid);
      recorder.close();
      await recorder.ended;
    }
    const live = await call(bridge, 1, 'CA-live');

    expect(await bridge.recordings.remove([CALL, 'CA-none', '../x', 'CA-live', OTHER])).toBe(3);

    expect(s3.objects(BUCKET).size).toBe(0);
    live.close();
    expect(await live.ended).toBeUndefined();
    expect(await bridge.recordings.remove([CALL, 'CA-live'])).toBe(0);
    expect(await bridge.recordings.remove([])).toBe(0);
  });

  it('that cannot be removed yet are counted as well, and not one after the other', async () => {
    const { begin, call, s3, goAway, clock, spool } = await place();
    const bridge = await begin();
    const recorder = await call(bridge, 1);
    recorder.close();
    await recorder.ended;
    const back = await goAway();

    expect(await bridge.recordings.remove([CALL, OTHER])).toBe(2);

    expect(await bridge.recordings.open(CALL)).toBeUndefined();
    expect((await spool()).sort()).toEqual([`${CALL}.removed`, `${OTHER}.removed`]);
    await until(() => clock.pendingTimers === 2);
    await back();
    clock.advance(1000);
    await until(async () => (await spool()).length === 0);
    expect(s3.objects(BUCKET).size).toBe(0);
  });

  it('that a crash has torn are ready when they are kept, with all pieces', async () => {
    const { begin, dataDir, facts, clock, s3 } = await place();
    const { recordings } = await begin();
    for (const [name, pairCount] of [
      ['a', 800],
      ['b', 1600],
      ['c', 0],
    ] as const) {
      const bytes = Buffer.concat([Buffer.alloc(44), sound(pairCount, 1)]);
      await writeFile(join(dataDir, 'recordings/spool', `${CALL}~${name}.wav`), bytes);
    }

    expect(await settled(clock, recordings.recover())).toEqual([CALL]);

    await until(() => facts.length > 0);
    expect(facts).toEqual([[CALL, expect.objectContaining({ state: 'ready', durationMs: 200, byteLength: 6444 })]]);
    expect(s3.objects(BUCKET).size).toBe(1);
  });

  it('that a crash has left without anything have failed', async () => {
    const { begin, dataDir, clock, states } = await place();
    const { recordings } = await begin();
    await writeFile(join(dataDir, 'recordings/spool', `${CALL}~a.wav`), Buffer.alloc(44));

    await settled(clock, recordings.recover());

    await until(() => states().length > 0);
    expect(states()).toEqual(['failed']);
  });

  it('have not failed when S3 is away until the process ends: they are ready after the next start', async () => {
    const { begin, call, goAway, clock, states } = await place();
    const bridge = await begin();
    const back = await goAway();
    await call(bridge, 1);
    await bridge.recordings.close();
    const second = await begin();
    await settled(clock, second.recordings.recover());
    await second.recordings.close();
    expect(states()).toEqual(['recording']);
    await back();
    const third = await begin();

    await settled(clock, third.recordings.recover());

    await until(() => states().length > 1);
    expect(states()).toEqual(['recording', 'ready']);
  });

  it('end with the process, and are kept', async () => {
    const { begin, call, s3, states, clock } = await place();
    const bridge = await begin();
    await call(bridge, 1);

    await Promise.all([bridge.recordings.close(), bridge.recordings.close()]);

    expect(states()).toEqual(['recording', 'ready']);
    expect(s3.objects(BUCKET).size).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are told of before they are closed, because whoever keeps that is closed next', async () => {
    const { begin, call, states } = await place();
    const bridge = await begin();
    await call(bridge, 1);
    const { store } = bridge;
    // What it was kept with arrives as late as it may.
    const create = store.create.bind(store);
    store.create = (callSid) => {
      const sink = create(callSid);
      const late = async () => {
        const kept = await sink.close();
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        return kept;
      };
      return { write: (...piece) => sink.write(...piece), close: late };
    };
    await call(bridge, 1, OTHER);
    expect(bridge.recordings.isOpen(OTHER)).toBe(true);

    await bridge.recordings.close();

    expect([states(), states(OTHER)]).toEqual([
      ['recording', 'ready'],
      ['recording', 'ready'],
    ]);
    expect(bridge.recordings.isOpen(OTHER)).toBe(false);
  });

  it('of which an earlier piece lacks some have failed when the last one is kept', async () => {
    const { begin, call, states } = await place();
    const bridge = await begin();
    const { store } = bridge;
    const create = store.create.bind(store);
    store.create = (callSid) => {
      const sink = create(callSid);
      const lacking = async () => {
        const kept = await sink.close();
        return kept && { ...kept, lacksSome: true as const };
      };
      return { write: (...piece) => sink.write(...piece), close: lacking };
    };
    const first = await call(bridge, 1);
    store.create = create;
    const second = await call(bridge, 1, CALL, 3000);
    await first.ended;
    second.close();
    await second.ended;

    expect(states()).toEqual(['recording', 'recording', 'failed']);
    expect(bridge.recordings.health().failedRecordings).toBe(1);
  });
});
