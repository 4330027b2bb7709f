import { Alert, Button, Group, Title } from '@mantine/core';
import { useState } from 'react';
import { Empty } from '../../parts/empty.tsx';
import { shownMoment } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { useLeaveGuard } from '../../parts/use-leave-guard.ts';
import { usePages } from '../../parts/use-pages.ts';
import { useRole } from '../../parts/use-role.ts';
import { askLeave } from './ask-leave.tsx';
import { AwsProblem } from './aws-problem.tsx';
import { askDelete } from './delete-dialog.tsx';
import { DropBox } from './drop-box.tsx';
import { SOURCE_FILES, shownBytes } from './files.ts';
import { KnownDocuments } from './known-documents.tsx';
import type { KnowledgeSource, SourceDocument } from './types.ts';
import { useUploads } from './use-uploads.ts';

const COLUMNS = ['Document', 'Size', 'Changed'];

/** What is in the bucket of a source. A change is found once the source is ingested again. */
export function SourceDocuments(props: {
  /** Of the source in the API. */
  path: string;
  source: KnowledgeSource;
  canIngest: boolean;
  isStarting: boolean;
  /** Changes when an ingestion of it goes on. */
  moment: string;
  ingest: () => Promise<void>;
}) {
  const { source, canIngest, isStarting, moment, ingest } = props;
  const path = `${props.path}/documents`;
  const mayEdit = useRole() === 'admin';
  const { items, error, isLoading, again, ...more } = usePages<SourceDocument>(path);
  const [isChanged, setChanged] = useState(false);
  const changed = () => {
    setChanged(true);
    again();
  };
  const { isSending, ...uploads } = useUploads<SourceDocument>(path, SOURCE_FILES, changed);
  useLeaveGuard(isSending, askLeave);
  const remove = ({ name, uri }: SourceDocument) =>
    askDelete({
      what: `the document ${name}`,
      consequences: [
        `${uri} is deleted from its bucket, with its metadata.`,
        'It is found until the source is ingested again.',
      ],
      path: `${path}?name=${encodeURIComponent(name)}`,
      deleted: changed,
    });
  return (
    <section aria-label={`Documents of ${source.name}`}>
      <Title order={3} mt="md" mb="xs">
        Documents of {source.name}
      </Title>
      {mayEdit && <DropBox files={SOURCE_FILES} {...uploads} />}
      {isChanged && !isSending && (
        <Alert color="blue" variant="light" role="status" my="sm" title="Not found yet">
          <Group gap="sm">
            What was changed here is found after the source has been ingested again.
            <Button
              size="compact-sm"
              disabled={!canIngest}
              loading={isStarting}
              onClick={() => void ingest().then(() => setChanged(false))}
            >
              Ingest now
            </Button>
          </Group>
        </Alert>
      )}
      {error && <AwsProblem what="Its documents" error={error} again={again} />}
      {!error && !isLoading && items.length === 0 && (
        <Empty title="No documents yet">
          {mayEdit ? 'Drop some in, or put them into the bucket by other means.' : 'An administrator can drop some in.'}
        </Empty>
      )}
      {items.length > 0 && (
        <List label="In the bucket" columns={mayEdit ? [...COLUMNS, 'Action'] : COLUMNS}>
          {items.map((item) => (
            <tr key={item.uri}>
              <td className="wide knowledge-words" title={item.uri}>
                {item.name}
              </td>
              <td className="tabular">{shownBytes(item.byteLength)}</td>
              <td className="tabular" title={item.updatedAt}>
                {shownMoment(item.updatedAt)}
              </td>
              {mayEdit && (
                <td>
                  <Button
                    size="compact-sm"
                    variant="outline"
                    color="red"
                    onClick={() => remove(item)}
                    aria-label={`Delete ${item.name}`}
                  >
                    Delete…
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </List>
      )}
      <More {...more} />
      <KnownDocuments
        path={`${props.path}/known-documents`}
        within={`s3://${source.bucketArn?.replace(/^.*:::/, '')}/${source.prefix ?? ''}`}
        moment={moment}
      />
    </section>
  );
}
