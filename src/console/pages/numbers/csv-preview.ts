import type { Agent, PhoneNumber } from '../../api/types.ts';
import { isSame } from '../agents/draft.ts';
import { COLUMNS, type Column, type CsvRecord, FORMULA, recordOf } from './csv-columns.ts';
import { readRecord } from './csv-record.ts';
import { bodyOfNumber, type NumberBody } from './number-form.ts';
import type { Phones } from './phones.ts';

/** A file as rows of cells, and what the reader of it stumbled over, by row (0: the header). */
export interface Sheet {
  readonly rows: readonly (readonly string[])[];
  readonly faults: ReadonlyMap<number, string>;
}

interface Line {
  /** Of the file, from 1. */
  readonly line: number;
  /** E.164 where it can be read; else as it stands in the file. */
  readonly number: string;
  /** As it stands in the file. */
  readonly cells: readonly string[];
}
export type GoodLine = Line & {
  readonly body: NumberBody;
  /** The version that is changed; undefined for a new number. */
  readonly version: number | undefined;
  readonly changed: readonly Column[];
};
export type PreviewLine =
  | (GoodLine & { readonly kind: 'new' | 'changed' })
  | (Line & { readonly kind: 'same' })
  | (Line & { readonly kind: 'broken'; readonly reasons: readonly string[] });

export interface Preview {
  readonly header: readonly string[];
  readonly lines: readonly PreviewLine[];
  /** Columns that mean nothing here. */
  readonly ignored: readonly string[];
}

interface Known {
  readonly numbers: readonly PhoneNumber[];
  readonly agents: readonly Agent[];
  readonly phones: Phones;
}

/** What a file would do, line by line. A column that it does not have leaves what is set. Throws a file without numbers. */
export function previewOf({ rows, faults }: Sheet, known: Known): Preview {
  const header = (rows[0] ?? []).map((name) => name.trim());
  const columns = header.map((name) => COLUMNS.find((column) => column.toLowerCase() === name.toLowerCase()));
  if (!columns.includes('number')) {
    throw new Error(`The first line has no column “number”. Columns are: ${COLUMNS.join(', ')}.`);
  }
  const seen = new Map<string, number>();
  const lines: PreviewLine[] = [];
  let line = 1;
  rows.forEach((cells, row) => {
    const at = line;
    // A quoted cell may go over several lines.
    line += 1 + cells.join('').split('\n').length - 1;
    if (row === 0 || cells.every((cell) => cell.trim() === '')) return;
    const record = recordFrom(columns, cells);
    const number = known.phones.e164(record.number ?? '') ?? record.number?.trim() ?? '';
    const earlier = seen.get(number);
    seen.set(number, earlier ?? at);
    const reasons = [
      ...(faults.has(row) ? [faults.get(row)!] : []),
      ...(cells.length === header.length ? [] : [`has ${cells.length} cells, the first line ${header.length}`]),
      ...(earlier === undefined ? [] : [`number: stands on line ${earlier} already`]),
    ];
    const place = { line: at, number, cells };
    lines.push(reasons.length > 0 ? { ...place, kind: 'broken', reasons } : lineOf(place, record, known));
  });
  return { header, lines, ignored: header.filter((name, index) => name !== '' && !columns[index]) };
}

function lineOf(place: Line, record: CsvRecord, { numbers, agents, phones }: Known): PreviewLine {
  const isNumber = phones.e164(place.number) !== undefined;
  const now = numbers.find(({ number }) => number === place.number);
  const before = now && recordOf(now, '');
  const asked = record.agentName && record.agentId === undefined ? { ...before, agentId: '' } : before;
  const read = readRecord({ ...asked, ...record }, agents, phones);
  const reasons = [
    ...(isNumber
      ? []
      : [place.number === '' ? 'number: is missing' : `number: “${place.number}” is not a telephone number`]),
    ...(read.problems ?? []),
  ];
  if (reasons.length > 0 || read.problems) return { ...place, kind: 'broken', reasons };
  if (now && isSame(read.body, bodyOfNumber(now))) return { ...place, kind: 'same' };
  const after = recordOf({ ...read.body, number: place.number }, '');
  const changed = COLUMNS.filter((column) => before?.[column] !== after[column]);
  return { ...place, kind: now ? 'changed' : 'new', body: read.body, version: now?.version, changed };
}

function recordFrom(columns: readonly (Column | undefined)[], cells: readonly string[]): CsvRecord {
  const fields = columns.flatMap((column, index) => (column ? [[column, plain(cells[index] ?? '')] as const] : []));
  return Object.fromEntries(fields) as CsvRecord;
}

/** Without the sign that keeps a spreadsheet from reckoning. */
function plain(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}
