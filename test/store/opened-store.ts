import type { CallEvent, CallFact } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import type { CallRecord } from '../../src/call/record.js';
import { type Clock, realClock } from '../../src/clock.js';
import { randomIds } from '../../src/ids.js';
import { createLog, type Logger } from '../../src/log.js';
import { openStore, type Store, type StoreOptions } from '../../src/store/open.js';
import { freshDatabase } from './postgres.js';

export interface OpenedStore {
  readonly url: string;
  readonly store: Store;
  readonly records: LiveRecords;
  readonly clock: Clock;
  /** One fact of a call of this instance, as the registry would tell it. */
  tell(callSid: string, fact: CallFact, atMs?: number): CallRecord;
  /** Another instance of the bridge on the same database. */
  another(options?: Partial<StoreOptions>): Promise<OpenedStore>;
  /** Closes it, and with the first one those that were opened beside it, and removes the database. */
  close(): Promise<void>;
}

/** A store on a database of its own, with the live records that feed it. */
export async function openFreshStore(options: Partial<StoreOptions> = {}): Promise<OpenedStore> {
  const database = await freshDatabase();
  const opened: OpenedStore[] = [];
  const first = await openedStore(database.url, options, opened).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  return {
    ...first,
    async close() {
      for (const each of opened) await each.close();
      await first.close();
      await database.drop();
    },
  };
}

async function openedStore(url: string, options: Partial<StoreOptions>, opened: OpenedStore[]): Promise<OpenedStore> {
  const clock = options.clock ?? realClock();
  const store = await openStore({
    databaseUrl: url,
    instanceUrl: 'http://127.0.0.1:1',
    defaultModelId: 'amazon.nova-2-sonic-v1:0',
    ids: randomIds(),
    log: createLog('silent'),
    ...options,
    clock,
  });
  const records = new LiveRecords(store.record);
  return {
    url,
    store,
    records,
    clock,
    tell(callSid, fact, atMs = 0) {
      records.listener({ callSid, atMs, ...fact } as CallEvent, clock.now());
      return records.peek(callSid)!;
    },
    async another(more = {}) {
      const other = await openedStore(url, { ...options, ...more }, opened);
      opened.push(other);
      return other;
    },
    close: () => store.close(),
  };
}

/** A call comes in. */
export function rang(more: Partial<Extract<CallFact, { kind: 'rang' }>> = {}): CallFact {
  return {
    kind: 'rang',
    direction: 'inbound',
    from: '+14155550101',
    to: '+14155550100',
    agentId: 'agent_1',
    agentVersion: 1,
    variables: {},
    test: false,
    ...more,
  };
}

export function callerTurn(index: number, text: string): CallFact {
  return {
    kind: 'turnChanged',
    index,
    turn: { role: 'caller', text, startMs: index * 1000, endMs: index * 1000 + 500 },
  };
}

/** A log whose lines can be read. */
export function keptLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('debug', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { log, lines };
}
