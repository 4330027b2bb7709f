import { agentInputSchema } from '../directory/agent.js';
import type { Query } from './database.js';

type AgentMemory = NonNullable<ReturnType<typeof agentInputSchema.parse>['memory']>;

/** Every memory that any version of any agent has named, also of agents that were deleted: people may be known in all. */
export async function memoriesNamed(query: Query): Promise<AgentMemory[]> {
  const rows = await query<{ memory: string }>(
    `SELECT DISTINCT input ->> 'memory' AS memory FROM agent_versions WHERE input ->> 'memory' IS NOT NULL ORDER BY 1`,
  );
  return rows.flatMap(({ memory }) => {
    const parsed = agentInputSchema.shape.memory.safeParse(JSON.parse(memory));
    return parsed.data ? [parsed.data] : [];
  });
}
