import { describe, expect, it, onTestFinished } from 'vitest';
import { Keeping } from '../../src/call/keeping.js';
import type { LiveRecords } from '../../src/call/live-records.js';
import { CallRegistry } from '../../src/call/registry.js';
import { TakeUps } from '../../src/call/take-ups.js';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { recordingsOnRecord } from '../../src/recording/on-record.js';
import { createRecordings, type Recordings } from '../../src/recording/recordings.js';
import type { KeptRecording, RecordingStore } from '../../src/recording/store.js';
import type { Store } from '../../src/store/open.js';
import { type OpenedStore, openFreshStore, rang } from '../store/opened-store.js';
import { until } from './places.js';

const CALL = 'CA1';
const LIMIT_MS = 5000;

/** A store of recordings whose pieces are kept when the test says so; closing it waits for them. */
function keptLater() {
  const waiting: ((kept: KeptRecording | undefined) => void)[] = [];
  const pieces: Promise<unknown>[] = [];
  const store: RecordingStore = {
    pendingCount: 0,
    isAway: false,
    create: () => ({
      write: async () => undefined,
      close() {
        const kept = new Promise<KeptRecording | undefined>((resolve) => waiting.push(resolve));
        pieces.push(kept);
        return kept;
      },
    }),
    open: async () => undefined,
    callSids: async () => [],
    remove: async () => 'absent',
    recover: async () => [],
    async close() {
      await until(() => waiting.length > 0);
      await Promise.all(pieces);
    },
  };
  return { store, waiting };
}

interface Instance {
  store: Store;
  records: LiveRecords;
  registry: CallRegistry;
  takeUps: TakeUps;
  recordings: Recordings;
  waiting: ((kept: KeptRecording | undefined) => void)[];
  close(): Promise<void>;
}

const clock = new FakeClock();
const log = createLog('silent');

/** The parts of a bridge that have to do with the record of a call and its recording, put together as `app.ts` does. */
async function instance(
  open: (options: Parameters<OpenedStore['another']>[0]) => Promise<OpenedStore>,
): Promise<Instance> {
  const { store, records } = await open({
    clock,
    lostCalls: (callSids) => keeping.lost(callSids),
    recordingEntered: (callSid) => onRecord.entered(callSid),
    recordingsMissed: () => onRecord.mayHaveMissed(),
  });
  const { store: kept, waiting } = keptLater();
  const recordings = createRecordings({
    ...{ store: kept, clock, log },
    changed: (callSid, recording) => onRecord.changed(callSid, recording),
  });
  const onRecord = recordingsOnRecord({ records, registry: () => registry, recordings, store });
  const keeping = new Keeping({ records, registry: () => registry, store, left: onRecord.left, clock });
  const registry = new CallRegistry({ clock, log, listeners: [records.listener, onRecord.listener] });
  const takeUps = new TakeUps({ registry, ...keeping.ports, clock, log });
  const close = async () => {
    await recordings.close();
    await store.close();
  };
  return { store, records, registry, takeUps, recordings, waiting, close };
}

async function twoInstances(): Promise<[Instance, Instance]> {
  let first: OpenedStore | undefined;
  const one = await instance(async (options) => {
    first = await openFreshStore(options);
    return first;
  });
  onTestFinished(() => first?.close());
  return [one, await instance((options) => first!.another(options))];
}

/** A call is recorded there and ends; its recording is not where it is kept yet. */
async function recordedCall({ registry, recordings, store }: Instance): Promise<void> {
  registry.emit(CALL, rang(), 0);
  registry.emit(CALL, { kind: 'answered' }, 0);
  const recorder = recordings.start(CALL, { startMs: 0 });
  registry.emit(CALL, { kind: 'ended', endReason: 'caller-hung-up' }, 2000);
  recorder.close();
  await store.flush(LIMIT_MS);
}

const stateOf = ({ records }: Instance) => records.peek(CALL)?.recording?.state;
const storedState = async ({ store }: Instance) => (await store.calls.find(CALL))?.recording?.state;

describe('a call whose end is reported to another instance while the one that recorded it is being stopped', () => {
  it('has its recording on record, whether the first one knows of it or not', async () => {
    const [one, two] = await twoInstances();
    await recordedCall(one);
    const closing = one.close();
    await two.takeUps.takeUp(CALL);
    two.registry.reported(CALL, 'completed', Number.NaN, true);
    await two.store.flush(LIMIT_MS);
    expect(await storedState(two)).toBe('recording');

    await until(() => one.waiting.length > 0);
    one.waiting[0]!({ byteLength: 64_044 });
    await closing;

    await until(() => stateOf(two) === 'ready');
    await two.store.flush(LIMIT_MS);
    expect(await two.store.calls.find(CALL)).toMatchObject({
      carrierStatus: 'completed',
      recording: { state: 'ready', byteLength: 64_044, durationMs: 2000 },
    });
  });

  it('has it when the first one told of it before it knew whose call it is', async () => {
    const [one, two] = await twoInstances();
    await recordedCall(one);
    await until(() => one.waiting.length > 0);
    // In one go: nothing is heard of the other instance in between.
    const taken = two.store.calls.takeUp(CALL);
    one.waiting[0]!({ byteLength: 64_044 });
    const record = await taken;
    if (record) two.records.adopt(record);
    const { direction, from, to, agentId, agentVersion, state } = record!;
    two.registry.emit(CALL, { kind: 'takenUp', direction, from, to, agentId, agentVersion, state });
    await one.store.flush(LIMIT_MS);

    await until(() => stateOf(two) === 'ready');
    await two.store.flush(LIMIT_MS);
    expect(await storedState(two)).toBe('ready');
    await one.close();
  });
});
