import { isValidE164 } from '../directory/dialling.js';
import type { DirectoryStore } from '../directory/directory.js';
import type { NumberInput, PhoneNumber } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import { requireStorable } from '../storable.js';
import { findLatest } from './agent-writer.js';
import type { Query } from './database.js';
import { type ChangeDirectory, requireVersion } from './directory-change.js';
import {
  NUMBER_COLUMNS,
  type NumberRow,
  numberOfRow,
  readVersions,
  type VersionRow,
  versionOfRow,
} from './directory-rows.js';

type NumberWriter = Pick<DirectoryStore, 'putNumber' | 'deleteNumber'>;

export function numberWriter(options: { change: ChangeDirectory; defaultModelId: string }): NumberWriter {
  const { change, defaultModelId } = options;
  return {
    async putNumber(e164, input, { actor, ifVersion, onlyCreate = false }) {
      requireStorable(input);
      if (!isValidE164(e164)) {
        throw new BridgeError('REQUEST_INVALID', 'This is no valid E.164 number such as +14155550100.', {
          field: 'number',
        });
      }
      return change(actor, async ({ query, nowMs }) => {
        const before = await findNumber(query, e164);
        if (onlyCreate && before) {
          throw new BridgeError('VERSION_CONFLICT', `The number ${e164} exists already.`, {
            latestVersion: before.version,
          });
        }
        requireVersion(`The number ${e164}`, ifVersion, before?.version);
        const named = await requireAgent(query, input);
        const version = (before?.version ?? 0) + 1;
        const updatedAt = new Date(nowMs).toISOString();
        await query(
          `INSERT INTO numbers (number, agent_id, input, version, updated_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (number) DO UPDATE SET agent_id = excluded.agent_id, input = excluded.input,
             version = excluded.version, updated_at = excluded.updated_at`,
          [e164, input.agentId, JSON.stringify(input), version, updatedAt],
        );
        await query('DELETE FROM former_numbers WHERE number = $1', [e164]);
        const number: PhoneNumber = { ...input, number: e164, version, updatedAt };
        return {
          subject: e164,
          audit: { action: before ? 'number.changed' : 'number.created', before: before ?? null, after: number },
          reading: { agents: [], numbers: [number], named: named.map((row) => versionOfRow(row, defaultModelId)) },
          result: { number, before },
        };
      });
    },

    async deleteNumber(e164, { actor, ifVersion }) {
      await change(actor, async ({ query }) => {
        const before = isValidE164(e164) ? await findNumber(query, e164) : undefined;
        if (!before) throw new BridgeError('NOT_FOUND', 'There is no such number.');
        requireVersion(`The number ${e164}`, ifVersion, before.version);
        await query('DELETE FROM numbers WHERE number = $1', [e164]);
        if (before.retentionDays !== undefined) await keepDays(query, e164, before.retentionDays);
        return {
          subject: e164,
          audit: { action: 'number.deleted', before, after: null },
          reading: { agents: [], numbers: [], named: [] },
          result: undefined,
        };
      });
    },
  };
}

/** Its calls go on expiring. */
async function keepDays(query: Query, e164: string, retentionDays: number): Promise<void> {
  await query('INSERT INTO former_numbers (number, retention_days) VALUES ($1, $2)', [e164, retentionDays]);
}

async function findNumber(query: Query, e164: string): Promise<PhoneNumber | undefined> {
  const [row] = await query<NumberRow>(`SELECT ${NUMBER_COLUMNS} FROM numbers WHERE number = $1 FOR UPDATE`, [e164]);
  return row && numberOfRow(row);
}

/** The versions that the number names. REQUEST_INVALID, with every bad field, when its agent or one of them never was. */
async function requireAgent(query: Query, input: NumberInput): Promise<VersionRow[]> {
  const { agentId, agentVersion, canary } = input;
  if (!(await findLatest(query, agentId))) {
    throw new BridgeError('REQUEST_INVALID', 'There is no such agent.', { field: 'agentId' });
  }
  const wanted = [
    { field: 'agentVersion', version: agentVersion },
    { field: 'canary.agentVersion', version: canary?.agentVersion },
  ].flatMap(({ field, version }) => (version === undefined ? [] : [{ field, version, agentId }]));
  const rows = await readVersions(query, wanted);
  const errors = wanted
    .filter(({ version }) => !rows.some((row) => row.version === version))
    .map(({ field, version }) => ({ field, message: `the agent has no version ${version}` }));
  if (errors.length === 0) return rows;
  throw new BridgeError('REQUEST_INVALID', 'The number names a version that its agent does not have.', {
    field: errors[0]!.field,
    errors,
  });
}
