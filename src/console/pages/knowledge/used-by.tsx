import { Text } from '@mantine/core';
import { Fragment } from 'react';
import { Link } from 'wouter';
import { useAgents } from '../../parts/use-agents.ts';
import { askersOf, type Thing } from './thing.ts';

/** The agents that ask a thing, and by which tool. */
export function UsedBy({ thing }: { thing: Thing }) {
  const { data: agents } = useAgents();
  if (!agents) return null;
  const askers = askersOf(agents, thing);
  if (askers.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Used by no agent: give one a tool of the kind “{thing.kind === 'base' ? 'Knowledge base' : 'S3 Vectors index'}”.
      </Text>
    );
  }
  return (
    <Text size="sm" c="dimmed">
      Used by{' '}
      {askers.map(({ agentId, agentName, tool }, index) => (
        <Fragment key={`${agentId}/${tool.name}`}>
          {index > 0 && ', '}
          <Link href={`/agents/${encodeURIComponent(agentId)}?tab=tools`} className="knowledge-text-link">
            {agentName}
          </Link>{' '}
          (as <span className="mono">{tool.name}</span>)
        </Fragment>
      ))}
    </Text>
  );
}
