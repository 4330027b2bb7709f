import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentTurn, Turn } from '../../src/call/record.js';
import { Transcript } from '../../src/call/transcript.js';
import { ASK_AGAIN, answersOf, HELLO, ONE_MOMENT, spokenLine } from '../../src/chaos/lines.js';
import { seededRandom } from '../../src/emulator/phone/random.js';

function transcript() {
  let last: AgentTurn | undefined;
  const made = new Transcript((_, turn) => {
    if (turn.role === 'agent') last = turn;
  });
  return {
    transcript: made,
    last: () => last,
    heard: () => last && { heardText: last.heardText, heardMs: last.heardMs },
  };
}

describe('a turn of the agent', () => {
  it('of which no sample reached the caller is credited no word', () => {
    const { transcript: turns, heard } = transcript();
    turns.agentWillSay('Hello.');
    turns.blockStarted('b', 1000, 0);
    turns.blockEnded('b', 1000);
    turns.agentTurnEnded({ heardToMs: 1000, sentToMs: 1000 }, 500, false);

    expect(heard()).toEqual({ heardText: '', heardMs: 0 });
  });

  it('without a sample is credited no word when the model says afterwards what it was', () => {
    const { transcript: turns, heard } = transcript();
    turns.agentWillSay('');
    turns.blockStarted('b', 1000, 0);
    turns.blockEnded('b', 1000);
    turns.agentTurnEnded({ heardToMs: 1000, sentToMs: 1000 }, 500, false);
    turns.agentConfirmed('Hello.');

    expect(heard()).toEqual({ heardText: '', heardMs: 0 });
  });

  it('that was heard to its end is credited what the model says afterwards that it was', () => {
    const { transcript: turns, heard } = transcript();
    turns.agentWillSay('');
    turns.blockStarted('b', 1000, 0);
    turns.blockEnded('b', 1400);
    turns.agentTurnEnded({ heardToMs: 1400, sentToMs: 1400 }, 500, false);
    turns.agentConfirmed('Hello.');

    expect(heard()).toEqual({ heardText: 'Hello.', heardMs: 400 });
  });

  it('has sent what was given to the line, of which the caller heard less when it was cut', () => {
    const { transcript: turns, last } = transcript();
    turns.agentWillSay('One moment.');
    turns.blockStarted('a', 0, 0);
    turns.blockEnded('a', 1000);
    turns.agentWillSay('We open at nine.');
    turns.blockStarted('b', 1000, 0);
    expect(last()).toMatchObject({ text: 'One moment. We open at nine.', sentText: 'One moment.', heardText: '' });
    turns.blockEnded('b', 3000);
    turns.agentWillSay('Shall I book?');
    turns.blockStarted('c', 3000, 0);
    turns.agentTurnEnded({ heardToMs: 1000, sentToMs: 3000 }, 1000, true);

    expect(last()).toMatchObject({
      text: 'One moment. We open at nine. Shall I book?',
      sentText: 'One moment. We open at nine.',
      heardText: 'One moment.',
    });
  });

  it('was heard as far as it was sent at most, and sent as far as it was generated', () => {
    const block = fc.record({
      text: fc.lorem({ maxCount: 5 }),
      sentMs: fc.integer({ min: 1, max: 3000 }),
      endsWith: fc.constantFrom('end', 'cut', 'nothing'),
      isHeard: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (blocks, share, interrupted) => {
          const changes: AgentTurn[] = [];
          const turns = new Transcript((_, turn) => turn.role === 'agent' && changes.push(turn));
          let sentToMs = 700;
          blocks.forEach((each, index) => {
            turns.agentWillSay(each.text);
            turns.blockStarted(String(index), sentToMs, 0);
            sentToMs += each.sentMs;
            if (each.isHeard) turns.beginningHeard(0, sentToMs, undefined);
            const end = index < blocks.length - 1 ? 'end' : each.endsWith;
            if (end === 'end') turns.blockEnded(String(index), sentToMs);
            if (end === 'cut') turns.blockCut(String(index), sentToMs);
          });
          const heardToMs = interrupted ? 700 + share * (sentToMs - 700) : sentToMs;
          turns.agentTurnEnded({ heardToMs, sentToMs }, 0, interrupted);
          turns.agentConfirmed(blocks[0]!.text);

          for (const { text, sentText = '', heardText } of changes) {
            expect(text.startsWith(sentText)).toBe(true);
            expect(sentText.startsWith(heardText)).toBe(true);
          }
        },
      ),
    );
  });
});

describe("words that the filter of the model's service did not take", () => {
  const caller = (text: string): Turn => ({ role: 'caller', text, startMs: 0, endMs: 1 });
  const said = (turns: Transcript) => turns.historyTo(10_000).map(({ text }) => text);

  function talk() {
    const told: Turn[] = [];
    const turns = new Transcript(
      (index, turn) => {
        told[index] = turn;
      },
      [caller('Hello?')],
    );
    turns.agentWillSay('How can I help?');
    turns.blockStarted('a', 0, 0);
    turns.blockEnded('a', 1000);
    turns.agentTurnEnded({ heardToMs: 1000, sentToMs: 1000 }, 1000, false);
    turns.callerSaid('Something', { startMs: 2000, endMs: 2500 });
    turns.callerSaid('bad.', { startMs: 2600, endMs: 3000 });
    return { turns, told };
  }

  it('stand as such on record from the moment of the loss: the last turns of the caller, and what was answered', () => {
    const { turns, told } = talk();
    turns.agentWillSay('That is one two three four five');
    turns.blockStarted('b', 1000, 4000);
    turns.filteredOver('last', 2000);
    // What was heard of it is not what was sent of it.
    turns.agentTurnEnded({ heardToMs: 1900, sentToMs: 2000 }, 5000, true);
    turns.agentConfirmed('That is one');

    expect(said(turns)).toEqual(['Hello?', 'How can I help?']);
    expect(told.map(({ filtered }) => filtered)).toEqual([undefined, undefined, true, true, true]);
  });

  it('may be any, when nothing had come of what a stream was given, and none, when none was understood', () => {
    const [all, open] = [talk(), talk()];
    all.turns.filteredOver('all', 1000);
    open.turns.filteredOver('open', 1000);

    expect(said(all.turns)).toEqual([]);
    expect(said(open.turns)).toHaveLength(4);
  });

  it('stay so when the call goes on elsewhere, from its record', () => {
    const { turns, told } = talk();
    turns.filteredOver('last', 1000);
    const before = [{ ...caller('Hello?') }, ...told.slice(1)];

    expect(said(new Transcript(() => undefined, before))).toEqual(['Hello?', 'How can I help?']);
  });
});

describe('words of a human voice whose sentence is still coming', () => {
  const LENGTH = 16;
  const MARK_MS = 200;
  const durationOf = (line: { mulaw: Buffer }) => line.mulaw.length / 8;

  /** After so many answers of the voice, how far what is credited of a long one is off what was heard, in words, mark by mark. */
  function creditAfter(before: readonly string[]): number[] {
    return Array.from({ length: 40 }, (_, seed) => {
      const [line] = answersOf([LENGTH], seededRandom(seed + 1));
      const { transcript: turns, heard } = transcript();
      let fromMs = 0;
      for (const [index, text] of before.entries()) {
        turns.agentWillSay(text);
        turns.blockStarted(`before ${index}`, fromMs, 0);
        fromMs += durationOf(spokenLine(text));
        turns.blockEnded(`before ${index}`, fromMs);
        turns.agentTurnEnded({ heardToMs: fromMs, sentToMs: fromMs }, 0, false);
      }
      turns.agentWillSay(line!.text);
      turns.blockStarted('long', fromMs, fromMs);
      const marks = Math.floor(durationOf(line!) / MARK_MS);
      return Array.from({ length: marks - 1 }, (_, mark) => {
        const heardMs = (mark + 1) * MARK_MS;
        turns.heardSoFar({ heardToMs: fromMs + heardMs, sentToMs: fromMs + heardMs }, fromMs + heardMs * 2);
        const credited = heard()!.heardText.split(' ').filter(Boolean).length;
        return credited - line!.words.filter(({ endMs }) => endMs <= heardMs).length;
      });
    }).flat();
  }

  it.each([
    [[]],
    [[HELLO]],
    [[ONE_MOMENT]],
    [ASK_AGAIN.split(/(?<=\.) /)],
    [[HELLO, ONE_MOMENT]],
    [[answersOf([5], seededRandom(99))[0]!.text]],
  ])('are credited hardly ever too early, and not much too late, after %j', (before) => {
    const offs = creditAfter(before);
    const share = (isOne: (off: number) => boolean) => offs.filter(isOne).length / offs.length;

    expect(offs.length).toBeGreaterThan(1500);
    expect(share((off) => off > 0)).toBeLessThan(0.005);
    // What is not credited is said again when the call goes on elsewhere.
    expect(share((off) => off < -2)).toBeLessThan(0.1);
  });
});
