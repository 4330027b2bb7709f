import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FULL_LOOP, type Room, refusalOf } from '../../src/call/admission.js';
import type { LoopLoad } from '../../src/loop-health.js';

const calm: LoopLoad = { utilization: 0.2, lagMs: 1, calls: 20, isStrained: false };
const roomy: Room = {
  isDraining: false,
  calls: 20,
  maxCalls: 100,
  sessions: { open: 20, limit: undefined },
  isThrottled: false,
  loop: calm,
};

describe('one more call', () => {
  it.each<[string, Partial<Room>, ReturnType<typeof refusalOf>]>([
    ['is taken while there is room', {}, undefined],
    ['is not taken while the instance drains', { isDraining: true }, 'draining'],
    ['is taken as the last one', { calls: 99, loop: { ...calm, calls: 99 } }, undefined],
    ['is not taken beyond MAX_CALLS', { calls: 100 }, 'max-calls'],
    ['is taken while a stream and the reserve are free', { sessions: { open: 26, limit: 30 } }, undefined],
    ['is not taken into the reserve for renewals', { sessions: { open: 27, limit: 30 } }, 'model-sessions'],
    ['leaves one stream at least to renewals', { calls: 3, sessions: { open: 3, limit: 4 } }, 'model-sessions'],
    ['counts calls whose streams are not open yet', { calls: 27, sessions: { open: 3, limit: 30 } }, 'model-sessions'],
    ['is taken where there may be one stream in all', { calls: 0, sessions: { open: 0, limit: 1 } }, undefined],
    ['is not taken after the model had too many', { isThrottled: true }, 'model-throttled'],
    ['is not taken by a loop under strain', { loop: { ...calm, isStrained: true } }, 'event-loop'],
    [
      'is taken by whoever carries none, whatever else keeps it busy',
      { calls: 0, loop: { ...calm, isStrained: true } },
      undefined,
    ],
    ['is taken where nobody measures the loop', { loop: undefined }, undefined],
    ['is not taken when it would fill the loop', { loop: { ...calm, utilization: 0.69 } }, 'event-loop'],
  ])('%s', (_what, change, refusal) => {
    expect(refusalOf({ ...roomy, ...change })).toBe(refusal);
  });

  it('is counted on top of what was measured: a burst does not all find the room of the last look', () => {
    const taken = (loop: LoopLoad) => {
      let calls = 0;
      while (calls < 1000 && !refusalOf({ ...roomy, maxCalls: 1000, calls, loop })) calls++;
      return calls;
    };

    // Nothing is known yet: as many as can be assumed to fit.
    expect(taken({ utilization: 0, lagMs: 0, calls: 0, isStrained: false })).toBe(116);
    // 60 calls take 30 %: 140 fit.
    expect(taken({ utilization: 0.3, lagMs: 0, calls: 60, isStrained: false })).toBe(140);
  });

  it('is never taken when more of everything is in use than when it was refused', () => {
    const load = fc.record({
      utilization: fc.double({ min: 0, max: 1, noNaN: true }),
      lagMs: fc.double({ min: 0, max: 500, noNaN: true }),
      calls: fc.nat(400),
      isStrained: fc.boolean(),
    });
    const room = fc.record({
      isDraining: fc.boolean(),
      calls: fc.integer({ min: 1, max: 400 }),
      maxCalls: fc.integer({ min: 1, max: 400 }),
      sessions: fc.record({
        open: fc.nat(400),
        limit: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
      }),
      isThrottled: fc.boolean(),
      loop: fc.option(load, { nil: undefined }),
    });
    fc.assert(
      fc.property(room, fc.nat(50), fc.nat(50), (before, moreCalls, moreStreams) => {
        const after = {
          ...before,
          calls: before.calls + moreCalls,
          sessions: { ...before.sessions, open: before.sessions.open + moreStreams },
        };
        return refusalOf(before) === undefined || refusalOf(after) !== undefined;
      }),
    );
  });

  it('keeps to what a busy loop is allowed, also by its own cost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 300 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (calls, utilization) => {
          const loop = { utilization, lagMs: 0, calls, isStrained: false };
          const isTaken = refusalOf({ ...roomy, maxCalls: 1000, calls, loop }) === undefined;
          return !isTaken || utilization < FULL_LOOP;
        },
      ),
    );
  });
});
