import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bedrockJudge } from '../../src/agents/judge.js';
import { realClock } from '../../src/clock.js';
import type { ClauseCoverage } from '../../src/creator/artefacts.js';
import { creatorGates } from '../../src/creator/gates/gates.js';
import type { StageName, StageRecord } from '../../src/creator/job.js';
import { textRehearsal } from '../../src/creator/rehearsal/text.js';
import { author } from '../../src/emulator/models/author/author.js';
import { OTHERS, procedure } from '../emulator/author/procedures.js';
import { ACTOR, type OpenedCreator, openCreator } from './rig.js';

const MODEL = 'amazon.nova-pro-v1:0';
const VOICES = ['matthew', 'tiffany', 'lennart', 'tina', 'carlos', 'lupe'];

let creator: OpenedCreator;
let closing: (() => void)[] = [];
beforeEach(async () => {
  creator = await openCreator();
  creator.models.onConverse(author());
});
afterEach(async () => {
  for (const close of closing) close();
  closing = [];
  await creator.close();
});

/** Carries a job through the whole pipeline with the rule-based author in the model's place. */
async function carried(sop: string) {
  const { url: endpoint, region, credentials } = creator.models;
  const place = { endpoint, region, credentials };
  const judge = bedrockJudge({ modelId: MODEL, place });
  const rehearsal = textRehearsal({ modelId: MODEL, place, judge, clock: realClock() });
  closing.push(
    () => judge.close(),
    () => rehearsal.close(),
  );
  const instance = creator.instance({ gates: creatorGates(), rehearsals: [rehearsal], voices: VOICES });
  const { id } = await instance.start({ sop, humanHandoffDescription: 'The desk at +14155550142.' }, ACTOR, 'ada');
  await instance.run(id);
  const job = await instance.jobs.find(id);
  if (!job) throw new Error('the job is gone');
  return job;
}

const rounds = (stages: readonly StageRecord[], name: StageName) =>
  stages.filter(({ stage }) => stage === name).map(({ findings, output }) => ({ findings, output }));

/** The first job loads the SDK and the gates; machines that run all tests at once are slow. */
const SLOW = { timeout: 180_000 };

describe('a job without any model', SLOW, () => {
  it.each([
    ['returns and refunds', procedure('returns-and-refunds')],
    ['appointment booking', procedure('appointment-booking')],
    ['technical support', procedure('technical-support')],
    ['a procedure in German', procedure('troubled/german')],
    ['a procedure in Spanish', procedure('troubled/spanish')],
    ...Object.entries(OTHERS),
  ])('goes all the way with %s', async (_, sop) => {
    const { state, reason, stages } = await carried(sop);
    const evidence = stages.find(({ stage }) => stage === 'rehearse')?.output as { coverage: ClauseCoverage[] };

    expect([state, reason]).toEqual(['awaiting_approval', null]);
    expect(stages.map(({ repairs }) => repairs)).toEqual(stages.map(() => 0));
    expect(new Set(evidence.coverage.map((clause) => clause.state))).toEqual(new Set(['covered']));
  });

  it('sends a bad plan back and goes on with the better one', async () => {
    const { state, stages } = await carried(procedure('troubled/many-escalations'));

    expect(rounds(stages, 'review-plan').map(({ output }) => output)).toMatchObject([
      { approved: false },
      { approved: true },
    ]);
    expect(state).toBe('awaiting_approval');
  });

  it('has a fault in the program repaired', async () => {
    const { state, stages } = await carried(procedure('troubled/loyalty-credits'));

    expect(rounds(stages, 'check-code').map(({ findings }) => findings.map(({ rule }) => rule))).toEqual([
      ['undefined-name'],
      [],
    ]);
    expect(state).toBe('awaiting_approval');
  });

  it.each([
    ['a program that never passes', 'remote-diagnosis', 3, /subprocess/],
    ['a procedure that contradicts itself', 'contradictory', 0, /30 days of the invoice/],
    ['a procedure that speaks to the reviewer', 'talks-to-the-reviewer', 0, /Note to the reviewer/],
  ])('needs attention for %s', async (_, name, checks, words) => {
    const { state, reason, stages } = await carried(procedure(`troubled/${name}`));

    expect(state).toBe('needs_attention');
    expect(reason).toMatch(words);
    expect(rounds(stages, 'check-code')).toHaveLength(checks);
    expect(stages.some(({ stage }) => stage === 'store')).toBe(false);
  });
});
