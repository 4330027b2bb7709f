import { z } from 'zod';
import type { DirectoryStore } from '../directory/directory.js';
import type { ListedNumber } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import { findUnstorable } from '../storable.js';
import { countPosition, pageOf, positionOf } from './cursor.js';
import type { Database } from './database.js';
import {
  NUMBER_COLUMNS,
  type NumberRow,
  numberOfRow,
  VERSION_COLUMNS,
  type VersionRow,
  versionOfRow,
} from './directory-rows.js';

type DirectoryLists = Pick<DirectoryStore, 'listAgents' | 'listVersions' | 'listNumbers'>;

const numberPosition = z.string();

export function directoryLists(options: { database: Database; defaultModelId: string }): DirectoryLists {
  const { database, defaultModelId } = options;
  const versionOf = (row: VersionRow) => versionOfRow(row, defaultModelId);

  return {
    async listAgents({ limit, cursor }) {
      const before = positionOf(cursor, countPosition);
      const rows = await database.query<VersionRow & { created_in: string }>(
        `SELECT ${VERSION_COLUMNS}, a.created_in FROM agents a
         JOIN agent_versions v ON v.agent_id = a.id AND v.version = a.latest_version
         WHERE a.deleted_at IS NULL AND ($2::bigint IS NULL OR a.created_in < $2)
         ORDER BY a.created_in DESC LIMIT $1`,
        [limit + 1, before],
      );
      return pageOf(rows, limit, versionOf, ({ created_in }) => Number(created_in));
    },

    async listVersions(id, { limit, cursor }) {
      const before = positionOf(cursor, countPosition);
      const isText = findUnstorable(id).length === 0;
      const [agent] = isText ? await database.query('SELECT id FROM agents WHERE id = $1', [id]) : [];
      if (!agent) throw new BridgeError('NOT_FOUND', 'There is no such agent.');
      const rows = await database.query<VersionRow>(
        `SELECT ${VERSION_COLUMNS} FROM agent_versions v
         WHERE v.agent_id = $2 AND ($3::bigint IS NULL OR v.version < $3)
         ORDER BY v.version DESC LIMIT $1`,
        [limit + 1, id, before],
      );
      return pageOf(rows, limit, versionOf, ({ version }) => version);
    },

    async listNumbers({ limit, cursor, agentId, withLastCall = false }) {
      const after = positionOf(cursor, numberPosition);
      if (agentId !== undefined && findUnstorable(agentId).length > 0) return { items: [], nextCursor: null };
      const numbers = `SELECT ${NUMBER_COLUMNS} FROM numbers
         WHERE ($2::text IS NULL OR number > $2) AND ($3::text IS NULL OR agent_id = $3)
         ORDER BY number LIMIT $1`;
      const rows = await database.query<NumberRow & LastCallRow>(withLastCall ? lastCallsOf(numbers) : numbers, [
        limit + 1,
        after,
        agentId,
      ]);
      return pageOf(rows, limit, listedNumber, ({ number }) => number);
    },
  };
}

interface LastCallRow {
  last_call_at?: Date | null;
  last_call_sid?: string | null;
}

/** Either side of a call has an index in the order of time: two look-ups for each number of the page. */
function lastCallsOf(numbers: string): string {
  const last = (side: string) =>
    `(SELECT started_at, call_sid FROM calls WHERE ${side} = page.number ORDER BY started_at DESC, call_sid DESC LIMIT 1)`;
  return `SELECT page.*, last_call.started_at AS last_call_at, last_call.call_sid AS last_call_sid
    FROM (${numbers}) AS page
    LEFT JOIN LATERAL (
      SELECT * FROM (${last('to_number')} UNION ALL ${last('from_number')}) AS sides
      ORDER BY started_at DESC, call_sid DESC LIMIT 1
    ) AS last_call ON true
    ORDER BY page.number`;
}

function listedNumber(row: NumberRow & LastCallRow): ListedNumber {
  const { last_call_at: at, last_call_sid: callSid } = row;
  return { ...numberOfRow(row), ...(at && callSid && { lastCallAt: at.toISOString(), lastCallSid: callSid }) };
}
