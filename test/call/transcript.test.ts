import { describe, expect, it } from 'vitest';
import type { AgentTurn } from '../../src/call/record.js';
import { Transcript } from '../../src/call/transcript.js';

function transcript() {
  let last: AgentTurn | undefined;
  const made = new Transcript((_, turn) => {
    if (turn.role === 'agent') last = turn;
  });
  return { transcript: made, heard: () => last && { heardText: last.heardText, heardMs: last.heardMs } };
}

describe('a turn of the agent', () => {
  it('of which no sample reached the caller is credited no word', () => {
    const { transcript: turns, heard } = transcript();
    turns.agentWillSay('Hello.');
    turns.blockStarted('b', 1000, 0);
    turns.blockEnded('b', 1000);
    turns.agentTurnEnded(1000, 500, false);

    expect(heard()).toEqual({ heardText: '', heardMs: 0 });
  });

  it('without a sample is credited no word when the model says afterwards what it was', () => {
    const { transcript: turns, heard } = transcript();
    turns.agentWillSay('');
    turns.blockStarted('b', 1000, 0);
    turns.blockEnded('b', 1000);
    turns.agentTurnEnded(1000, 500, false);
    turns.agentConfirmed('Hello.');

    expect(heard()).toEqual({ heardText: '', heardMs: 0 });
  });

  it('that was heard to its end is credited what the model says afterwards that it was', () => {
    const { transcript: turns, heard } = transcript();
    turns.agentWillSay('');
    turns.blockStarted('b', 1000, 0);
    turns.blockEnded('b', 1400);
    turns.agentTurnEnded(1400, 500, false);
    turns.agentConfirmed('Hello.');

    expect(heard()).toEqual({ heardText: 'Hello.', heardMs: 400 });
  });
});
