import { Button, Group, Tabs, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { shownMoment } from '../../parts/format.ts';
import { useAgents } from '../../parts/use-agents.ts';
import { useFilters } from '../../parts/use-filters.ts';
import { useRole } from '../../parts/use-role.ts';
import { AskTab } from './ask-tab.tsx';
import { askDelete } from './delete-dialog.tsx';
import { DocumentsTab } from './documents-tab.tsx';
import { Missing } from './missing.tsx';
import { apiPathOf, askersOf, namesOf, type Thing } from './thing.ts';
import { INDEXES_KEY, useIndex } from './use-things.ts';
import { UsedBy } from './used-by.tsx';

/** An index: the documents in it, and what is found in them. */
export function IndexPane({ thing }: { thing: Extract<Thing, { kind: 'index' }> }) {
  const { data, error, refetch } = useIndex(thing);
  const { filters, setFilter } = useFilters(['tab']);
  const { data: agents = [] } = useAgents();
  const mayEdit = useRole() === 'admin';
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const remove = () => {
    const names = namesOf(askersOf(agents, thing));
    askDelete({
      what: `the index ${thing.index}`,
      consequences: [
        `All documents in ${thing.bucket}/${thing.index} go with it, which cannot be undone. The bucket stays.`,
        names === '' ? 'No agent uses it.' : `These agents find nothing any more: ${names}.`,
        'A knowledge base that keeps its vectors in it finds nothing any more either.',
      ],
      path: apiPathOf(thing),
      deleted: () => {
        void queries.invalidateQueries({ queryKey: INDEXES_KEY });
        navigate('/knowledge', { replace: true });
      },
    });
  };
  return (
    <>
      <Group justify="space-between" align="start" gap="sm" mb={4}>
        <Title order={2} className="knowledge-words">
          {thing.index}
        </Title>
        {mayEdit && data && (
          <Button size="xs" variant="outline" color="red" onClick={remove}>
            Delete index…
          </Button>
        )}
      </Group>
      {!data && <Missing what="the index" error={error} again={() => void refetch()} />}
      {data && (
        <>
          <Text size="sm" c="dimmed" className="tabular">
            S3 Vectors index in {thing.bucket} · {data.dimensions} dimensions · {data.distanceMetric}
            {data.createdAt !== null && ` · made ${shownMoment(data.createdAt)}`}
          </Text>
          <UsedBy thing={thing} />
          <Tabs
            mt="sm"
            value={filters.tab || 'documents'}
            onChange={(tab) => setFilter('tab', tab === 'documents' ? null : tab)}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="documents">Documents</Tabs.Tab>
              <Tabs.Tab value="ask">Ask</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="documents">
              <DocumentsTab thing={thing} />
            </Tabs.Panel>
            <Tabs.Panel value="ask">{filters.tab === 'ask' && <AskTab thing={thing} />}</Tabs.Panel>
          </Tabs>
        </>
      )}
    </>
  );
}
