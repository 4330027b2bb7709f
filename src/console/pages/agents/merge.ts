import { type Draft, isSame, toolName, toolsOf } from './draft.ts';

export type Side = 'yours' | 'theirs';

/** A field, or one tool, that two people have made different things of. */
export interface Clash {
  /** Of the draft; for a tool `tools.` and its name. */
  readonly key: string;
  readonly base: unknown;
  readonly yours: unknown;
  readonly theirs: unknown;
  /** Who alone has changed it; undefined when both have, and somebody has to choose. */
  readonly onlyBy: Side | undefined;
}

/** The parts of a draft that are chosen as a whole. */
export function partsOf(draft: Draft): Map<string, unknown> {
  const parts = new Map<string, unknown>();
  for (const [key, value] of Object.entries(draft)) if (key !== 'tools') parts.set(key, value);
  for (const tool of toolsOf(draft)) {
    let key = `tools.${toolName(tool)}`;
    while (parts.has(key)) key += ' (again)';
    parts.set(key, tool);
  }
  return parts;
}

/** What is different between what you have made of a version and what somebody else has. */
export function clashesOf(base: Draft, yours: Draft, theirs: Draft): Clash[] {
  const [before, mine, other] = [partsOf(base), partsOf(yours), partsOf(theirs)];
  return [...new Set([...before.keys(), ...mine.keys(), ...other.keys()])].flatMap((key) => {
    const part = { key, base: before.get(key), yours: mine.get(key), theirs: other.get(key) };
    if (isSame(part.yours, part.theirs)) return [];
    const onlyBy = isSame(part.base, part.theirs) ? 'yours' : isSame(part.base, part.yours) ? 'theirs' : undefined;
    return [{ ...part, onlyBy }];
  });
}

/** Their version with those parts of yours that were chosen. */
export function mergedDraft(theirs: Draft, clashes: readonly Clash[], choices: ReadonlyMap<string, Side>): Draft {
  const parts = partsOf(theirs);
  for (const { key, yours } of clashes) {
    if (choices.get(key) !== 'yours') continue;
    if (yours === undefined) parts.delete(key);
    else parts.set(key, yours);
  }
  const fields = [...parts].filter(([key]) => !key.startsWith('tools.'));
  const tools = [...parts].filter(([key]) => key.startsWith('tools.')).map(([, tool]) => tool);
  return { ...Object.fromEntries(fields), tools };
}
