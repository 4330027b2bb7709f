import { Button, Loader, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { request } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { Agent } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { AgentEditor } from './agent-editor.tsx';
import { findDraft } from './kept-drafts.ts';

/** Opens an agent with what was typed and not saved, on top of the version that it was typed on. */
export function OpenAgent({ agentId }: { agentId: string | null }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['agent', agentId, 'opened'],
    queryFn: ({ signal }) => opened(agentId, signal),
    // Opening it again opens it as it is then; what is being edited is not exchanged under somebody's hands.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (data) return <AgentEditor agentId={agentId} {...data} />;
  return (
    <>
      <Title order={1} mb="sm">
        Agent
      </Title>
      {!error && <Loader aria-label="Loading the agent" size="sm" />}
      {error instanceof ApiProblem && error.status === 404 ? (
        <Empty
          title="There is no such agent"
          action={
            <Button component={Link} href="/agents" variant="default">
              All agents
            </Button>
          }
        >
          It may have been deleted. Calls that it answered are still there.
        </Empty>
      ) : (
        error && <ProblemAlert error={error} again={() => void refetch()} />
      )}
    </>
  );
}

async function opened(agentId: string | null, signal: AbortSignal) {
  const kept = findDraft(agentId);
  if (agentId === null) return { base: undefined, latestVersion: 0, kept };
  const path = `/agents/${encodeURIComponent(agentId)}`;
  const latest = await request<Agent>(path, { signal });
  if (!kept || kept.version === latest.version) return { base: latest, latestVersion: latest.version, kept };
  const base = await request<Agent>(`${path}/versions/${kept.version}`, { signal });
  return { base, latestVersion: latest.version, kept };
}
