import { type AgentInput, type AgentVersion, agentVersion } from '../directory/agent.js';
import { newAgent, patchedAgent } from '../directory/agent-change.js';
import { brokenRules, requireAble } from '../directory/agent-rules.js';
import type { Change, DirectoryStore } from '../directory/directory.js';
import { hideSecrets, mapSecrets } from '../directory/tool-secrets.js';
import { BridgeError } from '../errors.js';
import type { Ids } from '../ids.js';
import { findUnstorable, requireStorable } from '../storable.js';
import type { Query } from './database.js';
import { type ChangeDirectory, type OpenChange, requireVersion } from './directory-change.js';
import { readVersions, storedInput, VERSION_COLUMNS, type VersionRow } from './directory-rows.js';

type AgentWriter = Pick<DirectoryStore, 'createAgent' | 'patchAgent' | 'rollbackAgent' | 'deleteAgent' | 'brokenRules'>;

/** Numbers that an error names; there may be thousands. */
const NAMED_NUMBERS = 20;

export function agentWriter(options: {
  change: ChangeDirectory;
  ids: Ids;
  defaultModelId: string;
  /** Makes a secret of a tool what may be kept. */
  seal: (secret: string) => string;
}): AgentWriter {
  const { change, ids, defaultModelId, seal } = options;

  const addVersion = async (open: OpenChange, id: string, version: number, input: AgentInput, by: Change) => {
    const createdAt = new Date(open.nowMs).toISOString();
    await open.query(
      'INSERT INTO agent_versions (agent_id, version, input, created_at, created_by) VALUES ($1, $2, $3, $4, $5)',
      [id, version, JSON.stringify(input), createdAt, by.actor.id],
    );
    const made = agentVersion(input, { id, version, createdAt, defaultModelId });
    return { reading: readingOf(made), result: made };
  };

  /** The next version of an agent, with what `next` makes of the latest. */
  const nextVersion = (
    id: string,
    by: Change,
    action: string,
    next: (input: AgentInput, query: Query) => Promise<AgentInput> | AgentInput,
  ) =>
    change(by.actor, async (open) => {
      const latest = await latestOf(open.query, id);
      requireVersion(`The agent ${id}`, by.ifVersion, latest.version);
      const before = storedInput(latest);
      const input = mapSecrets(await next(before, open.query), seal);
      const version = latest.version + 1;
      const added = await addVersion(open, id, version, input, by);
      await open.query('UPDATE agents SET latest_version = $2 WHERE id = $1', [id, version]);
      return {
        subject: id,
        audit: {
          action,
          before: { version: latest.version, ...hideSecrets(before) },
          after: { version, ...hideSecrets(input) },
        },
        ...added,
      };
    });

  return {
    brokenRules: (agent) => brokenRules(agent, defaultModelId),

    async createAgent(given, by) {
      requireStorable(given);
      const input = mapSecrets(newAgent(given, defaultModelId), seal);
      return change(by.actor, async (open) => {
        const { id = ids.short('agent') } = by;
        const created = await open.query(
          'INSERT INTO agents (id, latest_version, created_in) VALUES ($1, 1, $2) ON CONFLICT (id) DO NOTHING RETURNING id',
          [id, open.count],
        );
        if (created.length === 0) throw new BridgeError('CONFLICT', `There is an agent ${id} already.`);
        const added = await addVersion(open, id, 1, input, by);
        return {
          subject: id,
          audit: { action: 'agent.created', before: null, after: { version: 1, ...hideSecrets(input) } },
          ...added,
        };
      });
    },

    async patchAgent(id, patch, by) {
      requireStorable(patch);
      return nextVersion(id, by, 'agent.patched', (latest) => patchedAgent(latest, patch, defaultModelId));
    },

    async rollbackAgent(id, version, by) {
      return nextVersion(id, by, 'agent.rolled-back', async (_latest, query) => {
        const [row] = await readVersions(query, [{ agentId: id, version }]);
        if (!row) {
          throw new BridgeError('REQUEST_INVALID', `The agent has no version ${version}.`, { field: 'version' });
        }
        const earlier = storedInput(row);
        requireAble(earlier, defaultModelId);
        return earlier;
      });
    },

    async deleteAgent(id, by) {
      await change(by.actor, async ({ query, nowMs }) => {
        const latest = await latestOf(query, id);
        requireVersion(`The agent ${id}`, by.ifVersion, latest.version);
        await requireUnused(query, id);
        await query('UPDATE agents SET deleted_at = $2 WHERE id = $1', [id, new Date(nowMs)]);
        const before = { version: latest.version, ...hideSecrets(storedInput(latest)) };
        return {
          subject: id,
          audit: { action: 'agent.deleted', before, after: null },
          reading: readingOf(),
          result: undefined,
        };
      });
    },
  };
}

function readingOf(...agents: AgentVersion[]) {
  return { agents, numbers: [], named: [] };
}

/** The latest version of a living agent, as it is kept. */
export async function findLatest(query: Query, id: string): Promise<VersionRow | undefined> {
  if (findUnstorable(id).length > 0) return undefined;
  const [row] = await query<VersionRow>(
    `SELECT ${VERSION_COLUMNS} FROM agents a
     JOIN agent_versions v ON v.agent_id = a.id AND v.version = a.latest_version
     WHERE a.id = $1 AND a.deleted_at IS NULL FOR UPDATE OF a`,
    [id],
  );
  return row;
}

async function latestOf(query: Query, id: string): Promise<VersionRow> {
  const row = await findLatest(query, id);
  if (!row) throw new BridgeError('NOT_FOUND', 'There is no such agent.');
  return row;
}

async function requireUnused(query: Query, id: string): Promise<void> {
  const rows = await query<{ number: string; total: string }>(
    'SELECT number, count(*) OVER () AS total FROM numbers WHERE agent_id = $1 ORDER BY number LIMIT $2',
    [id, NAMED_NUMBERS],
  );
  if (rows.length === 0) return;
  const numbers = rows.map(({ number }) => number);
  const others = Number(rows[0]!.total) - numbers.length;
  throw new BridgeError(
    'CONFLICT',
    `The agent answers ${numbers.join(', ')}${others > 0 ? ` and ${others} more` : ''}: point these numbers at another agent or delete them first.`,
    { numbers, total: Number(rows[0]!.total) },
  );
}
