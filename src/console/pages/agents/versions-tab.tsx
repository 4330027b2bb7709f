import { Button, Group, Select, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { request } from '../../api/client.ts';
import type { Agent, PhoneNumber } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { shownMoment, shownNumber } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { usePages } from '../../parts/use-pages.ts';
import { Comparison } from './comparison.tsx';
import { draftOf } from './draft.ts';
import { RollBackDialog } from './roll-back-dialog.tsx';
import { useMayEdit } from './use-may-edit.ts';
import { useOfVersion } from './use-usage.ts';

/** The versions of an agent: who answers with which, what is different between two, the way back. */
export function VersionsTab({
  agentId,
  numbers,
  isDirty,
  adopt,
}: {
  agentId: string;
  numbers: readonly PhoneNumber[];
  isDirty: boolean;
  adopt: (agent: Agent) => void;
}) {
  const path = `/agents/${encodeURIComponent(agentId)}`;
  const { items, error, isLoading, again, ...more } = usePages<Agent>(`${path}/versions`);
  const mayEdit = useMayEdit();
  const [target, setTarget] = useState<Agent>();
  const { filters, setFilter } = useFilters(['from', 'to']);
  const latest = items[0];
  const to = filters.to || String(latest?.version ?? '');
  const from = filters.from || String(items[1]?.version ?? '');
  if (error) return <ProblemAlert error={error} again={again} />;
  if (isLoading || !latest) return null;
  return (
    <Stack gap="lg">
      <div>
        <List label="Versions" columns={['Version', 'Saved', 'Answers', 'Do']}>
          {items.map((agent) => (
            <tr key={agent.version}>
              <td className="tabular">
                v{agent.version}
                {agent.version === latest.version && ' (latest)'}
              </td>
              <td className="tabular" title={agent.createdAt}>
                {shownMoment(agent.createdAt)}
              </td>
              <td className="wide">
                <UsedBy version={agent.version} latest={latest.version} numbers={numbers} />
              </td>
              <td>
                {agent.version !== latest.version && (
                  <Group gap="xs" wrap="nowrap">
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`Compare v${agent.version} with the latest`}
                      onClick={() => {
                        setFilter('from', String(agent.version));
                        setFilter('to', null);
                      }}
                    >
                      Compare
                    </Button>
                    {mayEdit && (
                      <Button
                        size="compact-sm"
                        variant="outline"
                        color="red"
                        aria-label={`Roll back to v${agent.version}`}
                        onClick={() => setTarget(agent)}
                      >
                        Roll back…
                      </Button>
                    )}
                  </Group>
                )}
              </td>
            </tr>
          ))}
        </List>
        <More {...more} />
        <Text size="sm" c="dimmed" mt="xs">
          A version can answer some of the callers first: set a canary on one of the{' '}
          <Link href={`/numbers?agentId=${encodeURIComponent(agentId)}`} className="agent-link">
            numbers
          </Link>
          .
        </Text>
      </div>
      <section aria-label="Comparison">
        <Title order={2} mb="xs">
          Compare
        </Title>
        {items.length < 2 ? (
          <Empty title="There is one version">From the second on, what is different is shown here.</Empty>
        ) : (
          <>
            <Group gap="sm" mb="sm">
              <VersionSelect label="From" value={from} items={items} choose={(next) => setFilter('from', next)} />
              <VersionSelect label="To" value={to} items={items} choose={(next) => setFilter('to', next)} />
            </Group>
            <Compared path={path} from={from} to={to} />
          </>
        )}
      </section>
      <RollBackDialog
        agentId={agentId}
        latest={latest}
        target={target}
        followers={numbers.filter(({ agentVersion }) => agentVersion === undefined).length}
        isDirty={isDirty}
        close={() => setTarget(undefined)}
        rolledBack={adopt}
      />
    </Stack>
  );
}

function UsedBy({ version, latest, numbers }: { version: number; latest: number; numbers: readonly PhoneNumber[] }) {
  const used = numbers.flatMap((number) => {
    const how = useOfVersion(number, version, latest);
    return how === undefined ? [] : [{ number: number.number, how }];
  });
  return used.map(({ number, how }) => (
    <div key={number}>
      <Link href={`/numbers/${encodeURIComponent(number)}`} className="number">
        {shownNumber(number)}
      </Link>{' '}
      ({how})
    </div>
  ));
}

function VersionSelect(props: {
  label: string;
  value: string;
  items: readonly Agent[];
  choose: (version: string | null) => void;
}) {
  const { label, value, items, choose } = props;
  const known = items.map(({ version }) => String(version));
  const data = (known.includes(value) ? known : [value, ...known]).map((each) => ({ value: each, label: `v${each}` }));
  return <Select label={label} data={data} value={value} w={120} onChange={choose} />;
}

function Compared({ path, from, to }: { path: string; from: string; to: string }) {
  const [before, after] = [useVersion(path, from), useVersion(path, to)];
  const error = before.error ?? after.error;
  if (error) return <ProblemAlert error={error} />;
  if (!before.data || !after.data) return null;
  return (
    <Comparison before={draftOf(before.data)} after={draftOf(after.data)} names={[`v${from} has`, `v${to} has`]} />
  );
}

/** A version never changes. */
function useVersion(path: string, version: string) {
  return useQuery({
    queryKey: ['agent version', path, version],
    queryFn: ({ signal }) => request<Agent>(`${path}/versions/${encodeURIComponent(version)}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
