import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Ids } from '../ids.js';
import { type AgentVersion, agentVersion } from './agent.js';
import type { DirectoryStore, Page } from './directory.js';
import type { PhoneNumber } from './number.js';

/** The directory of one process, gone when it ends. */
export function memoryDirectory(options: { clock: Clock; ids: Ids; defaultModelId: string }): DirectoryStore {
  const { clock, ids, defaultModelId } = options;
  const agents = new Map<string, AgentVersion[]>();
  const numbers = new Map<string, PhoneNumber>();
  const timestamp = () => new Date(clock.now()).toISOString();

  const findAgent = (id: string, version?: number) => {
    const versions = agents.get(id);
    return version === undefined ? versions?.at(-1) : versions?.find((each) => each.version === version);
  };

  return {
    findAgent,
    findNumber: (e164) => numbers.get(e164),

    async createAgent(input) {
      const agent = agentVersion(input, { id: ids.short('agent'), version: 1, createdAt: timestamp(), defaultModelId });
      agents.set(agent.id, [agent]);
      return agent;
    },

    async listAgents({ limit, cursor }) {
      const latest = [...agents.values()].map((versions) => versions.at(-1)!);
      return pageOf(latest, (agent) => agent.id, limit, cursor);
    },

    async putNumber(e164, input) {
      if (!findAgent(input.agentId)) {
        throw new BridgeError('REQUEST_INVALID', `there is no agent ${input.agentId}`, { field: 'agentId' });
      }
      if (input.agentVersion !== undefined && !findAgent(input.agentId, input.agentVersion)) {
        throw new BridgeError('REQUEST_INVALID', `agent ${input.agentId} has no version ${input.agentVersion}`, {
          field: 'agentVersion',
        });
      }
      const created = !numbers.has(e164);
      const number = { ...input, number: e164, updatedAt: timestamp() };
      numbers.set(e164, number);
      return { number, created };
    },

    async listNumbers({ limit, cursor }) {
      return pageOf([...numbers.values()], (number) => number.number, limit, cursor);
    },
  };
}

/** Items in the order of their keys, beginning after `cursor` (the key of the last item of the page before). */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  limit: number,
  cursor: string | undefined,
): Page<Item> {
  const sorted = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const rest = cursor === undefined ? sorted : sorted.filter((item) => keyOf(item) > cursor);
  const page = rest.slice(0, limit);
  return { items: page, nextCursor: rest.length > limit ? keyOf(page.at(-1)!) : null };
}
