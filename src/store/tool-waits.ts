import type { ToolWait } from '../call/figures.js';
import type { Query } from './database.js';

/** How many of the last runs of a tool count. */
const WINDOW = 200;

/**
 * How long tools of an agent have kept callers waiting, by name in lower case; those that have not run are left out. The
 * percentiles are waits that really happened.
 */
export async function storedToolWaits(
  query: Query,
  agentId: string,
  toolNames: readonly string[],
): Promise<ReadonlyMap<string, ToolWait>> {
  const names = [...new Set(toolNames.map((name) => name.toLowerCase()))];
  const rows = await query<{ name: string; count: number; p50_ms: number; p95_ms: number }>(
    `SELECT asked.name, count(*)::integer AS count,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY wait_ms) AS p50_ms,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY wait_ms) AS p95_ms
     FROM unnest($2::text[]) AS asked(name), LATERAL (
       SELECT wait_ms FROM tool_calls
       WHERE agent_id = $1 AND tool_name = asked.name COLLATE "C" AND wait_ms IS NOT NULL
       ORDER BY changed_at DESC LIMIT ${WINDOW}
     ) AS run
     GROUP BY asked.name`,
    [agentId, names],
  );
  return new Map(
    rows.map(({ name, count, p50_ms, p95_ms }) => [
      name,
      { count, p50Ms: Math.round(p50_ms), p95Ms: Math.round(p95_ms) },
    ]),
  );
}
