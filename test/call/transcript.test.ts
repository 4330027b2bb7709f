import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentTurn } from '../../src/call/record.js';
import { Transcript } from '../../src/call/transcript.js';

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
