import { Button, Progress, Text } from '@mantine/core';
import { Empty } from '../../parts/empty.tsx';
import { shownMoment } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useLeaveGuard } from '../../parts/use-leave-guard.ts';
import { useRole } from '../../parts/use-role.ts';
import { askLeave } from './ask-leave.tsx';
import { askDelete } from './delete-dialog.tsx';
import { rankOf, stateOf, stepOf } from './document-state.ts';
import { DropBox } from './drop-box.tsx';
import { INDEX_FILES, shownBytes } from './files.ts';
import { Lost } from './lost.tsx';
import { StateMark } from './state-mark.tsx';
import { apiPathOf, type Thing } from './thing.ts';
import type { Document } from './types.ts';
import { useLatest } from './use-latest.ts';
import { useUploads } from './use-uploads.ts';

const COLUMNS = ['Document', 'State', 'Chunks', 'Size', 'Updated'];

/** The documents of an index, as they come in, are worked on and go. */
export function DocumentsTab({ thing }: { thing: Extract<Thing, { kind: 'index' }> }) {
  const path = apiPathOf(thing);
  const mayEdit = useRole() === 'admin';
  const { rows, took, isLost, error, isLoading, again, ...more } = useLatest<Document>({
    path: `${path}/documents`,
    keyOf: ({ documentId }) => documentId,
    rankOf,
  });
  const { isSending, ...uploads } = useUploads<Document>(`${path}/documents`, INDEX_FILES, took);
  useLeaveGuard(isSending, askLeave);
  const underway = rows.filter((row) => rankOf(row) !== undefined).length;
  const remove = ({ documentId, name }: Document) =>
    askDelete({
      what: `the document ${name}`,
      consequences: ['Nothing of it is found any more. What it was made from stays where you have it.'],
      path: `${path}/documents/${encodeURIComponent(documentId)}`,
      deleted: again,
    });
  return (
    <>
      {mayEdit && <DropBox files={INDEX_FILES} {...uploads} />}
      <Text size="sm" c="dimmed" role="status" my="xs" className="tabular">
        {statusOf(rows.length, underway, more.hasMore)}
      </Text>
      {isLost && <Lost />}
      {error && <ProblemAlert error={error} again={again} />}
      {!error && !isLoading && rows.length === 0 && (
        <Empty title="No documents yet">
          {mayEdit
            ? 'Drop some in: each is cut into chunks, embedded, and found from then on.'
            : 'An administrator can drop some in.'}{' '}
          What was put into the index from elsewhere is found as well, and not shown here.
        </Empty>
      )}
      {rows.length > 0 && (
        <List label="Documents" columns={mayEdit ? [...COLUMNS, 'Action'] : COLUMNS}>
          {rows.map((row) => (
            <DocumentRow key={row.documentId} row={row} remove={mayEdit ? () => remove(row) : undefined} />
          ))}
        </List>
      )}
      <More {...more} />
    </>
  );
}

function statusOf(count: number, underway: number, hasMore: boolean | undefined): string {
  if (count === 0) return '';
  const all = `${count}${hasMore ? ' or more' : ''} document${count === 1 ? '' : 's'}`;
  return underway === 0 ? all : `${all}, ${underway} being worked on`;
}

function DocumentRow({ row, remove }: { row: Document; remove: (() => void) | undefined }) {
  const { name, chunkCount, byteLength, updatedAt } = row;
  const { look, words, reason } = stateOf(row);
  const step = stepOf(row);
  return (
    <tr data-state={row.state}>
      <td className="wide knowledge-words">{name}</td>
      <td className="wide knowledge-words">
        <StateMark look={look}>{words}</StateMark>
        {step && (
          <Progress
            size="xs"
            mt={4}
            value={(step.done / step.of) * 100}
            aria-label={`${name}: step ${step.done} of ${step.of}`}
          />
        )}
        {reason !== null && <div className="knowledge-reason">{reason}</div>}
      </td>
      <td className="tabular">{chunkCount ?? ''}</td>
      <td className="tabular">{shownBytes(byteLength)}</td>
      <td className="tabular" title={updatedAt}>
        {shownMoment(updatedAt)}
      </td>
      {remove && (
        <td>
          {row.state !== 'deleting' && (
            <Button size="compact-sm" variant="outline" color="red" onClick={remove} aria-label={`Delete ${name}`}>
              Delete…
            </Button>
          )}
        </td>
      )}
    </tr>
  );
}
