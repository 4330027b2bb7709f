import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScenarioResult } from '../../src/creator/artefacts.js';
import { coverageOf } from '../../src/creator/coverage.js';
import { evidenceIn, evidenceOf } from '../../src/creator/evidence.js';
import type { StageRecord } from '../../src/creator/job.js';
import { CLAUSES, REQUIREMENTS, RESULT } from './finished-job.js';

const [ASKING, CASH, LAWYER] = CLAUSES.map(({ id }) => id) as [string, string, string];

const KINDS: Readonly<Record<string, { must: boolean; kind: 'means' | 'hands-off' }>> = {
  [CASH]: { must: false, kind: 'means' },
  [LAWYER]: { must: true, kind: 'hands-off' },
};
const result = (title: string, passed: boolean, ...clauses: string[]): ScenarioResult => ({
  ...{ ...RESULT, title, passed },
  checks: clauses.map((clauseId) => ({
    ...{ clauseId, value: 'x', passed, detail: '' },
    ...(KINDS[clauseId] ?? { must: true, kind: 'means' }),
  })),
});
const statesOf = (results: readonly ScenarioResult[]) =>
  coverageOf(REQUIREMENTS, results).map(({ state, scenarios }) => [state, ...scenarios]);

describe('coverage of clauses', () => {
  it.each([
    ['nothing was rehearsed', [], [['not-rehearsed'], ['not-rehearsed'], ['not-rehearsed']]],
    [
      'a scenario that passed looked for it',
      [result('a', true, ASKING, CASH)],
      [['covered', 'a'], ['covered', 'a'], ['not-rehearsed']],
    ],
    [
      'one failed beside one that passed',
      [result('a', true, ASKING), result('b', false, ASKING, LAWYER)],
      [['failed', 'a', 'b'], ['not-rehearsed'], ['failed', 'b']],
    ],
    [
      'the same scenario was played in writing and on the telephone',
      [result('a', true, ASKING), { ...result('a', true, ASKING), how: 'phone' as const }],
      [['covered', 'a'], ['not-rehearsed'], ['not-rehearsed']],
    ],
    [
      'what was looked for does not show it',
      [
        {
          ...result('a', true, ASKING),
          checks: [ASKING, CASH, LAWYER].map((clauseId) => ({
            ...{ clauseId, must: true, kind: 'says' as const, value: 'Hello', passed: true, detail: '' },
          })),
        },
      ],
      [['not-rehearsed'], ['not-rehearsed'], ['not-rehearsed']],
    ],
    [
      'what failed does not show it',
      [
        {
          ...result('a', false, ASKING, LAWYER),
          checks: [{ ...result('a', false, ASKING).checks[0]!, kind: 'says' as const }],
        },
      ],
      [['failed', 'a'], ['not-rehearsed'], ['not-rehearsed']],
    ],
    ['it is no clause of the procedure', [result('a', true, 'c-00000000')], Array(3).fill(['not-rehearsed'])],
  ])('is told when %s', (_what, results, states) => {
    expect(statesOf(results)).toEqual(states);
  });

  it('loses exactly the clause that is taken out of the procedure', () => {
    const results = fc.array(
      fc
        .tuple(fc.string(), fc.boolean(), fc.subarray([ASKING, CASH, LAWYER]))
        .map(([title, passed, clauses]) => result(title, passed, ...clauses)),
    );
    fc.assert(
      fc.property(results, fc.constantFrom(...CLAUSES), (played, gone) => {
        const clauses = CLAUSES.filter(({ id }) => id !== gone.id);

        const without = coverageOf({ clauses }, played);

        expect(without).toEqual(coverageOf(REQUIREMENTS, played).filter(({ clauseId }) => clauseId !== gone.id));
      }),
    );
  });

  it('says which rehearsals there were', () => {
    const phone = { ...RESULT, how: 'phone' as const };

    expect(evidenceOf(REQUIREMENTS, []).had).toEqual([]);
    expect(evidenceOf(REQUIREMENTS, [phone, RESULT]).had).toEqual(['text', 'phone']);
  });
});

describe('what rehearsals cannot show', () => {
  const done = (seq: number, stage: StageRecord['stage'], output: unknown): StageRecord => ({
    ...{ seq, stage, round: 1, state: 'done', output, findings: [], error: null, repairs: 0 },
    ...{
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:00:01.000Z',
      modelId: null,
      promptVersion: null,
    },
    usage: { inputTokens: 0, outputTokens: 0 },
  });
  const read = done(1, 'parse-sop', REQUIREMENTS);
  const rehearsed = done(3, 'rehearse', { results: [RESULT] });
  const limitsOf = (stages: readonly StageRecord[], input: { knowledgeBaseId?: string } = {}) =>
    evidenceIn({ stages, input })?.limits;

  it('is told of an agent of a pre-deployed AgentCreator, whose own tools nobody knows', () => {
    const limits = limitsOf([read, done(2, 'meta-agent', {}), rehearsed]);

    expect(limits).toContainEqual(expect.stringContaining('is rehearsed without its own'));
    expect(limitsOf([read, rehearsed])).not.toContainEqual(expect.stringContaining('is rehearsed without its own'));
    expect(limitsOf([done(1, 'meta-agent', {})])).toBeUndefined();
  });

  it('is told of every way in which the agent was rehearsed, and of none in which it was not', () => {
    const phone = done(3, 'rehearse', { results: [RESULT, { ...RESULT, how: 'phone' }] });

    expect(limitsOf([read])).toEqual([]);
    expect(limitsOf([read, rehearsed])).toEqual([expect.stringContaining('its program does not run there')]);
    expect(limitsOf([read, phone])).toEqual([
      expect.stringContaining('in writing'),
      expect.stringMatching(/at most four scenarios .* one line/),
    ]);
  });

  it('is told of documents that nobody looks up', () => {
    expect(limitsOf([read, rehearsed], { knowledgeBaseId: 'KB12345678' })).toContainEqual(
      expect.stringContaining('The knowledge base answers no passages in rehearsals'),
    );
  });
});
