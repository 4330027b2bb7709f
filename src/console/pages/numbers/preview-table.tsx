import { memo } from 'react';
import { shownNumber } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { ScrollBox } from '../agents/scroll-box.tsx';
import type { PreviewLine } from './csv-preview.ts';

const ORDER = ['broken', 'new', 'changed', 'same'] as const;
const MARKS = { new: '+ new', changed: '~ changed', same: '= same', broken: '✗ broken' } as const;

/** Every line of a file with what it would do: those first that need a look. Not drawn anew for every row applied. */
export const PreviewTable = memo(function PreviewTable({ lines }: { lines: readonly PreviewLine[] }) {
  if (lines.length === 0) return null;
  const sorted = ORDER.flatMap((kind) => lines.filter((line) => line.kind === kind));
  return (
    <ScrollBox label="Rows of the file">
      <List label="Rows" columns={['Line', 'Number', 'Is', 'What']}>
        {sorted.map((line) => (
          <tr key={line.line}>
            <td className="tabular">{line.line}</td>
            <td className="number">{shownNumber(line.number || '-')}</td>
            <td className={line.kind === 'broken' ? 'number-broken' : undefined}>{MARKS[line.kind]}</td>
            <td className="wide">{whatOf(line)}</td>
          </tr>
        ))}
      </List>
    </ScrollBox>
  );
});

function whatOf(line: PreviewLine): string {
  if (line.kind === 'broken') return line.reasons.join('; ');
  return line.kind === 'changed' ? line.changed.join(', ') : '';
}
