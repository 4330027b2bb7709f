import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFilter } from '../../src/call/call-store.js';
import { FakeClock } from '../../src/clock.js';
import { type CallPosition, listStatement } from '../../src/store/calls-list.js';
import { onServer } from './on-server.js';
import { type OpenedStore, openFreshStore } from './opened-store.js';

const CALLS = 20_000;
const START = '2026-01-01T00:00:00.000Z';
const FAR_BACK: CallPosition = ['2026-01-01T01:00:00.000Z', 'CA'];
/** Sixty calls of each agent are older, all of its first version. */
const OLD: CallPosition = ['2026-01-01T00:10:00.000Z', 'CA'];

let opened: OpenedStore;
let client: pg.Client;

/** A call each second; every thousandth is a test call, and the oldest tenth is of the first version of ten agents. */
beforeAll(async () => {
  opened = await openFreshStore({ clock: new FakeClock() });
  await onServer(
    opened.url,
    `INSERT INTO calls (call_sid, instance_id, direction, from_number, to_number, agent_id, agent_version, state,
       started_at, ended_at, test, turn_count, tool_call_count, streams, usage, audio, variables, faults, changed_at)
     SELECT 'CA' || n, gen_random_uuid(), 'inbound', '+14155550177', '+14155550100', 'agent_' || n % 10,
       CASE WHEN n <= ${CALLS / 10} THEN 1 ELSE 2 END, 'ended', $1::timestamptz + n * interval '1 second', now(),
       n % 1000 = 0, 0, 0, '[]', '{}', '{}', '{}', '{}', now()
     FROM generate_series(1, ${CALLS}) n`,
    [START],
  );
  await onServer(opened.url, 'VACUUM ANALYZE calls');
  client = new pg.Client({ connectionString: opened.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await opened.close();
});

interface PlanNode {
  'Index Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** The index that a page is read from, and how many rows were read there to find it. */
async function readingOf(filter: CallFilter, position?: CallPosition) {
  const { sql, values } = listStatement(filter, position, 51);
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
    values,
  );
  const nodes: PlanNode[] = [];
  const walk = (node: PlanNode) => {
    nodes.push(node);
    for (const each of node.Plans ?? []) walk(each);
  };
  walk(rows[0]!['QUERY PLAN'][0].Plan);
  return {
    index: nodes.flatMap((node) => node['Index Name'] ?? []).join(),
    rowsRead: Math.max(...nodes.map((node) => node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0))),
  };
}

describe('a page of calls', () => {
  it.each<[string, CallFilter, CallPosition | undefined, string, number]>([
    ['of all, far back', {}, FAR_BACK, 'calls_in_time', 51],
    ['of test calls', { tests: 'only' }, undefined, 'calls_tests', 20],
    ['of test calls, far back', { tests: 'only' }, FAR_BACK, 'calls_tests', 3],
    ['of an old version', { agentId: 'agent_7', agentVersion: 1 }, undefined, 'calls_of_version', 51],
    ['of an old version, far back', { agentId: 'agent_7', agentVersion: 1 }, OLD, 'calls_of_version', 60],
  ])('%s is read from its index, without the calls beside it', async (_, filter, position, index, mostRows) => {
    const reading = await readingOf(filter, position);

    expect(reading.index).toBe(index);
    expect(reading.rowsRead).toBeLessThanOrEqual(mostRows);
  });
});
