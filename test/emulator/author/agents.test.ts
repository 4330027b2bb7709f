import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creatorGates } from '../../../src/creator/gates/gates.js';
import { OTHERS, procedure } from './procedures.js';
import { make, read, rehearse } from './studio.js';

const ALL: readonly (readonly [name: string, sop: string])[] = [
  ...['returns-and-refunds', 'appointment-booking', 'technical-support', 'troubled/german', 'troubled/spanish'].map(
    (name) => [name, procedure(name)] as const,
  ),
  ...Object.entries(OTHERS),
];
const gates = creatorGates();

describe.each(ALL)('an agent made of %s', (_, sop) => {
  it('has a plan, a program and prompts that all checks accept', async () => {
    const { plan, code, codeReview, prompt, planReviews, requirements, findings } = await make(sop);

    expect(findings).toEqual([]);
    expect(planReviews).toEqual([expect.objectContaining({ approved: true, issues: [] })]);
    expect(codeReview).toMatchObject({ approved: true, issues: [] });
    expect(await gates.checkCode(code, plan)).toEqual([]);
    expect(gates.checkPrompt(prompt, requirements)).toEqual([]);
    expect(plan.tools.length).toBeGreaterThan(1);
  });

  it('follows every clause when it is rehearsed', async () => {
    const { results, coverage } = await rehearse(await make(sop));

    expect(results.filter(({ passed }) => !passed).map(({ title, checks }) => ({ title, checks }))).toEqual([]);
    expect(coverage.filter(({ state }) => state !== 'covered')).toEqual([]);
  });
});

describe('a procedure without one of its clauses', () => {
  const sop = procedure('returns-and-refunds');
  const items = sop.split('\n').filter((line) => /^(?:- |\d+\. )/.test(line));

  it('has all other calls and covers all other clauses, and nothing else changes', async () => {
    const whole = await make(sop);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...items), async (item) => {
        const less = await make(sop.replace(`${item}\n`, ''));
        const kept = less.requirements.clauses.map(({ id }) => id);
        const gone = whole.requirements.clauses.filter(({ id }) => !kept.includes(id));
        const shows = (scenario: (typeof whole.scenarios)[number]) =>
          [...scenario.must, ...scenario.mustNot].some(({ clauseId }) => clauseId === gone[0]?.id);
        const { coverage } = await rehearse(less);

        expect(gone.map(({ quote }) => quote)).toEqual([item.replace(/^(?:- |\d+\. )/, '')]);
        expect(less.scenarios).toEqual(whole.scenarios.filter((scenario) => !shows(scenario)));
        expect(whole.scenarios.filter(shows)).toHaveLength(1);
        expect(coverage.map(({ clauseId, state }) => [clauseId, state])).toEqual(kept.map((id) => [id, 'covered']));
      }),
      { numRuns: 6 },
    );
  });

  it('reads the same clauses in any order', async () => {
    const rules = sop.split('\n').filter((line) => line.startsWith('- '));
    const clauses = async (order: readonly string[]) =>
      new Set(
        (await read(`# Returns\n\n## Rules\n\n${order.join('\n')}\n`)).clauses.map(({ id, kind }) => `${id} ${kind}`),
      );
    const expected = await clauses(rules);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rules, { minLength: rules.length }), async (order) => {
        expect(await clauses(order)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });
});

describe('a long procedure', () => {
  const rooms = Array.from(
    { length: 150 },
    (_, at) => `- Room ${at + 1} has ${at + 2} chairs and opens with key K${at}.`,
  );
  const sop = `# Rooms\n\n${rooms.join('\n')}\n\n## Escalation\n\n- The caller is locked in.\n`;

  it('is shown by calls that share what they can, and still covered', async () => {
    const made = await make(sop);
    const { coverage } = await rehearse(made);

    expect(made.scenarios.length).toBeLessThanOrEqual(60);
    expect(coverage.filter(({ state }) => state !== 'covered')).toEqual([]);
    expect(gates.checkPrompt(made.prompt, made.requirements)).toEqual([]);
  });

  it('of more than two hundred items is read in fewer clauses that leave nothing out', async () => {
    const { clauses } = await read(`# Rooms\n\n${rooms.join('\n')}\n${rooms.join('\n').replace(/Room/g, 'Hall')}\n`);

    expect(clauses.length).toBeLessThanOrEqual(200);
  });
});

describe('the habits of the author', () => {
  it('takes a message at the last of six escalations, until a review says otherwise', async () => {
    const { draft, plan, planReviews, requirements } = await make(procedure('troubled/many-escalations'));
    const last = requirements.clauses.findLast(({ kind }) => kind === 'escalation');

    expect(draft.escalations.at(-1)?.action).toContain('Take a message');
    expect(planReviews.map(({ approved }) => approved)).toEqual([false, true]);
    expect(planReviews[0]?.issues).toEqual([expect.objectContaining({ clauseId: last?.id })]);
    expect(plan.escalations.map(({ action }) => action)).not.toContainEqual(expect.stringContaining('message'));
  });

  it('forgets an import with a tool for credits', async () => {
    const { code, plan } = await make(procedure('troubled/loyalty-credits'));

    expect(await gates.checkCode(code, plan)).toEqual([expect.objectContaining({ rule: 'undefined-name' })]);
  });

  it('starts a process where a script is to be run', async () => {
    const { code, plan } = await make(procedure('troubled/remote-diagnosis'));

    expect(await gates.checkCode(code, plan)).toContainEqual(expect.objectContaining({ rule: 'import-not-allowed' }));
  });
});
