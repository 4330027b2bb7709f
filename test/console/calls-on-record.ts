import type { CallFact } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import { type Clock, realClock } from '../../src/clock.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { openStore } from '../../src/store/open.js';
import { NUMBER, type Site } from './site.js';

/** A call that is over, in what it differs from others. */
export type RecordedCall = { callSid: string; startedMs: number; facts?: readonly CallFact[] } & Partial<
  Extract<CallFact, { kind: 'rang' }>
>;

/** Puts calls on record that no telephone carried, as another instance of the bridge would have. */
export async function recordCalls({ databaseUrl, agentId }: Site, calls: readonly RecordedCall[]): Promise<void> {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, after: realClock().after };
  const store = await openStore({
    databaseUrl,
    instanceUrl: 'http://127.0.0.1:1',
    defaultModelId: 'amazon.nova-2-sonic-v1:0',
    ids: randomIds(),
    log: createLog('silent'),
    clock,
  });
  const records = new LiveRecords(store.record);
  for (const { callSid, startedMs, facts = [], ...rang } of calls) {
    nowMs = startedMs;
    const tell = (fact: CallFact, atMs = 0) =>
      records.listener({ callSid, atMs, ...fact } as Parameters<LiveRecords['listener']>[0], nowMs);
    tell({
      ...{ kind: 'rang', direction: 'inbound', from: '+14155550101', to: NUMBER, variables: {} },
      ...{ agentId, agentVersion: 1, test: false, ...rang },
    });
    tell({ kind: 'answered' });
    for (const fact of facts) tell(fact);
    tell({ kind: 'ended', endReason: 'caller-hung-up' }, 60_000);
  }
  await store.flush(10_000);
  await store.close();
}
