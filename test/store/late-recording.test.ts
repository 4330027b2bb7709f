import { afterEach, describe, expect, it } from 'vitest';
import type { RecordingRecord } from '../../src/call/record.js';
import { type OpenedStore, openFreshStore } from './opened-store.js';

const recording = (state: RecordingRecord['state'], durationMs: number): RecordingRecord => ({
  ...{ state, channels: 2, rateHz: 8000, durationMs },
  ...{ byteLength: 44 + durationMs * 32, url: '/api/calls/CA1/audio.wav' },
});

let former: OpenedStore;
afterEach(() => former.close());

/** A call that was being recorded when its instance was killed. */
async function killedCall(): Promise<OpenedStore> {
  former = await openFreshStore();
  const served = { agentId: 'a', agentVersion: 1, variables: {}, test: false };
  former.tell('CA1', { kind: 'rang', direction: 'inbound', from: '+14155550100', to: '+14155550199', ...served });
  former.tell('CA1', { kind: 'answered' });
  former.tell('CA1', { kind: 'recordingChanged', recording: recording('recording', 0) });
  await former.store.flush(5000);
  return former.another();
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
});
