import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { requestAll } from '../api/client.ts';
import type { Agent } from '../api/types.ts';

/** All agents, in their latest versions. */
export function useAgents() {
  return useQuery({ queryKey: ['agents'], queryFn: ({ signal }) => requestAll<Agent>('/agents', signal) });
}

/** `Orders v4`; the id while names are not there. */
export function useAgentName(): (agentId: string | null, version: number | null) => string {
  const { data } = useAgents();
  return useMemo(() => {
    const names = new Map(data?.map(({ id, name }) => [id, name]));
    return (agentId, version) => {
      if (agentId === null) return 'no agent';
      const name = names.get(agentId) ?? agentId;
      return version === null ? name : `${name} v${version}`;
    };
  }, [data]);
}
