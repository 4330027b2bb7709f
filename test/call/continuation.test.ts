import { describe, expect, it } from 'vitest';
import { continuation, resultAsText } from '../../src/call/continuation.js';

const HELLO = { role: 'agent', text: 'Hello.' } as const;
const QUESTION = { role: 'caller', text: 'What time is it?' } as const;
const CUT = { role: 'agent', text: 'It is' } as const;
const NOTHING = {
  texts: [],
  isAnswerOwed: false,
  isToolOpen: false,
  isCallerHeardAgain: false,
  isResultOwed: false,
  isAgentCut: false,
};
const GO_ON = expect.stringContaining('Go on from where they stop');

describe('what another stream goes on with', () => {
  it.each([
    ['all is said', [HELLO, QUESTION, HELLO], {}, [HELLO, QUESTION, HELLO], undefined],
    ['nothing was said', [], {}, [], undefined],
    ['an answer is owed', [HELLO, QUESTION], { isAnswerOwed: true }, [HELLO], QUESTION.text],
    [
      'an answer is owed that a tool works for',
      [HELLO, QUESTION],
      { isAnswerOwed: true, isToolOpen: true },
      [HELLO, QUESTION],
      undefined,
    ],
    [
      'the caller has spoken on since the question',
      [HELLO, QUESTION],
      { isAnswerOwed: true, isCallerHeardAgain: true },
      [HELLO, QUESTION],
      undefined,
    ],
    ['a text is owed', [HELLO], { texts: ['Greet.'], isAnswerOwed: true }, [HELLO], 'Greet.'],
    [
      'a text is owed on top of the question',
      [HELLO, QUESTION],
      { texts: ['The result', 'Keys'], isAnswerOwed: true },
      [HELLO],
      'What time is it?\nThe result\nKeys',
    ],
    [
      'what a tool has brought is owed to the question',
      [HELLO, QUESTION],
      { texts: ['The result'], isAnswerOwed: true, isResultOwed: true },
      [HELLO, QUESTION],
      'The result',
    ],
    [
      'a text is owed, and the caller is heard again',
      [HELLO],
      { texts: ['The result'], isCallerHeardAgain: true },
      [HELLO],
      'The result',
    ],
    ['the agent was cut', [QUESTION, CUT], { isAgentCut: true }, [QUESTION, CUT], GO_ON],
    ['the agent was cut, as the call knows', [CUT], { isAgentCut: true, isAnswerOwed: true }, [CUT], GO_ON],
    ['the agent was cut before its first word', [HELLO, QUESTION], { isAgentCut: true }, [HELLO], QUESTION.text],
    ['the agent was cut by the caller', [CUT], { isAgentCut: true, isCallerHeardAgain: true }, [CUT], undefined],
    ['the agent was cut while a tool works', [CUT], { isAgentCut: true, isToolOpen: true }, [CUT], undefined],
    ['the agent was cut and is told something', [CUT], { isAgentCut: true, texts: ['Keys'] }, [CUT], 'Keys'],
  ])('when %s', (_, history, owed, expectedHistory, tell) => {
    expect(continuation(history, { ...NOTHING, ...owed })).toEqual({ history: expectedHistory, tell });
  });
});

it('the result of a tool reads as a sentence to a stream that has not asked for it', () => {
  expect(resultAsText('look_up', { hour: 12 })).toBe(
    'The result of look_up, which you had asked for, has come: {"hour":12}',
  );
});
