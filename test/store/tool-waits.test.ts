import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ToolCallRecord } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { onServer } from './on-server.js';
import { type OpenedStore, openFreshStore, rang } from './opened-store.js';

const clock = new FakeClock();
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openFreshStore({ clock });
});
afterAll(() => opened.close());

let count = 0;

/** A call of the agent in which these ran; kept when it resolves. */
async function called(agentId: string, ...runs: Partial<ToolCallRecord>[]): Promise<void> {
  const callSid = `CA-${++count}`;
  clock.advance(1000);
  opened.tell(callSid, rang({ agentId }));
  for (const [index, run] of runs.entries()) {
    const toolCall: ToolCallRecord = {
      ...{ id: `t${index}`, name: 'orders', kind: 'agentcore', input: {}, output: {} },
      ...{ startMs: 0, durationMs: 0, outcome: 'answered', ...run },
    };
    opened.tell(callSid, { kind: 'toolChanged', toolCall });
  }
  await opened.store.flush(20_000);
}

const waitsOf = async (agentId: string, ...names: string[]) =>
  Object.fromEntries(await opened.store.figures.toolWaits(agentId, names));

it('waits of a tool are those of its runs in calls, whatever the case of its name', async () => {
  const runs = Array.from({ length: 100 }, (_, ms) => ({ durationMs: ms + 1, name: ms % 2 ? 'orders' : 'Orders' }));
  await called('agent_1', ...runs);
  await called('agent_2', { durationMs: 5 });

  expect(await waitsOf('agent_1', 'ORDERS', 'never_run')).toEqual({ orders: { count: 100, p50Ms: 50, p95Ms: 95 } });
  expect(await waitsOf('agent_2', 'orders')).toEqual({ orders: { count: 1, p50Ms: 5, p95Ms: 5 } });
});

it('waits of a tool are of its last two hundred runs', async () => {
  await called('agent_3', ...Array.from({ length: 200 }, () => ({ durationMs: 9000 })));
  await called('agent_3', ...Array.from({ length: 200 }, () => ({ durationMs: 20 })));

  expect(await waitsOf('agent_3', 'orders')).toEqual({ orders: { count: 200, p50Ms: 20, p95Ms: 20 } });
});

it('waits are of those who waited for an answer or in vain, and of no one else', async () => {
  await called(
    'agent_4',
    { durationMs: 8000, outcome: 'failed', code: 'TOOL_TIMEOUT' },
    { durationMs: 300, outcome: 'failed', code: 'TOOL_FAILED', why: { reason: 'throttled' } },
    { durationMs: 1, outcome: 'failed', code: 'TOOL_FAILED', why: { reason: 'circuit-open' } },
    { durationMs: 2, outcome: 'failed', code: 'TOOL_INPUT_INVALID' },
    { durationMs: 3, outcome: 'failed', code: 'TOOL_UNKNOWN' },
    { durationMs: 4, outcome: 'aborted' },
    { durationMs: 5, outcome: 'running' },
  );

  expect(await waitsOf('agent_4', 'orders')).toEqual({ orders: { count: 2, p50Ms: 300, p95Ms: 8000 } });
});

it('waits are the same on every instance, and still there when one has been started anew', async () => {
  await called('agent_5', { durationMs: 640 });
  const other = await opened.another();

  expect(await other.store.figures.toolWaits('agent_5', ['orders'])).toEqual(
    new Map([['orders', { count: 1, p50Ms: 640, p95Ms: 640 }]]),
  );
});

it('waits are read from their index, however many runs there are', async () => {
  await onServer(
    opened.url,
    `INSERT INTO calls SELECT (json_populate_record(stored, json_build_object('call_sid', 'CA-many-' || n))).*
     FROM calls AS stored, generate_series(1, 20) n WHERE stored.call_sid = 'CA-1'`,
  );
  await onServer(
    opened.url,
    `INSERT INTO tool_calls (call_sid, index, tool_call, agent_id, changed_at)
     SELECT 'CA-many-' || n, i, json_build_object('name', 'tool_' || i % 50, 'outcome', 'answered', 'durationMs', i),
       'agent_many', now() FROM generate_series(1, 20) n, generate_series(1, 1000) i`,
  );
  await onServer(opened.url, 'VACUUM ANALYZE tool_calls');
  const plan = await onServer<{ 'QUERY PLAN': string }>(
    opened.url,
    `EXPLAIN SELECT wait_ms FROM tool_calls WHERE agent_id = 'agent_many' AND tool_name = 'tool_7' AND wait_ms IS NOT NULL
     ORDER BY changed_at DESC LIMIT 200`,
  );

  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toMatch(/Index Only Scan.*tool_calls_waits/);
});
