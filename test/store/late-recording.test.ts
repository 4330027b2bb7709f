import { afterEach, describe, expect, it } from 'vitest';
import type { RecordingRecord } from '../../src/call/record.js';
import { realClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { connectDatabase } from '../../src/store/database.js';
import { enterRecording, toldOfRecording } from '../../src/store/late-recording.js';
import { onServer } from './on-server.js';
import { type OpenedStore, openFreshStore } from './opened-store.js';

const recording = (state: RecordingRecord['state'], durationMs: number): RecordingRecord => ({
  ...{ state, channels: 2, rateHz: 8000, durationMs },
  ...{ byteLength: 44 + durationMs * 32, url: '/api/calls/CA1/audio.wav' },
});

let former: OpenedStore;
let lost: (callSids: readonly string[]) => void = () => undefined;
afterEach(async () => {
  lost = () => undefined;
  await former.close();
});

/** A call that was being recorded when its instance was killed. */
async function killedCall(more: Parameters<OpenedStore['another']>[0] = {}): Promise<OpenedStore> {
  former = await openFreshStore({ lostCalls: (callSids) => lost(callSids) });
  const served = { agentId: 'a', agentVersion: 1, variables: {}, test: false };
  former.tell('CA1', { kind: 'rang', direction: 'inbound', from: '+14155550100', to: '+14155550199', ...served });
  former.tell('CA1', { kind: 'answered' });
  former.tell('CA1', { kind: 'recordingChanged', recording: recording('recording', 0) });
  await former.store.flush(5000);
  return former.another(more);
}

/** Resolves when the other writes before it are kept as well. */
async function settled(store: OpenedStore, isThere: (record: RecordingRecord | null) => boolean) {
  for (;;) {
    const record = await store.store.calls.find('CA1');
    if (record && isThere(record.recording)) return record;
  }
}

describe('a recording that was recovered after a crash', () => {
  it('is on record of its call, and told to whoever follows events', async () => {
    const back = await killedCall();
    const sinceId = await back.store.feed.latestId();

    back.store.recordingUntilKept('CA1', recording('ready', 4000));

    expect((await settled(back, (found) => found?.state === 'ready')).recording).toEqual(recording('ready', 4000));
    const events = await back.store.feed.since(sinceId, { callSid: 'CA1', limit: 10 });
    expect(events.map(({ event }) => event.kind)).toEqual(['recordingChanged']);
  });

  it('changes nothing of a call that is ready already, and is told once', async () => {
    const back = await killedCall();
    back.store.recordingUntilKept('CA1', recording('ready', 4000));
    await settled(back, (found) => found?.state === 'ready');
    const sinceId = await back.store.feed.latestId();

    back.store.recordingUntilKept('CA1', recording('failed', 0));
    back.store.recordingUntilKept('CAgone', recording('ready', 1000));
    await back.close();

    expect((await former.store.calls.find('CA1'))?.recording).toEqual(recording('ready', 4000));
    expect(await former.store.feed.since(sinceId, { limit: 10 })).toEqual([]);
  });

  it('lacks some, or is longer, where another instance has said that it is ready', async () => {
    const back = await killedCall();
    const database = connectDatabase({ url: back.url, clock: realClock(), log: createLog('silent') });
    for (const [state, durationMs] of [
      ['ready', 4000],
      ['ready', 3000],
      ['ready', 5000],
      ['failed', 2000],
      ['ready', 9000],
    ] as const) {
      await enterRecording(database, 'CA1', recording(state, durationMs), 0);
    }
    const told = await toldOfRecording(database.query, 'CA1');
    await database.close();

    expect(told.map(({ durationMs }) => durationMs)).toEqual([0, 4000, 5000, 2000]);
    expect((await former.store.calls.find('CA1'))?.recording).toEqual(recording('failed', 2000));
  });

  it('is told to whoever may have the call in memory, with what was told before', async () => {
    const entered: string[] = [];
    let hears = (): void => undefined;
    const isHearing = new Promise<void>((resolve) => {
      hears = resolve;
    });
    const recordingEntered = (callSid: string) => entered.push(callSid);
    const back = await killedCall({ recordingEntered, recordingsMissed: () => hears() });
    await isHearing;

    back.store.recordingUntilKept('CA1', recording('ready', 4000));
    await settled(back, () => entered.length > 0);
    let told: readonly RecordingRecord[] = [];
    back.store.toldOfRecording('CA1', (all) => {
      told = all;
    });
    await settled(back, () => told.length > 0);

    expect(entered).toEqual(['CA1']);
    expect(told).toEqual([recording('recording', 0), recording('ready', 4000)]);
  });
});

describe('what was said of a recording in the last write of an instance', () => {
  it('is entered when another one has the call', async () => {
    const other = await killedCall();
    await onServer(former.url, `UPDATE calls SET instance_id = '${other.store.instance.id}'`);
    lost = () => former.store.recordingUntilKept('CA1', recording('ready', 4000));
    former.tell('CA1', { kind: 'recordingChanged', recording: recording('ready', 4000) });

    await former.store.close();

    expect((await other.store.calls.find('CA1'))?.recording).toEqual(recording('ready', 4000));
  });
});
