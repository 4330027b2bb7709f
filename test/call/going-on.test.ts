import { describe, expect, it } from 'vitest';
import { emptyRecord } from '../../src/call/events.js';
import { NOT_TAKEN } from '../../src/call/filtered.js';
import { goingOn, heardTurns } from '../../src/call/going-on.js';
import type { AgentTurn, CallerTurn, CallRecord, ToolCallRecord } from '../../src/call/record.js';

const caller = (text: string, endMs: number): CallerTurn => ({ role: 'caller', text, startMs: endMs - 500, endMs });
const agent = (text: string, endMs: number, more: Partial<AgentTurn> = {}): AgentTurn => ({
  ...{ role: 'agent', text, heardText: text, interrupted: false },
  ...{ startMs: endMs - 500, endMs, heardMs: 500 },
  ...more,
});
const tool = (startMs: number, more: Partial<ToolCallRecord> = {}): ToolCallRecord => ({
  ...{ id: 't', name: 'getOrder', kind: 'mcp', input: {}, output: { state: 'sent' } },
  ...{ startMs, durationMs: 100, outcome: 'answered' },
  ...more,
});
const record = (turns: CallRecord['turns'], toolCalls: ToolCallRecord[] = []): CallRecord => ({
  ...emptyRecord('CA1', ''),
  turns,
  toolCalls,
});

describe('a call that was handed over', () => {
  it('begins as it would have begun when nothing was said', () => {
    expect(goingOn('handed-over', record([]), 'Greet.')).toBe('Greet.');
    expect(goingOn('handed-over', record([agent('Hello', 900, { heardText: '' })]), 'Greet.')).toBe('Greet.');
  });

  it('goes on without a word while the caller has the floor', () => {
    expect(goingOn('handed-over', record([caller('Hi', 500), agent('How can I help?', 1500)]), 'Greet.')).toBe(
      undefined,
    );
  });

  it('is answered when the caller has spoken', () => {
    expect(goingOn('handed-over', record([agent('Hello', 900), caller('Where is it?', 2000)]), 'Greet.')).toMatch(
      /^Answer now what the caller said last\./,
    );
  });

  it('goes on with words that were cut', () => {
    expect(goingOn('handed-over', record([agent('It is', 900, { interrupted: true })]), 'Greet.')).toMatch(
      /^You were in the middle of an answer\./,
    );
  });

  it('goes on with an answer that was being looked up', () => {
    const turns = [caller('Where is it?', 500), agent('One moment.', 1500)];

    expect(goingOn('handed-over', record(turns, [tool(1600, { outcome: 'aborted' })]), 'Greet.')).toMatch(
      /^You were in the middle of an answer\./,
    );
  });

  it('never says that there was an interruption', () => {
    const turns = [agent('Hello', 900), caller('Where is it?', 2000)];

    expect(goingOn('handed-over', record(turns), undefined)).toMatch(/do not mention any interruption/);
  });
});

describe('what a tool has answered and the caller was not told', () => {
  it.each(['line-interrupted', 'handed-over'] as const)('is told to the model again (%s)', (why) => {
    const turns = [agent('Hello', 900), caller('Where is it?', 2000)];

    expect(goingOn(why, record(turns, [tool(2100)]), undefined)).toMatch(
      /getOrder has answered already: {"state":"sent"}/,
    );
  });

  it('is not told when it is known, failed, or secret', () => {
    const turns = [caller('Where is it?', 500), agent('It was sent.', 2000), caller('Thanks', 3000)];
    const calls = [tool(600), tool(3100, { outcome: 'failed' }), tool(3100, { sensitive: true, output: {} })];

    expect(goingOn('handed-over', record(turns, calls), undefined)).not.toMatch(/has answered already/);
  });
});

it('a call whose line broke says so, and one whose person did not answer as well', () => {
  expect(goingOn('line-interrupted', record([]), 'Greet.')).toMatch(/was interrupted for a moment and is back/);
  expect(goingOn('nobody-answered', record([]), 'Greet.')).toMatch(/did not answer/);
});

it('a call whose line broke while the agent spoke goes on where its words stopped, also when nobody could say that they were cut', () => {
  const asked = caller('When do you open?', 500);
  const lost = agent('We open at nine.', 2000, { heardText: 'We open', heardMs: 0 });
  const cut = agent('We open at nine.', 2000, { heardText: 'We open', interrupted: true });
  const whole = agent('We open at nine.', 2000);

  for (const turn of [lost, cut]) {
    expect(goingOn('line-interrupted', record([asked, turn]), undefined)).toMatch(
      /is back\. .*Go on from where they stop/,
    );
  }
  expect(goingOn('handed-over', record([asked, lost]), undefined)).toMatch(/^You were in the middle of an answer\./);
  for (const turns of [[asked], [asked, whole], [asked, cut, caller('Wait', 3000)]]) {
    expect(goingOn('line-interrupted', record(turns), undefined)).not.toMatch(/where they stop/);
  }
});

describe('a tool whose end nobody has seen', () => {
  const turns = [agent('Hello', 900), caller('Book me a taxi.', 2000)];

  it.each(['running', 'aborted'] as const)(
    'is told as %s, so that it is not asked again as if it had done nothing',
    (outcome) => {
      const words = goingOn('line-interrupted', record(turns, [tool(2100, { name: 'bookTaxi', outcome })]), undefined);

      expect(words).toContain('What came of the tool bookTaxi, which was running, is not known');
    },
  );

  it('is not told when it failed or was secret', () => {
    for (const more of [{ outcome: 'failed' }, { outcome: 'running', sensitive: true }] as const) {
      expect(goingOn('line-interrupted', record(turns, [tool(2100, more)]), undefined)).not.toMatch(/ tool /);
    }
  });
});

describe("words that the filter of the model's service does not take", () => {
  const bad: CallerTurn = { ...caller('Something bad.', 2000), filtered: true };
  const refused = agent('That is', 3000, { interrupted: true, filtered: true });

  it('are given to no model stream of another instance either', () => {
    const turns = [agent('Hello', 900), bad, refused, agent('Please say that in another way.', 5000)];

    expect(heardTurns(turns).map(({ text }) => text)).toEqual(['Hello', 'Please say that in another way.']);
  });

  it('are asked for in another way by the instance that goes on, when nobody has yet, and nothing is told that came of them', () => {
    for (const turns of [
      [agent('Hello', 900), bad],
      [agent('Hello', 900), bad, refused],
    ]) {
      const tools = [tool(2100)];
      expect(goingOn('handed-over', record(turns, tools), undefined)).toBe(NOT_TAKEN);
      const words = goingOn('line-interrupted', record(turns, tools), undefined);
      expect(words).toMatch(/was interrupted for a moment and is back/);
      expect(words?.endsWith(NOT_TAKEN)).toBe(true);
    }
  });

  it('are no matter any more once the agent has asked for others', () => {
    const turns = [bad, agent('Please say that in another way.', 5000)];

    expect(goingOn('handed-over', record(turns), undefined)).toBe(undefined);
    expect(goingOn('line-interrupted', record(turns), undefined)).not.toMatch(/could not be processed/);
  });
});
