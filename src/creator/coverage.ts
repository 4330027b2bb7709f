import type { Clause, ClauseCoverage, Requirements, Scenario, ScenarioResult } from './artefacts.js';

type Expectation = Scenario['must'][number] & { readonly must: boolean };

/**
 * What rehearsals have shown of each clause, in the order of the procedure. A clause is covered when a scenario that passed,
 * and no failed one, has looked for it in a way that shows it. What scenarios say of clauses that the procedure does not have
 * counts nowhere.
 */
export function coverageOf(
  { clauses }: Pick<Requirements, 'clauses'>,
  results: readonly ScenarioResult[],
): ClauseCoverage[] {
  return clauses.map((clause) => {
    const looking = results.filter(({ checks }) => checks.some(({ clauseId }) => clauseId === clause.id));
    const showing = looking.filter(({ checks }) => checks.some((check) => isShownBy(clause, check)));
    const isFailed = looking.some(({ passed }) => !passed);
    const state = isFailed ? 'failed' : showing.length > 0 ? 'covered' : 'not-rehearsed';
    const scenarios = [...new Set((isFailed ? looking : showing).map(({ title }) => title))];
    return { clauseId: clause.id, quote: clause.quote, state, scenarios };
  });
}

/**
 * Whether an expectation that is met shows that a clause is followed: of an escalation that a person was reached, of a
 * prohibition that something was not done or was refused, of a step and a fact that something was done or said. Words that
 * have nothing to do with the clause show nothing of it.
 */
export function isShownBy(
  clause: Pick<Clause, 'id' | 'kind' | 'quote' | 'summary'>,
  expectation: Expectation,
): boolean {
  const { clauseId, kind, must } = expectation;
  if (clauseId !== clause.id) return false;
  switch (clause.kind) {
    case 'escalation':
      return must && kind === 'hands-off';
    case 'prohibition':
      return must ? kind === 'means' : true;
    case 'step':
    case 'information':
      return must && isOfClause(clause, expectation);
    case 'rule':
      return isOfClause(clause, expectation);
  }
}

/** An agent says "hello" and "please" whatever it was told: words to look for have to be the clause's own. */
function isOfClause({ quote, summary }: Pick<Clause, 'quote' | 'summary'>, { kind, value }: Expectation): boolean {
  if (kind !== 'says') return true;
  const own = ` ${wordsIn(`${quote} ${summary}`).join(' ')} `;
  return wordsIn(value).some((word) => isTelling(word) && own.includes(` ${word}`));
}

/** Figures, and words that are no mere particle; scripts without blanks between words have short ones. */
function isTelling(word: string): boolean {
  return /\p{N}/u.test(word) || /[^\p{Script=Latin}\p{M}]/u.test(word) || word.length >= 4;
}

function wordsIn(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}
