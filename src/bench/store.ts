import pg from 'pg';
import type { CallFilter } from '../call/call-store.js';
import { type CallPosition, listStatement } from '../store/calls-list.js';
import { cursorOf } from '../store/cursor.js';
import { run } from './database.js';
import { admin, type Bridge, type Harness, startBridge } from './processes.js';
import { formatTable, ms } from './report.js';
import { type Summary, summaryOf } from './statistics.js';

/** How quickly lists are answered with much on record; times in ms, as a client of the API sees them. */
export interface StoreResult {
  callCount: number;
  pages: { path: string; took: Summary | undefined; plan: string }[];
}

const WARM_UPS = 5;
const REPEATS = 150;
const DIRECTORY_SIZE = 1000;
const NUMBERS = `'+1415555' || lpad((n % ${DIRECTORY_SIZE})::text, 4, '0')`;

/**
 * A thousand agents and numbers, and so many calls over a year: one in a thousand is a test call, and the oldest tenth was
 * answered by the first version of each agent.
 */
function content(callCount: number): string[] {
  const record = `'[]'::json, '{"input":{"speechTokens":0,"textTokens":0},"output":{"speechTokens":0,"textTokens":0}}'::json,
    '{"deadAirMs":0,"filledMs":0,"droppedMs":0,"clears":0}'::json, '{}'::json, '{}'::json`;
  return [
    `INSERT INTO calls (call_sid, instance_id, direction, from_number, to_number, agent_id, agent_version, state,
       end_reason, started_at, ended_at, duration_ms, test, turn_count, tool_call_count, streams, usage, audio,
       variables, faults, changed_at)
     SELECT 'CA' || lpad(to_hex(n), 32, '0'), '00000000-0000-4000-8000-000000000000', 'inbound',
       '+1628555' || lpad((n % 5000)::text, 4, '0'), ${NUMBERS}, 'agent_' || (n % ${DIRECTORY_SIZE}),
       CASE WHEN n > ${callCount * 0.9} THEN 1 ELSE 2 END, 'ended',
       'caller-hung-up', now() - (n || ' seconds')::interval * 30, now(), 60000, n % 997 = 0, 6, 1, ${record}, now()
     FROM generate_series(1, ${callCount}) n`,
    'VACUUM ANALYZE calls',
    'CHECKPOINT',
  ];
}

interface CallsPage {
  filter: CallFilter;
  limit: number;
  position?: CallPosition;
}

const PAGES: readonly { path: string; calls?: CallsPage }[] = [
  { path: '/agents?limit=50' },
  { path: '/numbers?limit=50' },
  { path: '/numbers?limit=50&activity=included' },
  { path: '/calls?limit=50', calls: { filter: {}, limit: 50 } },
  { path: '/calls?limit=200', calls: { filter: {}, limit: 200 } },
  { path: '/calls?limit=50&state=ended', calls: { filter: { state: 'ended' }, limit: 50 } },
  { path: '/calls?limit=50&state=live', calls: { filter: { state: 'live' }, limit: 50 } },
  { path: '/calls?limit=50&number=%2B14155550017', calls: { filter: { number: '+14155550017' }, limit: 50 } },
  { path: '/calls?limit=50&agentId=agent_17', calls: { filter: { agentId: 'agent_17' }, limit: 50 } },
  {
    path: '/calls?limit=50&agentId=agent_17&version=1',
    calls: { filter: { agentId: 'agent_17', agentVersion: 1 }, limit: 50 },
  },
  { path: '/calls?limit=50&tests=only', calls: { filter: { tests: 'only' }, limit: 50 } },
  { path: '/calls?limit=50&to=2026-06-01T00:00:00Z', calls: { filter: { to: '2026-06-01T00:00:00Z' }, limit: 50 } },
];

/** What the store asks the database for a page of calls, with the values in their places. */
function pageStatement({ filter, limit, position }: CallsPage): string {
  // One more tells whether there is a next page.
  const { sql, values } = listStatement(filter, position, limit + 1);
  return sql.replace(/\$(\d+)/g, (_, index) => literalOf(values[Number(index) - 1]));
}

function literalOf(value: unknown): string {
  return pg.escapeLiteral(value instanceof Date ? value.toISOString() : String(value));
}

/** All of these pages, one statement each. */
export const PAGE_STATEMENTS = PAGES.flatMap(({ calls }) => (calls ? [pageStatement(calls)] : []));

/** The page of all calls that begins nine tenths of the way back. */
async function pageFarBack(databaseUrl: string, callCount: number): Promise<{ path: string; calls: CallsPage }> {
  const callSid = `CA${Math.floor(callCount * 0.9)
    .toString(16)
    .padStart(32, '0')}`;
  const [found] = await run(databaseUrl, `SELECT started_at FROM calls WHERE call_sid = '${callSid}'`);
  const [{ started_at: startedAt }] = found!.rows as [{ started_at: Date }];
  const position: CallPosition = [startedAt.toISOString(), callSid];
  return { path: `/calls?limit=50&cursor=${cursorOf(position)}`, calls: { filter: {}, limit: 50, position } };
}

/** Agents with a number each, beside the one that is there, and calls. */
export async function fillStore(
  { target: { port }, databaseUrl }: Bridge,
  callCount: number,
  agentCount = DIRECTORY_SIZE,
): Promise<void> {
  for (let count = 1; count < agentCount; count++) {
    const agent = await admin<{ id: string }>(port, 'POST', '/agents', {
      name: `Agent ${count}`,
      systemPrompt: 'Help.',
    });
    await admin(port, 'PUT', `/numbers/+1628555${String(count).padStart(4, '0')}`, { agentId: agent.id });
  }
  await run(databaseUrl, ...content(callCount));
}

export async function measureStore(harness: Harness, callCount: number): Promise<StoreResult> {
  const bridge = await startBridge(harness, {
    transport: 'lean',
    inputRateHz: 16_000,
    outputRateHz: 24_000,
    oneCore: false,
  });
  try {
    const { port } = bridge.target;
    await fillStore(bridge, callCount);
    const pages: StoreResult['pages'] = [];
    for (const { path, calls } of [...PAGES, await pageFarBack(bridge.databaseUrl, callCount)]) {
      const times: number[] = [];
      for (let repeat = -WARM_UPS; repeat < REPEATS; repeat++) {
        const startedMs = performance.now();
        await admin(port, 'GET', path);
        if (repeat >= 0) times.push(performance.now() - startedMs);
      }
      pages.push({
        path: path.replace(/cursor=.*/, 'cursor=far-back'),
        took: summaryOf(times),
        plan: calls ? await planOf(bridge.databaseUrl, pageStatement(calls)) : '',
      });
    }
    return { callCount, pages };
  } finally {
    await bridge.child.end();
  }
}

/** How the database reads a page: the index, and how long that alone takes. */
async function planOf(url: string, statement: string): Promise<string> {
  const [result] = await run(url, `EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`);
  const [{ 'QUERY PLAN': plans }] = result!.rows as [{ 'QUERY PLAN': [{ 'Execution Time': number; Plan: PlanNode }] }];
  const names: string[] = [];
  const walk = (node: PlanNode) => {
    names.push([node['Node Type'], node['Index Name']].filter(Boolean).join(' '));
    for (const child of node.Plans ?? []) walk(child);
  };
  walk(plans[0].Plan);
  return `${names.join(' < ')}, ${plans[0]['Execution Time'].toFixed(2)} ms`;
}

interface PlanNode {
  'Node Type': string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

export function formatStore({ callCount, pages }: StoreResult): string {
  const head = [`page, ${DIRECTORY_SIZE} agents and numbers, ${callCount} calls`, 'p50 ms', 'p99 ms', 'plan'];
  return formatTable(
    head,
    pages.map(({ path, took, plan }) => [path, ms(took?.p50), ms(took?.p99), plan]),
  );
}
