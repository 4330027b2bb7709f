import { FORMULA } from './csv-columns.ts';
import type { Sheet } from './csv-preview.ts';

/** Reads a file of any delimiter. The reader is fetched when it is first needed, as below. */
export async function readSheet(text: string): Promise<Sheet> {
  const { default: papa } = await import('papaparse');
  const { data, errors } = papa.parse<string[]>(text);
  const faults = new Map<number, string>();
  for (const { row, message } of errors) if (row !== undefined) faults.set(row, message);
  return { rows: data, faults };
}

/** As a file that spreadsheets read; no cell of it is taken for a formula. */
export async function writeSheet(rows: readonly (readonly string[])[]): Promise<string> {
  const { default: papa } = await import('papaparse');
  return papa.unparse(
    rows.map((cells) => [...cells]),
    { escapeFormulae: FORMULA, newline: '\r\n' },
  );
}

/** Gives it to the person as a file. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
