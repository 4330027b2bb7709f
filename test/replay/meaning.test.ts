import { describe, expect, it } from 'vitest';
import type { Judge, Verdict } from '../../src/agents/judge.js';
import { failuresOf } from '../../src/replay/expect/expectations.js';
import { judged } from '../../src/replay/expect/meaning.js';
import { callRecord, replayedCall, replayResult, scriptExpecting } from './calls.js';

const SHIPPED = '{ heard: { text: { meaning: that ten was entered } } }';
const LATE = '{ heard: { not: [ { meaning: that the order is late } ] } }';

/** The result of a call with these expectations, and what a judge who always says the same makes of it. */
async function judging(expects: string, verdict: Verdict | Error) {
  const questions: Parameters<Judge['ask']>[0][] = [];
  const judge: Judge = {
    async ask(question) {
      questions.push(question);
      if (verdict instanceof Error) throw verdict;
      return verdict;
    },
  };
  const failures = failuresOf(scriptExpecting(expects), replayedCall(), callRecord());
  const result = await judged(replayResult({ failures }), judge);
  return { questions, failures: result.failures };
}

describe('a judge', () => {
  it('is asked for the meaning of what was heard', async () => {
    const { questions, failures } = await judging(SHIPPED, { answer: 'yes', reason: 'It says so.' });

    expect(questions).toEqual([{ meaning: 'that ten was entered', text: 'Thank you. You entered ten.' }]);
    expect(failures).toEqual([]);
  });

  it('says why the words mean something else', async () => {
    const { failures } = await judging(SHIPPED, { answer: 'no', reason: 'It says eleven.' });

    expect(failures).toMatchObject([
      {
        field: 'heard.text',
        message:
          'expected words that mean: that ten was entered, found "Thank you. You entered ten." (judged: It says eleven.)',
      },
    ]);
    expect(failures[0]).not.toHaveProperty('question');
  });

  it('fails what it cannot tell', async () => {
    const { failures } = await judging(SHIPPED, { answer: 'cannot-tell', reason: 'The text is garbled.' });

    expect(failures).toMatchObject([
      { message: expect.stringMatching(/^cannot tell: The text is garbled\.; expected/) },
    ]);
  });

  it('fails everything when it cannot be reached', async () => {
    const { failures } = await judging(SHIPPED, new Error('no route to host'));

    expect(failures).toMatchObject([{ message: expect.stringMatching(/^cannot tell: no route to host; expected/) }]);
  });

  it.each([
    ['no', 0],
    ['yes', 1],
    ['cannot-tell', 1],
  ] as const)('of words that must not be heard answers %s, which leaves %i failures', async (answer, count) => {
    const { failures } = await judging(LATE, { answer, reason: 'So it is.' });

    expect(failures).toHaveLength(count);
  });

  it('is not asked for what fails anyway', async () => {
    const { questions, failures } = await judging('{ endReason: silence }', { answer: 'yes', reason: '' });

    expect(questions).toEqual([]);
    expect(failures).toMatchObject([{ field: 'endReason' }]);
  });
});
