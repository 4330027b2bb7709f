import { e164Schema } from '../directory/number.js';
import type { Requirements } from './artefacts.js';
import type { JobInput } from './job.js';

/** A number in international form, as people write it. */
const NUMBER = /\+\d[\d\s().-]{5,24}\d/g;

/** Whoever gets calls that are passed on. */
export interface Person {
  /** E.164 */
  readonly number: string;
  readonly description: string;
}

/** As the job describes the hand-off, or, if it names no number, as the procedure does where it passes calls on. */
export function personFor(
  { humanHandoffDescription = '' }: Pick<JobInput, 'humanHandoffDescription'>,
  { clauses }: Pick<Requirements, 'clauses'>,
): Person | undefined {
  const escalations = clauses.filter(({ kind }) => kind === 'escalation').map(({ quote }) => quote);
  for (const text of [humanHandoffDescription, ...escalations]) {
    const number = numberIn(text);
    if (number !== undefined) return { number, description: humanHandoffDescription || text };
  }
  return undefined;
}

/** The first number in a text that is one. */
export function numberIn(text: string): string | undefined {
  const candidates = [...text.matchAll(NUMBER)].map(([written]) => `+${written.replace(/\D/g, '')}`);
  return candidates.find((number) => e164Schema.safeParse(number).success);
}
