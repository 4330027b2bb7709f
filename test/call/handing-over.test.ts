import { describe, expect, it } from 'vitest';
import { TURN_QUIET_MS, WORD_QUIET_MS } from '../../src/call/handing-over.js';
import {
  type CallRules,
  type CallState,
  type HandOverMoment,
  INITIAL_STATE,
  type Phase,
  type Signal,
} from '../../src/call/state.js';
import { step } from '../../src/call/step.js';

const RULES: CallRules = {
  greeting: undefined,
  takesText: true,
  silencePromptAfterMs: 10_000,
  silenceHangUpAfter: 2,
  maxCallMs: 1_800_000,
  elapsedMs: 0,
  hasFallback: false,
};
const LISTENING: Phase = { at: 'listening' };
const THINKING: Phase = { at: 'thinking' };
const SPEAKING: Phase = { at: 'speaking', turnId: 1, generated: false };
const CLOSING: Phase = { at: 'closing', reason: 'agent-hung-up', next: { kind: 'hang-up' }, words: 'sounding' };
const END = { do: 'end', reason: 'handed-over', next: { kind: 'connect-again' } };

const at = (phase: Phase, more: Partial<CallState> = {}): CallState => ({ ...INITIAL_STATE, phase, ...more });
const wanted = (moment: HandOverMoment | undefined, callerQuietMs = 60_000, quietMs = callerQuietMs): Signal => ({
  kind: 'handOver',
  moment,
  callerQuietMs,
  quietMs,
});
const leaves = (state: CallState, signal: Signal) => {
  const next = step(RULES, state, signal);
  const has = next.effects.some((effect) => effect.do === 'end' && effect.reason === 'handed-over');
  if (has) {
    expect(next.effects.at(-1)).toEqual(END);
    expect(next.state.phase).toEqual({ at: 'ended', reason: 'handed-over' });
  }
  return has;
};

describe('a call that is to go on at another instance', () => {
  it('leaves in a silence in which nothing is due', () => {
    expect(leaves(at(LISTENING), wanted('turn'))).toBe(true);
  });

  it.each([
    ['the caller speaks', at(LISTENING), 0, 0],
    ['what the caller said may not be understood yet', at(LISTENING), TURN_QUIET_MS - 1, TURN_QUIET_MS - 1],
    ['the agent has only just been heard, and the caller will answer', at(LISTENING), 60_000, 500],
    ['the agent speaks', at(SPEAKING), 60_000, 0],
    ['an answer is due', at(THINKING), 60_000, 60_000],
    ['a tool runs', at(LISTENING, { openTools: 1 }), 60_000, 60_000],
    ['last words are spoken', at(CLOSING), 60_000, 60_000],
    ['the carrier is taking it away', at(LISTENING, { leavingAs: 'transferred' }), 60_000, 60_000],
  ])('stays while %s', (_name, state, callerQuietMs, quietMs) => {
    expect(leaves(state, wanted('turn', callerQuietMs, quietMs))).toBe(false);
  });

  it('leaves when the turn of the caller is over, before anything of the answer has begun', () => {
    const { state } = step(RULES, at(LISTENING), wanted('turn', 0));

    expect(leaves(state, { kind: 'callerSpoke', overAgent: false })).toBe(true);
  });

  it.each([
    ['a word of assent leaves the agent speaking', at(SPEAKING)],
    ['a tool has been started already', at(THINKING, { openTools: 1 })],
  ])('stays at the end of a turn when %s', (_name, before) => {
    const { state } = step(RULES, before, wanted('turn', 0));

    expect(leaves(state, { kind: 'callerSpoke', overAgent: false })).toBe(false);
  });

  it('stays at the end of a turn when its model cannot be told to answer', () => {
    const { state } = step(RULES, at(LISTENING), wanted('turn', 0));
    const next = step({ ...RULES, takesText: false }, state, { kind: 'callerSpoke', overAgent: false });

    expect(next.state.phase).toEqual(THINKING);
  });

  it('stays when it need not leave any more', () => {
    const { state } = step(RULES, step(RULES, at(LISTENING), wanted('turn', 0)).state, wanted(undefined));

    expect(leaves(state, { kind: 'callerSpoke', overAgent: false })).toBe(false);
  });
});

describe('a call that has waited for the end of a turn for too long', () => {
  it.each([
    ['leaves while the agent speaks', at(SPEAKING), WORD_QUIET_MS, true],
    ['leaves when an answer is due that does not come', at(THINKING), TURN_QUIET_MS, true],
    ['stays in the middle of a word of the caller', at(SPEAKING), WORD_QUIET_MS - 1, false],
    ['stays while words of the caller may not be understood yet', at(LISTENING), TURN_QUIET_MS - 1, false],
    ['stays while a tool runs', at(SPEAKING, { openTools: 1 }), 60_000, false],
    ['stays while last words are spoken', at(CLOSING), 60_000, false],
  ])('%s', (_name, state, callerQuietMs, expected) => {
    expect(leaves(state, wanted('pause', callerQuietMs, 0))).toBe(expected);
  });
});

describe('a call whose time is over', () => {
  it.each([
    ['the caller speaks', at(LISTENING)],
    ['the agent speaks', at(SPEAKING)],
    ['a tool runs', at(THINKING, { openTools: 2 })],
  ])('leaves while %s', (_name, state) => {
    expect(leaves(state, wanted('now', 0))).toBe(true);
  });

  it('ends as it was to end when its last words were being spoken', () => {
    expect(step(RULES, at(CLOSING), wanted('now', 0)).effects).toEqual([
      { do: 'end', reason: 'agent-hung-up', next: { kind: 'hang-up' } },
    ]);
  });
});

it('a sound of waiting is silenced before the call leaves', () => {
  const state = at(THINKING, { openTools: 1, waiting: { at: 'sounding', clip: undefined } });

  expect(step(RULES, state, wanted('now')).effects.map((effect) => effect.do)).toContain('stopWaitSound');
});
