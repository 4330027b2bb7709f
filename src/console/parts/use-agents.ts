import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
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

/** Asks for all anew when one is met that was made since: once for each, as one may be gone. */
export function useMetAgents(ids: readonly (string | null)[]): void {
  const { data, refetch } = useAgents();
  const asked = useRef(new Set<string>());
  useEffect(() => {
    if (!data) return;
    const known = new Set(data.map(({ id }) => id));
    const met = ids.filter((id) => id !== null && !known.has(id) && !asked.current.has(id)) as string[];
    if (met.length === 0) return;
    for (const id of met) asked.current.add(id);
    void refetch();
  }, [ids, data, refetch]);
}
