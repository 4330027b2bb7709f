import { Button, Group, TextInput, Title } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { Link } from 'wouter';
import { Empty } from '../../parts/empty.tsx';
import { shownMoment } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgents } from '../../parts/use-agents.ts';
import { useFilters } from '../../parts/use-filters.ts';
import { hasDraft } from './kept-drafts.ts';
import { useMayEdit } from './use-may-edit.ts';
import { useUsage } from './use-usage.ts';

export function AgentList() {
  const { data: agents, error, refetch } = useAgents();
  const { numbersOf } = useUsage();
  const { filters, setFilter, clear } = useFilters(['q']);
  const mayEdit = useMayEdit();
  const words = filters.q.toLowerCase();
  const found = (agents ?? []).filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(words));
  const newAgent = (
    <Button component={Link} href="/agents/new" leftSection={<IconPlus size={16} />}>
      New agent
    </Button>
  );
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={1}>Agents</Title>
        {mayEdit && newAgent}
      </Group>
      <TextInput
        aria-label="Search agents"
        placeholder="Name or id"
        leftSection={<IconSearch size={16} />}
        value={filters.q}
        onChange={({ currentTarget }) => setFilter('q', currentTarget.value)}
        maw={360}
        mb="sm"
      />
      {error && <ProblemAlert error={error} again={() => void refetch()} />}
      {agents?.length === 0 && (
        <Empty title="No agents yet" action={mayEdit && newAgent}>
          An agent is a prompt, a voice and tools. Give it a number, and it answers.
        </Empty>
      )}
      {agents && agents.length > 0 && found.length === 0 && (
        <Empty
          title="No agent is called that"
          action={
            <Button variant="default" onClick={clear}>
              Clear the search
            </Button>
          }
        />
      )}
      {found.length > 0 && (
        <List label="Agents" columns={['Name', 'Version', 'Used by', 'Voice', 'Tools', 'Saved']}>
          {found.map(({ id, name, version, voiceId, tools, createdAt }) => (
            <tr key={id}>
              <td className="wide">
                <Link href={`/agents/${id}`}>{name}</Link>
                {hasDraft(id) && <span className="agent-mark"> draft here</span>}
              </td>
              <td className="tabular">v{version}</td>
              <td className="tabular">{shownUsage(numbersOf(id)?.length)}</td>
              <td>{voiceId}</td>
              <td className="tabular">{tools.length}</td>
              <td className="tabular" title={createdAt}>
                {shownMoment(createdAt)}
              </td>
            </tr>
          ))}
        </List>
      )}
    </>
  );
}

export function shownUsage(count: number | undefined): string {
  if (count === undefined) return '…';
  return count === 1 ? '1 number' : `${count} numbers`;
}
