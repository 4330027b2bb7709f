import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRecord } from '../../src/call/events.js';
import type { AgentTurn, CallerTurn, CallRecord, ToolCallRecord } from '../../src/call/record.js';
import { shortened } from '../../src/call/shortened.js';
import { whisperOf } from '../../src/call/whisper.js';

const caller = (text: string, more: Partial<CallerTurn> = {}): CallerTurn => ({
  role: 'caller',
  text,
  startMs: 0,
  endMs: 1000,
  ...more,
});

const agent = (text: string, more: Partial<AgentTurn> = {}): AgentTurn => ({
  role: 'agent',
  text,
  heardText: text,
  interrupted: false,
  startMs: 0,
  endMs: 1000,
  heardMs: 1000,
  ...more,
});

const handoff = (input: ToolCallRecord['input'], more: Partial<ToolCallRecord> = {}): ToolCallRecord => ({
  id: 'tool-1',
  name: 'to_a_person',
  kind: 'handoff',
  input,
  output: {},
  startMs: 1000,
  durationMs: 1,
  outcome: 'answered',
  ...more,
});

const record = (more: Partial<CallRecord> = {}): CallRecord => ({
  ...emptyRecord('CA1', '2030-01-01T00:00:00.000Z'),
  direction: 'inbound',
  from: '+14155550123',
  to: '+14155550100',
  ...more,
});

describe('what a person hears before a caller is put through', () => {
  it('says who calls, for how long, and what the caller said last', () => {
    const turns = [
      caller('Hello.'),
      agent('How can I help?', { endMs: 4000 }),
      caller('My invoice is wrong, I want to talk to a person.', { endMs: 118_000 }),
      agent('I will put you through.', { endMs: 121_000 }),
    ];

    expect(whisperOf(record({ turns }))).toBe(
      'A caller at 1, 4 1 5, 5 5 5, 0 1 2 3, has been on the line for 2 minutes ' +
        'and last said: My invoice is wrong, I want to talk to a person.',
    );
  });

  it('says what the call is about in the words of the agent that puts the caller through', () => {
    const turns = [caller('My invoice is wrong.'), agent('I am sorry.'), caller('Yes, please.')];
    const toolCalls = [
      handoff({ reason: 'The caller wants to know the way.' }),
      handoff({ reason: 'The invoice of July shows an item\nthat was <b>returned</b>.' }),
      handoff({ reason: 'Never tried.' }, { outcome: 'failed' }),
      handoff({ reason: 'No matter.' }, { kind: 'hang-up' }),
    ];

    expect(whisperOf(record({ turns, toolCalls }))).toBe(
      'A caller at 1, 4 1 5, 5 5 5, 0 1 2 3, has been on the line for less than a minute. ' +
        'The invoice of July shows an item that was returned .',
    );
  });

  it.each([
    ['no reason', handoff({})],
    ['a reason that cannot be spoken', handoff({ reason: ' <br> ' })],
    ['something else for a reason', handoff({ reason: 7 })],
    ['a secret reason', handoff({ reason: 'The card 4 1 1 1.' }, { sensitive: true })],
  ])('goes by the caller where the agent gave %s', (_case, toolCall) => {
    const said = whisperOf(record({ turns: [caller('A question.')], toolCalls: [toolCall] }));

    expect(said).toMatch(/ and last said: A question\.$/);
  });

  it.each([
    ['a withheld number', { from: '' }, 'A caller has been'],
    ['an anonymous caller', { from: 'anonymous' }, 'A caller has been'],
    ['the number that stands for anonymous', { from: '+266696687' }, 'A caller has been'],
    ['a SIP address', { from: 'sip:jo@example.com' }, 'A caller has been'],
    [
      'a call that we placed',
      { direction: 'outbound', from: '+14155550100', to: '+14155550123' },
      'The person whom we called at 1, 4 1 5, 5 5 5, 0 1 2 3, has been',
    ],
  ] satisfies [string, Partial<CallRecord>, string][])('names %s as it is', (_case, more, start) => {
    expect(whisperOf(record(more)).startsWith(start)).toBe(true);
  });

  it.each([
    [null, [], 'less than a minute'],
    [29_999, [], 'less than a minute'],
    [60_000, [], 'one minute'],
    [3_600_000, [], 'one hour'],
    [7_500_000, [], '2 hours and 5 minutes'],
    [null, [agent('Hm.', { endMs: 240_000 })], '4 minutes'],
  ])('says a length of %j ms with turns %j as "%s"', (durationMs, turns, words) => {
    const said = whisperOf(record({ durationMs, turns }));

    expect(said).toBe(`A caller at 1, 4 1 5, 5 5 5, 0 1 2 3, has been on the line for ${words}.`);
  });

  it('repeats nothing secret, and nothing of the agent', () => {
    const turns = [
      caller('I would like to pay.'),
      agent('Your card number?'),
      caller('4 1 1 1', { sensitive: true }),
      caller('', { sensitive: true }),
      agent('Thank you.'),
    ];

    expect(whisperOf(record({ turns }))).toMatch(/ and last said: I would like to pay\.$/);
  });

  it('leaves markup and control characters out', () => {
    const turns = [caller('<speak>Pay <break time="1s"/>*now*\u0000\n{ "interrupted": `true` }</speak>')];

    expect(whisperOf(record({ turns }))).toMatch(/ and last said: Pay now "interrupted": true$/);
  });

  it('goes back to the last words that are left', () => {
    const turns = [caller('A question.'), caller('<noise>'), caller('  ')];

    expect(whisperOf(record({ turns }))).toMatch(/ and last said: A question\.$/);
  });

  it('is at most 300 characters long and ends at a word', () => {
    const said = whisperOf(record({ turns: [caller('I have been waiting for weeks now '.repeat(40))] }));

    expect(said.length).toBeLessThanOrEqual(300);
    expect(said.length).toBeGreaterThan(280);
    expect(said).toMatch(/ (I|have|been|waiting|for|weeks|now)…$/);
  });

  it('is a short line that can be spoken, whatever was said', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 400 }), { maxLength: 3 }),
        fc.string(),
        (texts, from) => {
          const said = whisperOf(record({ from, turns: texts.map((text) => caller(text)) }));

          expect(said.length).toBeLessThanOrEqual(300);
          expect(said).not.toMatch(/[<>\p{Cc}\p{Cs}]/u);
        },
      ),
    );
  });
});

describe('shortening', () => {
  it.each([
    ['fits', 4, 'fits'],
    ['one two three', 12, 'one two…'],
    ['one two three', 8, 'one two…'],
    ['one, two', 6, 'one…'],
    ['abcdefghij', 5, 'abcd…'],
    ['a bcdefghijkl', 8, 'a bcdef…'],
    ['ab😀cd', 4, 'ab…'],
  ])('makes %j of %i characters %j', (text, maxLength, short) => {
    expect(shortened(text, maxLength)).toBe(short);
  });
});
