import { Button, Group, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import { Empty } from '../../parts/empty.tsx';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { useRole } from '../../parts/use-role.ts';
import { AwsProblem } from './aws-problem.tsx';
import { askDelete } from './delete-dialog.tsx';
import { IngestionList } from './ingestion-list.tsx';
import { isOver, rankOf, reasonsOf } from './ingestion-state.ts';
import { Lost } from './lost.tsx';
import { SourceDialog } from './source-dialog.tsx';
import { SourceDocuments } from './source-documents.tsx';
import { apiPathOf, type Thing } from './thing.ts';
import type { Ingestion, KnowledgeSource } from './types.ts';
import { useLatest } from './use-latest.ts';

const COLUMNS = ['Source', 'Reads', 'Cut into', 'State'];

/** What a knowledge base is filled from, and its fillings as they go on. */
export function SourcesTab({ thing, isReady }: { thing: Extract<Thing, { kind: 'base' }>; isReady: boolean }) {
  const path = apiPathOf(thing);
  const mayEdit = useRole() === 'admin';
  const [isAdding, { open, close }] = useDisclosure();
  const sources = usePages<KnowledgeSource>(`${path}/sources`);
  const ingestions = useLatest<Ingestion>({ path: `${path}/ingestions`, keyOf: ({ id }) => id, rankOf });
  const [opened, setOpened] = useState<string>();
  const [starting, setStarting] = useState<string>();
  const [error, setError] = useState<unknown>();
  const running = ingestions.rows.some((ingestion) => !isOver(ingestion));
  const ingest = async (sourceId: string) => {
    setStarting(sourceId);
    setError(undefined);
    try {
      ingestions.took(await request<Ingestion>(`${path}/ingestions`, { method: 'POST', body: { sourceId } }));
    } catch (reason) {
      setError(reason);
    } finally {
      setStarting(undefined);
    }
  };
  const remove = ({ id, name, bucketArn }: KnowledgeSource) =>
    askDelete({
      what: `the source ${name}`,
      consequences: [
        'What was read from it is not found any more, unless it was added so that its vectors stay. This cannot be undone.',
        `What is in ${shownBucket(bucketArn)} stays.`,
      ],
      path: `${path}/sources/${encodeURIComponent(id)}`,
      deleted: () => {
        sources.again();
        ingestions.again();
      },
    });
  const shown = sources.items.find(({ id }) => id === opened);
  const nameOf = (id: string) => sources.items.find((source) => source.id === id)?.name ?? id;
  return (
    <>
      {mayEdit && (
        <Group mb="sm">
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={open} disabled={!isReady}>
            Add a source
          </Button>
        </Group>
      )}
      {sources.error && <AwsProblem what="Its sources" error={sources.error} again={sources.again} />}
      {!sources.error && !sources.isLoading && sources.items.length === 0 && (
        <Empty title="No sources yet">
          A source is a bucket, or a part of one. Its documents are read when you ingest it, and again whenever you say
          so.
        </Empty>
      )}
      {sources.items.length > 0 && (
        <List label="Sources" columns={mayEdit ? [...COLUMNS, 'Actions'] : COLUMNS}>
          {sources.items.map((source) => (
            <tr key={source.id}>
              <td className="wide knowledge-words">
                {source.name}
                {source.bucketArn !== null && (
                  <div>
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      aria-expanded={opened === source.id}
                      aria-label={`Documents of ${source.name}`}
                      onClick={() => setOpened(opened === source.id ? undefined : source.id)}
                    >
                      Documents
                    </Button>
                  </div>
                )}
              </td>
              <td className="wide knowledge-words mono">
                {shownBucket(source.bucketArn)}
                {source.prefix !== null && `/${source.prefix}`}
              </td>
              <td className="wide">{shownChunking(source.chunking)}</td>
              <td className="wide knowledge-words">
                {source.status.toLowerCase().replaceAll('_', ' ')}
                {reasonsOf(source).map((reason) => (
                  <div key={reason} className="knowledge-reason">
                    {reason}
                  </div>
                ))}
              </td>
              {mayEdit && (
                <td>
                  <Group gap="xs" wrap="nowrap">
                    <Button
                      size="compact-sm"
                      loading={starting === source.id}
                      disabled={!isReady || running}
                      onClick={() => void ingest(source.id)}
                      aria-label={`Ingest ${source.name}`}
                    >
                      Ingest
                    </Button>
                    <Button
                      size="compact-sm"
                      variant="outline"
                      color="red"
                      onClick={() => remove(source)}
                      aria-label={`Delete ${source.name}`}
                    >
                      Delete…
                    </Button>
                  </Group>
                </td>
              )}
            </tr>
          ))}
        </List>
      )}
      <More {...sources} />
      {shown && (
        <SourceDocuments
          key={shown.id}
          path={`${path}/sources/${encodeURIComponent(shown.id)}`}
          source={shown}
          canIngest={isReady && !running}
          isStarting={starting === shown.id}
          moment={momentOf(ingestions.rows, shown.id)}
          ingest={() => ingest(shown.id)}
        />
      )}
      {error !== undefined && <AwsProblem what="The ingestion" error={error} />}
      {(ingestions.rows.length > 0 || ingestions.error) && (
        <Title order={3} mt="md" mb="xs">
          Ingestions
        </Title>
      )}
      {ingestions.isLost && <Lost />}
      {ingestions.error && <AwsProblem what="Its ingestions" error={ingestions.error} again={ingestions.again} />}
      {ingestions.rows.length > 0 && <IngestionList path={path} ingestions={ingestions.rows} nameOf={nameOf} />}
      <More {...ingestions} />
      {isAdding && (
        <SourceDialog
          path={path}
          close={close}
          created={() => {
            close();
            sources.again();
          }}
        />
      )}
    </>
  );
}

/** How far the ingestions of a source are, to be compared. */
function momentOf(ingestions: readonly Ingestion[], sourceId: string): string {
  return ingestions
    .filter((ingestion) => ingestion.sourceId === sourceId)
    .map(({ id, status, updatedAt }) => `${id} ${status} ${updatedAt}`)
    .join();
}

function shownBucket(bucketArn: string | null): string {
  return bucketArn === null ? 'elsewhere than S3' : `s3://${bucketArn.replace(/^.*:::/, '')}`;
}

function shownChunking(chunking: KnowledgeSource['chunking']): string {
  switch (chunking?.strategy) {
    case undefined:
      return 'Bedrock’s own way';
    case 'FIXED_SIZE':
      return `${chunking.maxTokens} tokens, ${chunking.overlapPercentage} % overlap`;
    case 'HIERARCHICAL':
      return `${chunking.levelConfigurations.map(({ maxTokens }) => maxTokens).join(' and ')} tokens, two levels`;
    case 'SEMANTIC':
      return `by meaning, up to ${chunking.maxTokens} tokens`;
    case 'NONE':
      return 'whole documents';
    default:
      return 'in another way';
  }
}
