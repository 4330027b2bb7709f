import { describe, expect, it } from 'vitest';
import type { Situation } from '../../src/call/ports.js';
import { Progress } from '../../src/call/progress.js';

const OWED: Situation = {
  consumedMs: 0,
  openSpeechFromMs: undefined,
  openSpeechMs: 0,
  isInDoubt: false,
  isCallerSpeaking: false,
  agent: 'silent',
  agentQuietMs: 0,
  isAnswerOwed: true,
  openTools: 0,
};
const LOOK_MS = 500;

function watched() {
  let nowMs = 0;
  const progress = new Progress(() => nowMs);
  return {
    progress,
    /** Looks as often as audio lets it, for so long; answers when the stream was found to be stuck, in ms since the beginning. */
    look(forMs: number, situation = OWED): number | undefined {
      for (const endMs = nowMs + forMs; nowMs < endMs; ) {
        nowMs += LOOK_MS;
        if (progress.isStalled(situation, false)) return nowMs;
      }
      return undefined;
    },
    standStill(ms: number): void {
      nowMs += ms;
    },
  };
}

describe('a model stream that owes an answer', () => {
  it('is stuck when nothing comes for six seconds', () => {
    expect(watched().look(10_000)).toBe(6500);
  });

  it('is not stuck because this process stood still: only time in which was looked counts', () => {
    const { progress, look, standStill } = watched();
    look(2000);
    standStill(20_000);

    expect(look(4000)).toBeUndefined();
    progress.came('callerText');
    expect(look(5500)).toBeUndefined();
    expect(look(1000)).toBeDefined();
  });

  it('is watched as before when its words were read first after that', () => {
    const { progress, look, standStill } = watched();
    look(2000);
    standStill(20_000);
    progress.came('callerText');

    expect(look(7000)).toBe(28_500);
  });

  it('is not stuck within its words when they could not be read, and is when they do not come then either', () => {
    const { progress, look, standStill } = watched();
    progress.came('audioStarted');
    const speaking: Situation = { ...OWED, agent: 'speaking', isAnswerOwed: false };
    look(1000, speaking);
    standStill(10_000);

    expect(look(LOOK_MS, { ...speaking, agentQuietMs: 10_500 })).toBeUndefined();
    expect(look(LOOK_MS, { ...speaking, agentQuietMs: 11_000 })).toBe(12_000);
  });
});
