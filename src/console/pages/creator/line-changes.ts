import { diffLines } from 'diff';

/** A line of two texts laid beside each other; `gap` stands for lines that are the same and left out. */
export type ChangedLine =
  | { readonly kind: 'same' | 'added' | 'removed'; readonly line: number; readonly text: string }
  | { readonly kind: 'gap'; readonly line: number; readonly count: number };

/** Lines around a change that are shown with it. */
const AROUND = 3;

/** What has come and gone, with a few lines around. Numbers are those of the text that the line is in, from 1. */
export function changedLines(before: string, after: string): ChangedLine[] {
  let [oldLine, newLine] = [0, 0];
  const lines = diffLines(before, after).flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((text): Exclude<ChangedLine, { kind: 'gap' }> => {
        if (!added) oldLine++;
        if (!removed) newLine++;
        if (removed) return { kind: 'removed', line: oldLine, text };
        return { kind: added ? 'added' : 'same', line: newLine, text };
      }),
  );
  const isShown = lines.map(() => false);
  for (const [index, { kind }] of lines.entries()) {
    if (kind !== 'same') isShown.fill(true, Math.max(0, index - AROUND), index + AROUND + 1);
  }
  if (!isShown.includes(true)) return [];
  const shown: ChangedLine[] = [];
  for (const [index, line] of lines.entries()) {
    const last = shown.at(-1);
    if (isShown[index]) shown.push(line);
    else if (last?.kind === 'gap') shown[shown.length - 1] = { ...last, count: last.count + 1 };
    else shown.push({ kind: 'gap', line: line.line, count: 1 });
  }
  return shown;
}
