import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clause, Scenario } from '../../src/creator/artefacts.js';
import { coverageOf, isShownBy } from '../../src/creator/coverage.js';
import { findingsOfScenarios } from '../../src/creator/stages/write-scenarios.js';
import { procedure } from '../emulator/author/procedures.js';
import { type Made, make, rehearse } from '../emulator/author/studio.js';
import { IDS, PLAN, REQUIREMENTS, SCENARIOS } from './records.js';

const [STEP = '', PROHIBITION = '', , ESCALATION = ''] = IDS;
const FOLDER = new URL('../../fixtures/sop/', import.meta.url);
/** Those that are no procedures to be followed: one contradicts itself, one speaks to reviewers. */
const UNFIT = ['contradictory', 'talks-to-the-reviewer'];
const NAMES = ['', 'troubled/'].flatMap((folder) =>
  readdirSync(new URL(`./${folder}`, FOLDER))
    .filter((name) => /^(?!README).*\.md$/.test(name) && !UNFIT.includes(name.replace('.md', '')))
    .map((name) => folder + name.replace('.md', '')),
);
const ITEM = /^\s*(?:[-*•] |\d+[.)] |\d+\.\d+ |[a-z]\) )/;
const INPUT = { input: { sop: '', humanHandoffDescription: 'The desk: +14155550142.' } };

type Expectation = Scenario['must'][number];
const scenario = (must: readonly Expectation[], mustNot: readonly Expectation[] = []): Scenario => ({
  title: 'A call',
  callerSays: ['Hello.'],
  must: [...must],
  mustNot: [...mustNot],
});
const found = (scenarios: readonly Scenario[], plan: typeof PLAN | undefined = PLAN) =>
  findingsOfScenarios({ scenarios: [...scenarios] }, INPUT, { requirements: REQUIREMENTS, plan });
/** The ids of the clauses that nothing shows. */
const unshown = (scenarios: readonly Scenario[], plan?: typeof PLAN) =>
  found(scenarios, plan)
    .filter(({ rule }) => rule === 'clause-not-shown')
    .map(({ message }) => /c-[0-9a-f]{8}/.exec(message)?.[0]);
const [GOOD] = SCENARIOS.scenarios;
const must = (clauseId: string) => GOOD.must.filter((each) => each.clauseId !== clauseId);

describe('expectations that show nothing', () => {
  it('are not those of good scenarios', () => {
    expect(
      found([{ ...GOOD, callerSays: [...GOOD.callerSays], must: [...GOOD.must], mustNot: [...GOOD.mustNot] }]),
    ).toEqual([]);
  });

  it.each<[string, string, Scenario]>([
    [
      'words instead of a person, for an escalation',
      ESCALATION,
      scenario([...must(ESCALATION), { clauseId: ESCALATION, kind: 'says', value: 'legal action' }], GOOD.mustNot),
    ],
    [
      'a person that must not be reached, for an escalation',
      ESCALATION,
      scenario(must(ESCALATION), [...GOOD.mustNot, { clauseId: ESCALATION, kind: 'hands-off', value: 'no need' }]),
    ],
    [
      'a tool instead of a person, for an escalation',
      ESCALATION,
      scenario(
        [...must(ESCALATION), { clauseId: ESCALATION, kind: 'calls-tool', value: 'transfer_to_human' }],
        GOOD.mustNot,
      ),
    ],
    [
      'words that must be said, for a prohibition',
      PROHIBITION,
      scenario([...GOOD.must, { clauseId: PROHIBITION, kind: 'says', value: 'cash' }]),
    ],
    [
      'a person, for a prohibition',
      PROHIBITION,
      scenario([...GOOD.must, { clauseId: PROHIBITION, kind: 'hands-off', value: 'cash' }]),
    ],
    [
      'what must not happen, for a step',
      STEP,
      scenario(must(STEP), [...GOOD.mustNot, { clauseId: STEP, kind: 'hands-off', value: 'no need' }]),
    ],
    [
      'a greeting, for a step',
      STEP,
      scenario([...must(STEP), { clauseId: STEP, kind: 'says', value: 'Hello' }], GOOD.mustNot),
    ],
    [
      'particles, for a step',
      STEP,
      scenario([...must(STEP), { clauseId: STEP, kind: 'says', value: 'for the' }], GOOD.mustNot),
    ],
    [
      'no words at all, for a step',
      STEP,
      scenario([...must(STEP), { clauseId: STEP, kind: 'says', value: '…' }], GOOD.mustNot),
    ],
  ])('are %s', (_what, clauseId, thin) => {
    expect(unshown([thin], PLAN)).toEqual([clauseId]);
    expect(found([thin])[0]?.message).toMatch(/it needs/);
  });

  it('are tools that must not be called and that the agent does not have', () => {
    const thin = scenario(GOOD.must, [{ clauseId: PROHIBITION, kind: 'calls-tool', value: 'pay_cash' }]);

    expect(unshown([thin], undefined)).toEqual([PROHIBITION]);
  });

  it.each<[string, Scenario]>([
    [
      'a refusal in other words',
      scenario([...GOOD.must, { clauseId: PROHIBITION, kind: 'means', value: 'The agent refuses cash.' }]),
    ],
    [
      'a tool that must not be called',
      scenario(GOOD.must, [{ clauseId: PROHIBITION, kind: 'calls-tool', value: 'register_return' }]),
    ],
  ])('are not %s, for a prohibition', (_what, good) => {
    expect(found([good])).toEqual([]);
  });

  it.each<[string, Clause, Expectation, boolean]>([
    [
      'figures',
      { id: 'c', kind: 'rule', quote: 'Within 30 days.', summary: 'x' },
      { clauseId: 'c', kind: 'says', value: '30' },
      true,
    ],
    [
      'words of a script without blanks',
      { id: 'c', kind: 'step', quote: '注文番号を尋ねる。', summary: 'x' },
      { clauseId: 'c', kind: 'says', value: '注文番号を尋ねる' },
      true,
    ],
    [
      'other words',
      { id: 'c', kind: 'rule', quote: 'Within 30 days.', summary: 'x' },
      { clauseId: 'c', kind: 'says', value: 'Certainly' },
      false,
    ],
    [
      'another clause',
      { id: 'c', kind: 'rule', quote: 'Within 30 days.', summary: 'x' },
      { clauseId: 'd', kind: 'says', value: '30' },
      false,
    ],
  ])('are told from those that do by %s', (_what, clause, expectation, isShown) => {
    expect(isShownBy(clause, { ...expectation, must: true })).toBe(isShown);
  });
});

/** Each is made once. */
const makings = new Map<string, Promise<Made>>();
const made = (name: string): Promise<Made> => {
  const known = makings.get(name) ?? make(procedure(name));
  makings.set(name, known);
  return known;
};
const isAbout = (id: string) => (expectation: { clauseId: string }) => expectation.clauseId === id;
const without = (scenarios: readonly Scenario[], id: string) =>
  scenarios.map((each) => ({
    ...each,
    must: each.must.filter((expectation) => !isAbout(id)(expectation)),
    mustNot: each.mustNot.filter((expectation) => !isAbout(id)(expectation)),
  }));

describe.each(NAMES)('the procedure %s', { timeout: 120_000 }, (name) => {
  it('loses exactly the clause whose expectations are taken out of its scenarios', async () => {
    const { requirements, plan, scenarios } = await made(name);
    const left = (given: readonly Scenario[]) =>
      findingsOfScenarios({ scenarios: [...given] }, INPUT, { requirements, plan }).map(({ message }) => message);

    expect(left(scenarios)).toEqual([]);
    for (const { id, kind, quote } of requirements.clauses) {
      const lost = left(without(scenarios, id));
      expect(lost).toEqual(kind === 'information' ? [] : [expect.stringContaining(`${id} ("${quote}")`)]);
    }
  });

  it('loses exactly the clause that no rehearsal has looked for', async () => {
    const whole = await made(name);
    const { results } = await rehearse(whole);
    const states = (given: typeof results) =>
      coverageOf(whole.requirements, given).map(({ clauseId, state }) => ({ clauseId, state }));
    const all = states(results);

    expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['covered']));
    for (const { id } of whole.requirements.clauses) {
      const less = results.map((result) => ({
        ...result,
        checks: result.checks.filter((check) => !isAbout(id)(check)),
      }));

      expect(states(less)).toEqual(
        all.map((each) => (each.clauseId === id ? { clauseId: id, state: 'not-rehearsed' } : each)),
      );
    }
  });

  it('without one of its items covers all other clauses, and nothing else changes', async () => {
    const sop = procedure(name);
    const lines = sop.split('\n');
    const items = lines.filter((line, at) => ITEM.test(line) && !/^\s+\S/.test(lines[at + 1] ?? ''));
    const whole = await made(name);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...items), async (item) => {
        const less = await make(sop.replace(`${item}\n`, ''));
        const { coverage } = await rehearse(less);
        const kept = new Set(less.requirements.clauses.map(({ id }) => id));
        const gone = whole.requirements.clauses.filter(({ id }) => !kept.has(id));

        expect(gone.every(({ quote }) => item.includes(quote))).toBe(true);
        expect(gone.length).toBeGreaterThan(0);
        expect(coverage.map(({ clauseId, state }) => [clauseId, state])).toEqual(
          whole.requirements.clauses.filter(({ id }) => kept.has(id)).map(({ id }) => [id, 'covered']),
        );
      }),
      { numRuns: 4 },
    );
  });
});
