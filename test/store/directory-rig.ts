import type { Actor } from '../../src/access/actor.js';
import { type Clock, realClock } from '../../src/clock.js';
import { type AgentInput, agentInputSchema } from '../../src/directory/agent.js';
import { type NumberInput, numberInputSchema } from '../../src/directory/number.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { type StoredDirectory, storeDirectory } from '../../src/store/directory.js';

export const ADMIN: Actor = { id: 'token_1', name: 'Ada', role: 'admin' };
export const BY_ADMIN = { actor: ADMIN };
export const MODEL = 'amazon.nova-2-sonic-v1:0';

/** Numbers that exist nowhere. */
export const e164 = (index: number) => `+141555501${String(index).padStart(2, '0')}`;

export const agent = (fields: Partial<AgentInput> = {}): AgentInput =>
  agentInputSchema.parse({ name: 'Orders', systemPrompt: 'You help.', ...fields });

export const number = (agentId: string, fields: Partial<NumberInput> = {}): NumberInput =>
  numberInputSchema.parse({ agentId, ...fields });

export interface Instance {
  directory: StoredDirectory;
  database: Database;
  close(): Promise<void>;
}

/** One bridge's directory upon a database, loaded. */
export async function openInstance(url: string, clock: Clock = realClock()): Promise<Instance> {
  const log = createLog('silent');
  const database = connectDatabase({ url, clock, log, connectLimitMs: 10_000, answerLimitMs: 10_000 });
  const directory = storeDirectory({
    database,
    clock,
    ids: randomIds(),
    defaultModelId: MODEL,
    seal: (secret) => secret,
    log,
  });
  await directory.load();
  return {
    directory,
    database,
    async close() {
      directory.close();
      await database.close();
    },
  };
}

/** Everything that a directory answers from memory of these agents and numbers. */
export function remembered(directory: StoredDirectory, agentIds: readonly string[], numbers: readonly string[]) {
  return {
    agents: agentIds.map((id) => directory.findAgent(id)),
    numbers: numbers.map((each) => directory.findNumber(each)),
    named: numbers.flatMap((each) => {
      const { agentId = '', agentVersion, canary } = directory.findNumber(each) ?? {};
      return [agentVersion, canary?.agentVersion]
        .filter((version) => version !== undefined)
        .map((version) => directory.findAgent(agentId, version));
    }),
  };
}
