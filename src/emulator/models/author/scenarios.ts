import { type Documents, neededJson } from './documents.js';
import { spokenLanguage } from './language.js';
import { labelOf } from './parameters.js';
import { PHRASES } from './phrases.js';
import { toolsFor } from './plan.js';
import { fragmentOf, lineOf, sayOf } from './speech.js';
import { isSuspicious } from './suspicious.js';
import type { Clause, Plan, Requirements } from './types.js';
import { sampleOf } from './values.js';
import { plainText, shortened } from './words.js';

interface Expectation {
  readonly clauseId: string;
  readonly kind: 'says' | 'calls-tool' | 'hands-off' | 'means';
  readonly value: string;
}

interface Scenario {
  readonly title: string;
  readonly callerSays: readonly string[];
  readonly must: readonly Expectation[];
  readonly mustNot: readonly Expectation[];
}

const MOST_SCENARIOS = 60;
const MOST_LINES = 12;

/** A call for every clause, made of this clause alone: when it goes, its call goes, and no other changes. */
export function writeScenarios(documents: Documents): { scenarios: Scenario[] } {
  const { clauses, language } = neededJson<Requirements>(documents, 'requirements');
  const plan = documents.has('plan') ? neededJson<Plan>(documents, 'plan') : undefined;
  const followed = clauses.filter(({ quote }) => !isSuspicious(quote));
  const calls = followed.map((clause) => ({ clause, call: callOf(clause, language, plan) }));
  if (calls.length <= MOST_SCENARIOS) return { scenarios: calls.map(({ call }) => call) };
  // A handed over call is at its end; the others can share one.
  const escalations = calls.filter(({ clause }) => clause.kind === 'escalation').map(({ call }) => call);
  const others = calls.filter(({ clause }) => clause.kind !== 'escalation').map(({ call }) => call);
  return {
    scenarios: [...packed(others, MOST_SCENARIOS - escalations.length), ...escalations].slice(0, MOST_SCENARIOS),
  };
}

function packed(calls: readonly Scenario[], places: number): Scenario[] {
  const each = Math.ceil(calls.length / Math.max(1, places));
  const shared: Scenario[] = [];
  let size = 0;
  for (const call of calls) {
    const last = shared.at(-1);
    if (last && size < each && last.callerSays.length + call.callerSays.length <= MOST_LINES) {
      shared[shared.length - 1] = {
        title: last.title,
        callerSays: [...last.callerSays, ...call.callerSays],
        must: [...last.must, ...call.must],
        // What must not happen for one line may well happen for another.
        mustNot: [],
      };
      size += 1;
    } else {
      shared.push(call);
      size = 1;
    }
  }
  return shared;
}

function callOf(clause: Clause, language: string, plan: Plan | undefined): Scenario {
  const { id: clauseId, kind } = clause;
  const spoken = spokenLanguage(language);
  const said = sayOf(clause, language);
  const tools = toolsFor(clause).filter(({ name }) => plan?.tools.some((tool) => tool.name === name));
  const title = shortened(`${TITLES[kind]}: ${plainText(clause.quote)}`, 190);
  const line = lineOf(clause, language);
  const means: Expectation = { clauseId, kind: 'means', value: shortened(`The agent says: ${said}`, 590) };
  // A program and a prompt of somebody else have words of their own.
  const fragment = fragmentOf(said);
  const says: Expectation =
    plan && kind !== 'information' && isOf(clause, fragment) ? { clauseId, kind: 'says', value: fragment } : means;
  switch (kind) {
    case 'escalation':
      return {
        title,
        callerSays: [line],
        must: [{ clauseId, kind: 'hands-off', value: shortened(plainText(clause.summary), 590) }],
        mustNot: [{ clauseId, kind: 'calls-tool', value: 'end_call' }],
      };
    case 'prohibition':
      return {
        title,
        callerSays: [line],
        must: [means],
        mustNot: [{ clauseId, kind: 'says', value: PHRASES[spoken].noted }],
      };
    case 'step':
    case 'rule':
    case 'information': {
      const names = [...new Set(tools.flatMap(({ parameters }) => parameters.map(({ name }) => name)))];
      const given = names.flatMap((name, position) => {
        const sample = sampleOf(name, position, spoken);
        return sample === undefined ? [] : [PHRASES[spoken].give(labelOf(name), sample)];
      });
      const must = tools.map(({ name }): Expectation => ({ clauseId, kind: 'calls-tool', value: name }));
      return {
        title,
        callerSays: given.length > 0 ? [line, given.join(' ')] : [line],
        must: must.length > 0 ? must : [says],
        mustNot: [{ clauseId, kind: 'hands-off', value: 'Nothing in this clause demands a person.' }],
      };
    }
  }
}

/** Whether one of the words that tell something is the clause's own: others would be said anyway. */
function isOf({ quote, summary }: Clause, fragment: string): boolean {
  const own = `${quote} ${summary}`.toLowerCase();
  const words = fragment.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.some((word) => (word.length >= 4 || /\p{N}/u.test(word)) && own.includes(word));
}

const TITLES: Readonly<Record<Clause['kind'], string>> = {
  escalation: 'Handed over',
  prohibition: 'Refused',
  step: 'Step',
  rule: 'Rule',
  information: 'Asked',
};
