import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../src/clock.js';
import { randomIds } from '../../src/ids.js';
import { enterAudit } from '../../src/store/audit.js';
import { openStore, type Store } from '../../src/store/open.js';
import { onServer } from './on-server.js';
import { keptLog } from './opened-store.js';
import { type OwnServer, startOwnServer } from './own-server.js';

const ACTOR = { id: 'token_1', name: 'Ada', role: 'operator' } as const;
const PERSON = '+14155550177';

let server: OwnServer;
let store: Store;
let lines: Record<string, unknown>[];

beforeAll(async () => {
  server = await startOwnServer();
  const kept = keptLog();
  lines = kept.lines;
  store = await openStore({
    ...{ databaseUrl: server.url, instanceUrl: 'http://127.0.0.1:1', defaultModelId: 'amazon.nova-2-sonic-v1:0' },
    ...{ ids: randomIds(), log: kept.log, clock: realClock() },
  });
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

const soon = (check: () => Promise<unknown> | unknown) => vi.waitFor(check, { interval: 5, timeout: 60_000 });

describe('a call that was placed just before the store went away', () => {
  it('is confirmed, audited and remembered when the store is back, with when it was and without the person', async () => {
    const order = { id: 'out_1', callSid: null, from: '+14155550100', to: PERSON, agentId: 'agent_1', agentVersion: 1 };
    await store.outbound.enter({ ...order, variables: {}, onMachine: 'continue' });
    await store.idempotency.begin('k1', ACTOR.id, 'h');
    await store.idempotency.begin('k2', ACTOR.id, 'h');

    process.kill(await server.pid(), 'SIGKILL');
    await soon(() => expect(store.calls.find('CA1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' }));
    const beforeMs = Date.now();
    store.outbound.placed('out_1', 'CA1');
    store.auditUntilKept({ action: 'call.placed', subject: 'call/CA1', before: null, after: { to: PERSON } }, ACTOR);
    const afterMs = Date.now();
    await store.idempotency.finish('k1', ACTOR.id, 201, { callSid: 'CA1' });
    await store.idempotency.release('k2', ACTOR.id);

    await soon(async () => expect((await store.outbound.find('out_1'))?.callSid).toBe('CA1'));
    await soon(async () => expect(await store.idempotency.begin('k1', ACTOR.id, 'h')).toMatchObject({ status: 201 }));
    await soon(async () => expect(await store.idempotency.begin('k2', ACTOR.id, 'h')).toEqual({ state: 'new' }));
    await soon(async () => {
      const { items } = await store.audit.list({ action: 'call.placed' }, { limit: 10 });
      expect(items).toMatchObject([{ subject: 'call/CA1', actor: ACTOR }]);
      expect(Date.parse(items[0]!.at)).toBeGreaterThanOrEqual(beforeMs - 1);
      expect(Date.parse(items[0]!.at)).toBeLessThanOrEqual(afterMs + 1);
    });
    expect(JSON.stringify(lines)).not.toContain(PERSON);
  });

  it('is in the audit trail once, also when the answer of the store got lost', async () => {
    await onServer(server.url, 'TRUNCATE audit_entries');
    const key = crypto.randomUUID();
    const entry = { action: 'call.placed', subject: 'call/CA2', before: null, after: null };
    const query = <Row extends object>(sql: string, values?: readonly unknown[]) =>
      onServer<Row>(server.url, sql, values);
    for (let attempt = 0; attempt < 2; attempt++) await enterAudit(query, entry, ACTOR, Date.now(), key);
    for (let other = 0; other < 2; other++) await enterAudit(query, entry, ACTOR, Date.now());

    expect(await onServer(server.url, 'SELECT id FROM audit_entries')).toHaveLength(3);
  });
});
