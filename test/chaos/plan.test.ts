import { describe, expect, it } from 'vitest';
import { CALL_FAULTS } from '../../src/chaos/faults.js';
import { gapsBetween } from '../../src/chaos/judge.js';
import { CALL_KINDS, plannedCalls, RENEWAL_STATES, renewalCalls } from '../../src/chaos/plan.js';

describe('the calls of a run', () => {
  it('are the same for the same seed, and more calls only add to them', () => {
    expect(plannedCalls(7, 40)).toEqual(plannedCalls(7, 60).slice(0, 40));
    expect(plannedCalls(7, 40)).not.toEqual(plannedCalls(8, 40));
  });

  it('meet every fault once before any of them twice', () => {
    const names = plannedCalls(7, CALL_FAULTS.length).flatMap(({ faults }) => faults.map(({ name }) => name));

    expect(names.sort()).toEqual([...CALL_FAULTS].sort());
  });

  it('meet every fault in calls of every kind when there are enough of them', () => {
    const pairs = plannedCalls(7, CALL_FAULTS.length * CALL_KINDS.length * 16).map(
      ({ kind, faults }) => `${kind}, ${faults[0]!.name}`,
    );

    expect(new Set(pairs).size).toBe(CALL_FAULTS.length * CALL_KINDS.length);
  });

  it('have streams renewed in every state', () => {
    const kinds = renewalCalls(7, RENEWAL_STATES.length).map(({ kind }) => kind);

    expect(kinds).toEqual([...RENEWAL_STATES]);
  });
});

it('silence is what lies between sounds, however they overlap', () => {
  const sounds = [
    { fromMs: 500, toMs: 900 },
    { fromMs: 100, toMs: 600 },
    { fromMs: 2000, toMs: 2500 },
  ];

  expect(gapsBetween(sounds, 0, 3000)).toEqual([
    { fromMs: 0, toMs: 100 },
    { fromMs: 900, toMs: 2000 },
    { fromMs: 2500, toMs: 3000 },
  ]);
});
