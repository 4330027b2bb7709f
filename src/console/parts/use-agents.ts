import { useQuery } from '@tanstack/react-query';
import { requestAll } from '../api/client.ts';
import type { Agent } from '../api/types.ts';

/** All agents, in their latest versions. */
export function useAgents() {
  return useQuery({ queryKey: ['agents'], queryFn: ({ signal }) => requestAll<Agent>('/agents', signal) });
}

/** `Orders v4`; the id while names are not there. */
export function useAgentName(): (agentId: string | null, version: number | null) => string {
  const { data = [] } = useAgents();
  return (agentId, version) => {
    if (agentId === null) return 'no agent';
    const name = data.find(({ id }) => id === agentId)?.name ?? agentId;
    return version === null ? name : `${name} v${version}`;
  };
}
