import { Alert, Button, Group, List, Tabs, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { shownMoment } from '../../parts/format.ts';
import { useAgents } from '../../parts/use-agents.ts';
import { useFilters } from '../../parts/use-filters.ts';
import { useRole } from '../../parts/use-role.ts';
import { AskTab } from './ask-tab.tsx';
import { askDelete } from './delete-dialog.tsx';
import { reasonsOf } from './ingestion-state.ts';
import { Missing } from './missing.tsx';
import { SourcesTab } from './sources-tab.tsx';
import { apiPathOf, askersOf, namesOf, type Thing } from './thing.ts';
import type { KnowledgeBase } from './types.ts';
import { BASES_KEY, useBase } from './use-things.ts';
import { UsedBy } from './used-by.tsx';

/** A knowledge base: what it is filled from, how that goes, and what is found in it. */
export function BasePane({ thing }: { thing: Extract<Thing, { kind: 'base' }> }) {
  const { data, error, refetch } = useBase(thing.id);
  const { filters, setFilter } = useFilters(['tab']);
  const { data: agents = [] } = useAgents();
  const mayEdit = useRole() === 'admin';
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const remove = ({ name, storage }: KnowledgeBase) => {
    const names = namesOf(askersOf(agents, thing));
    askDelete({
      what: `the knowledge base ${name}`,
      consequences: [
        `Its sources go with it, which cannot be undone. Where its vectors are stays${storage ? `: ${placeOf(storage)}` : ''}; what is in the buckets stays too.`,
        names === '' ? 'No agent uses it.' : `These agents find nothing any more: ${names}.`,
      ],
      path: apiPathOf(thing),
      deleted: () => {
        void queries.invalidateQueries({ queryKey: BASES_KEY });
        navigate('/knowledge', { replace: true });
      },
    });
  };
  return (
    <>
      <Group justify="space-between" align="start" gap="sm" mb={4}>
        <Title order={2} className="knowledge-words">
          {data?.name ?? thing.id}
        </Title>
        {mayEdit && data && data.status !== 'DELETING' && (
          <Button size="xs" variant="outline" color="red" onClick={() => remove(data)}>
            Delete knowledge base…
          </Button>
        )}
      </Group>
      {!data && <Missing what="the knowledge base" error={error} again={() => void refetch()} />}
      {data && (
        <>
          <Text size="sm" c="dimmed" className="knowledge-words">
            Bedrock knowledge base <span className="mono">{data.id}</span>
            {data.storage && ` · vectors in ${placeOf(data.storage)}`}
            {data.createdAt !== null && ` · made ${shownMoment(data.createdAt)}`}
          </Text>
          {data.description !== null && (
            <Text size="sm" className="knowledge-words">
              {data.description}
            </Text>
          )}
          <UsedBy thing={thing} />
          <Standing base={data} />
          <Tabs
            mt="sm"
            value={filters.tab || 'sources'}
            onChange={(tab) => setFilter('tab', tab === 'sources' ? null : tab)}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="sources">Sources</Tabs.Tab>
              <Tabs.Tab value="ask">Ask</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="sources">
              <SourcesTab thing={thing} isReady={data.status === 'ACTIVE'} />
            </Tabs.Panel>
            <Tabs.Panel value="ask">{filters.tab === 'ask' && <AskTab thing={thing} />}</Tabs.Panel>
          </Tabs>
        </>
      )}
    </>
  );
}

/** What keeps it from being used, if anything. */
function Standing({ base }: { base: KnowledgeBase }) {
  const { status } = base;
  const reasons = reasonsOf(base);
  if (status === 'ACTIVE' && reasons.length === 0) return null;
  const isBad = status === 'FAILED' || status.endsWith('UNSUCCESSFUL');
  return (
    <Alert mt="sm" color={isBad ? 'red' : 'blue'} variant="light" title={wordsOf(status)} role="status">
      {reasons.length > 0 && (
        <List size="sm" className="knowledge-words">
          {reasons.map((reason) => (
            <List.Item key={reason}>{reason}</List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

function wordsOf(status: string): string {
  switch (status) {
    case 'CREATING':
      return 'Bedrock is creating it: it can be filled in a moment.';
    case 'DELETING':
      return 'Bedrock is deleting it.';
    case 'FAILED':
      return 'Bedrock could not create it.';
    default:
      return `Bedrock says: ${status}`;
  }
}

/** `index documents/manuals`, as the end of its ARN says it. */
function placeOf({ kind, indexArn, collectionArn, vectorIndexName }: NonNullable<KnowledgeBase['storage']>): string {
  if (indexArn !== undefined) return indexArn.replace(/^.*:bucket\//, '').replace('/index/', '/');
  if (collectionArn !== undefined) return `OpenSearch Serverless, ${vectorIndexName ?? collectionArn}`;
  return kind;
}
