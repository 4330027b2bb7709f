import type { CreatorJob } from '../../api/types.ts';

type Evidence = NonNullable<CreatorJob['evidence']>;
export type Coverage = Evidence['coverage'][number];
export type Rehearsal = Evidence['results'][number];

const ORDER: readonly Coverage['state'][] = ['failed', 'not-rehearsed', 'covered'];

/** What is missing first; within that in the order of the procedure. */
export function missingFirst(coverage: readonly Coverage[]): Coverage[] {
  return [...coverage].sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
}

/** The rehearsals that looked for a clause. */
export function rehearsalsOf({ clauseId }: Coverage, results: readonly Rehearsal[]): Rehearsal[] {
  return results.filter(({ checks }) => checks.some((check) => check.clauseId === clauseId));
}

/** Names a rehearsal in an address: titles may stand twice, once in writing and once on the telephone. */
export function rehearsalKey({ how, title }: Rehearsal): string {
  return `${how}: ${title}`;
}

export function shownHow(how: Rehearsal['how']): string {
  return how === 'text' ? 'in writing' : 'on the telephone';
}
