import { type AgentInput, type AgentVersion, agentInputSchema, agentVersion } from '../directory/agent.js';
import { type NumberInput, numberInputSchema, type PhoneNumber } from '../directory/number.js';
import type { Database, Query } from './database.js';
import { type DirectoryReading, isNumber, namedVersions } from './snapshot.js';

export interface VersionRow {
  agent_id: string;
  version: number;
  input: unknown;
  created_at: Date;
}

export interface NumberRow {
  number: string;
  input: unknown;
  version: number;
  updated_at: Date;
}

export const VERSION_COLUMNS = 'v.agent_id, v.version, v.input, v.created_at';
export const NUMBER_COLUMNS = 'number, input, version, updated_at';

/** What was written by an earlier bridge gets the defaults of fields that are newer; it was valid when it was written. */
export function storedInput(row: VersionRow): AgentInput {
  return agentInputSchema.safeParse(row.input).data ?? (row.input as AgentInput);
}

export function versionOfRow(row: VersionRow, defaultModelId: string): AgentVersion {
  const { agent_id: id, version, created_at } = row;
  return agentVersion(storedInput(row), { id, version, createdAt: created_at.toISOString(), defaultModelId });
}

export function numberOfRow({ number, input, version, updated_at }: NumberRow): PhoneNumber {
  const stored = numberInputSchema.safeParse(input).data ?? (input as NumberInput);
  return { ...stored, number, version, updatedAt: updated_at.toISOString() };
}

/** Whether it can be a version at all: a whole number that the database has a place for. */
function isVersion(version: number): boolean {
  return Number.isInteger(version) && version > 0 && version < 2 ** 31;
}

/** Those of these versions that there are. */
export async function readVersions(
  query: Query,
  pairs: readonly { agentId: string; version: number }[],
): Promise<VersionRow[]> {
  const possible = pairs.filter(({ version }) => isVersion(version));
  if (possible.length === 0) return [];
  return query<VersionRow>(
    `SELECT ${VERSION_COLUMNS} FROM agent_versions v
     JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::int[]) AS pair (agent_id, version)) wanted
       ON v.agent_id = wanted.agent_id AND v.version = wanted.version`,
    [possible.map(({ agentId }) => agentId), possible.map(({ version }) => version)],
  );
}

export async function changeCount(query: Query): Promise<number> {
  const [row] = await query<{ count: string }>('SELECT count FROM directory_changes');
  return Number(row?.count ?? 0);
}

/** Reads these agents and numbers (undefined: all) as they were at one moment. */
export function readDirectory(
  database: Database,
  defaultModelId: string,
  subjects?: readonly string[],
): Promise<DirectoryReading> {
  const only = (column: string, list: readonly string[] | undefined) =>
    list === undefined ? { sql: '', values: [] } : { sql: `AND ${column} = ANY($1)`, values: [list] };
  const agents = only(
    'a.id',
    subjects?.filter((subject) => !isNumber(subject)),
  );
  const numbers = only('number', subjects?.filter(isNumber));
  return database.transaction(async (query) => {
    await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const asOf = await changeCount(query);
    const agentRows = await query<VersionRow>(
      `SELECT ${VERSION_COLUMNS} FROM agents a
       JOIN agent_versions v ON v.agent_id = a.id AND v.version = a.latest_version
       WHERE a.deleted_at IS NULL ${agents.sql}`,
      agents.values,
    );
    const numberRows = await query<NumberRow>(
      `SELECT ${NUMBER_COLUMNS} FROM numbers WHERE true ${numbers.sql}`,
      numbers.values,
    );
    const phoneNumbers = numberRows.map(numberOfRow);
    const pairs = phoneNumbers.flatMap((number) =>
      namedVersions(number).map((version) => ({ agentId: number.agentId, version })),
    );
    const named = await readVersions(query, pairs);
    return {
      asOf,
      agents: agentRows.map((row) => versionOfRow(row, defaultModelId)),
      numbers: phoneNumbers,
      named: named.map((row) => versionOfRow(row, defaultModelId)),
    };
  });
}
