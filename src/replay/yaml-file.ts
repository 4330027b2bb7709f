import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { BridgeError, messageOf } from '../errors.js';

/** One fault of a file, with its line where it is known. */
export interface FileFault {
  line: number;
  field: string;
  reason: string;
}

/** Throws `FIXTURE_INVALID` whose message names file, line and reason of every fault. */
export function refuse(file: string, faults: readonly FileFault[]): never {
  const lines = faults.map(({ line, field, reason }) => `${file}:${line}: ${field === '' ? '' : `${field} `}${reason}`);
  throw new BridgeError('FIXTURE_INVALID', lines.join('\n'), { file, faults });
}

/** A checked YAML file that still knows its lines, for faults found later. */
export interface CheckedFile<Value> {
  value: Value;
  lineOf(...path: (string | number)[]): number;
}

/** Parses YAML and checks it against a schema. Throws `FIXTURE_INVALID` with every fault at its line. */
export function parseYamlFile<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): CheckedFile<z.infer<Schema>> {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  if (document.errors.length > 0) {
    refuse(
      file,
      document.errors.map((error) => ({
        line: counter.linePos(error.pos[0]).line,
        field: '',
        reason:
          error.code === 'MULTIPLE_DOCS'
            ? 'begins a second document (---): a file has one'
            : (error.message.split('\n')[0]?.replace(/ at line.*$/, '') ?? 'is not YAML'),
      })),
    );
  }
  const lineOf = (...path: (string | number)[]) => lineAt(document, counter, path);
  const parsed = resolved(document, counter, file, (data) => schema.safeParse(data));
  if (!parsed.success)
    refuse(
      file,
      parsed.error.issues.flatMap((issue) => faultsOf(issue, lineOf)),
    );
  return { value: parsed.data, lineOf };
}

/** Aliases can name nothing, grow without end or hold themselves: that comes out only when the data is used. */
function resolved<Result>(
  document: Document,
  counter: LineCounter,
  file: string,
  use: (data: unknown) => Result,
): Result {
  const faults: FileFault[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return;
      const line = counter.linePos(rangeOf(alias) ?? 0).line;
      faults.push({ line, field: '', reason: `*${alias.source} is an alias of nothing before it` });
    },
  });
  if (faults.length > 0) refuse(file, faults);
  try {
    return use(document.toJS());
  } catch (error) {
    refuse(file, [
      { line: 1, field: '', reason: `has aliases that cannot be followed: ${messageOf(error).split('\n')[0]}` },
    ]);
  }
}

type Issue = z.core.$ZodIssue;

function faultsOf(issue: Issue, lineOf: (...path: (string | number)[]) => number): FileFault[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: lineOf(...path, key),
      field: fieldName([...path, key]),
      reason: 'is no field here',
    }));
  }
  const isMissing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
  return [{ line: lineOf(...path), field: fieldName(path), reason: isMissing ? 'is missing' : issue.message }];
}

/** The line of a field, or of the nearest thing around it that is in the file. */
function lineAt(document: Document, counter: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const offset = keyOffset(document, path.slice(0, length)) ?? rangeOf(node);
    if (offset !== undefined) return counter.linePos(offset).line;
  }
  return 1;
}

/** Where the key of a field stands: its value may begin a line further down. */
function keyOffset(document: Document, path: readonly (string | number)[]): number | undefined {
  const key = path.at(-1);
  if (typeof key !== 'string') return undefined;
  const parent = (path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)) as
    | { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] }
    | null
    | undefined;
  return parent?.items?.find((pair) => pair.key?.value === key)?.key?.range?.[0];
}

function rangeOf(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] | null } | null | undefined)?.range?.[0];
}

/** `caller[1].after` of a path. */
export function fieldName(path: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}
