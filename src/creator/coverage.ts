import type { ClauseCoverage, Requirements, ScenarioResult } from './artefacts.js';

/**
 * What rehearsals have shown of each clause, in the order of the procedure. A clause is covered when a scenario that passed,
 * and no failed one, has looked for it. What scenarios say of clauses that the procedure does not have counts nowhere.
 */
export function coverageOf(
  { clauses }: Pick<Requirements, 'clauses'>,
  results: readonly ScenarioResult[],
): ClauseCoverage[] {
  return clauses.map(({ id, quote }) => {
    const looking = results.filter(({ checks }) => checks.some(({ clauseId }) => clauseId === id));
    const failed = looking.some(({ passed }) => !passed);
    const state = failed ? 'failed' : looking.length > 0 ? 'covered' : 'not-rehearsed';
    return { clauseId: id, quote, state, scenarios: [...new Set(looking.map(({ title }) => title))] };
  });
}
