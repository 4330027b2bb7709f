import { describe, expect, it } from 'vitest';
import { Drain } from '../../src/call/drain.js';
import { LiveRecords } from '../../src/call/live-records.js';
import type { EndReason } from '../../src/call/record.js';
import { CallRegistry } from '../../src/call/registry.js';
import type { CallSession } from '../../src/call/session.js';
import type { HandOverMoment } from '../../src/call/state.js';
import { FakeClock } from '../../src/clock.js';
import type { AgentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import { settle } from './virtual-call.js';

const SERVED = { agent: { id: 'a', version: 1 } as AgentVersion, number: undefined };

/** An instance that is being stopped, on a clock that stands still. */
function stopping(options: { delayMs?: number; limitMs?: number } = {}) {
  const clock = new FakeClock();
  const log = createLog('silent');
  const records = new LiveRecords();
  const registry = new CallRegistry({ clock, log, listeners: [records.listener] });
  const state = { hasSuccessor: true, isStoreUp: true, announced: 0, drained: false };
  const drain = new Drain({
    registry,
    recordOf: (callSid) => records.peek(callSid),
    announce: async () => {
      state.announced++;
    },
    hasSuccessor: async () => state.hasSuccessor,
    async flush() {
      if (!state.isStoreUp) throw new Error('away');
    },
    delayMs: options.delayMs ?? 0,
    limitMs: options.limitMs ?? 60_000,
    clock,
    log,
  });
  return {
    registry,
    state,
    drain,
    begin() {
      void drain.run().then(() => {
        state.drained = true;
      });
      return settle();
    },
    /** A live call that writes down what it is asked. */
    call(callSid: string, test = false) {
      const asked: (HandOverMoment | undefined)[] = [];
      const ended: EndReason[] = [];
      const session: CallSession = Object.create({
        callSid,
        callMs: 1000,
        handOver: (moment: HandOverMoment | undefined) => asked.push(moment),
        hangUp(reason: EndReason) {
          ended.push(reason);
          registry.ended(session, { kind: 'fallback' });
        },
      });
      const party = { direction: 'inbound', from: '+14155550100', to: '+14155550199' } as const;
      const served = { agentId: 'a', agentVersion: 1, variables: {}, test };
      registry.emit(callSid, { kind: 'rang', ...party, ...served }, 0);
      registry.began(session, SERVED);
      return {
        last: () => asked.at(-1),
        ended,
        leave: () => registry.ended(session, { kind: 'connect-again' }),
        end: () => registry.ended(session, undefined),
      };
    },
    /** In steps, so that promises are seen in between. */
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 100) {
        clock.advance(Math.min(100, left));
        await settle();
      }
    },
  };
}

describe('an instance that is being stopped', () => {
  it('asks its calls to leave between two turns, then in a pause, and at the limit at once', async () => {
    const { begin, call, pass, state } = stopping();
    const live = call('CA1');

    await begin();
    await pass(1000);
    expect(live.last()).toBe('turn');
    await pass(15_000);
    expect(live.last()).toBe('pause');
    await pass(45_000);
    expect(live.last()).toBe('now');
    await pass(3000);

    expect(state).toMatchObject({ announced: 1, drained: true });
  });

  it('is done when the last call goes on elsewhere', async () => {
    const { begin, call, pass, registry, state } = stopping();
    const live = call('CA1');
    await begin();

    live.leave();
    await pass(500);
    expect(state.drained).toBe(false);
    registry.lost('CA1');
    await pass(500);

    expect(state.drained).toBe(true);
  });

  it('waits ten seconds at most for somebody to go on with a call', async () => {
    const { begin, call, pass, state } = stopping();
    const live = call('CA1');
    await begin();
    live.leave();

    await pass(9900);
    expect(state.drained).toBe(false);
    await pass(200);

    expect(state.drained).toBe(true);
  });

  it('lets its calls come to their end while nobody else takes them, and asks again when somebody does', async () => {
    const { begin, call, pass, state } = stopping();
    state.hasSuccessor = false;
    const live = call('CA1');

    await begin();
    await pass(20_000);
    expect(live.last()).toBeUndefined();
    state.hasSuccessor = true;
    await pass(1500);
    expect(live.last()).toBe('pause');
    state.hasSuccessor = false;
    await pass(1500);
    expect(live.last()).toBeUndefined();
    live.end();
    await settle();

    expect(state.drained).toBe(true);
  });

  it('keeps its calls while the store does not have all of them', async () => {
    const { begin, call, pass, state } = stopping();
    state.isStoreUp = false;
    const live = call('CA1');

    await begin();
    await pass(5000);
    expect(live.last()).toBeUndefined();
    state.isStoreUp = true;
    await pass(1500);

    expect(live.last()).toBe('turn');
  });

  it('goes on to take calls for a while when others are there to be sent to', async () => {
    const { begin, pass, registry, drain, state } = stopping({ delayMs: 5000 });

    await begin();
    expect([drain.hasBegun, registry.isDraining]).toEqual([true, false]);
    await pass(4900);
    expect(registry.isDraining).toBe(false);
    await pass(200);

    expect(registry.isDraining).toBe(true);
    expect(state.drained).toBe(true);
  });

  it('does not wait when nobody else could be sent to', async () => {
    const { begin, registry, state } = stopping({ delayMs: 5000 });
    state.hasSuccessor = false;

    await begin();

    expect(registry.isDraining).toBe(true);
    expect(state.drained).toBe(true);
  });

  it('does not hand a call over at once that came back to it', async () => {
    const { begin, call, pass } = stopping();
    const first = call('CA1');
    await begin();
    await pass(500);
    first.leave();
    const again = call('CA1');

    await pass(4800);
    expect(again.last()).toBeUndefined();
    await pass(500);

    expect(again.last()).toBe('turn');
  });

  it('keeps a test call, which no carrier would connect again, and one that has gone round too often, while it can', async () => {
    const { begin, call, pass, registry } = stopping();
    const test = call('CAtest', true);
    const restless = call('CA1');
    for (let i = 0; i < 6; i++) registry.emit('CA1', { kind: 'connectedAgain', why: 'handed-over' });

    await begin();
    await pass(59_500);
    expect([...test.ended, ...restless.ended]).toEqual([]);
    await pass(1000);

    expect([test.last(), restless.last()]).toEqual([undefined, undefined]);
    expect([...test.ended, ...restless.ended]).toEqual(['failed', 'failed']);
  });

  it('ends what nobody takes when its time is up, and waits three seconds at most for the carrier to ask what comes next', async () => {
    const { begin, call, pass, registry, state } = stopping({ limitMs: 5000 });
    state.hasSuccessor = false;
    const calls = [call('CA1'), call('CA2')];

    await begin();
    await pass(5100);
    expect(calls.flatMap(({ ended }) => ended)).toEqual(['failed', 'failed']);
    registry.onTheirWay.arrived('CA1');
    await pass(2500);
    expect(state.drained).toBe(false);
    await pass(500);

    expect(state.drained).toBe(true);
  });

  it('is done as soon as the carrier has asked about every call that it ended, or has ended it itself', async () => {
    const { begin, call, pass, registry, state } = stopping({ limitMs: 5000 });
    state.hasSuccessor = false;
    call('CA1');
    call('CA2');
    await begin();
    await pass(5100);

    registry.onTheirWay.arrived('CA1');
    registry.finished('CA2');
    await pass(100);

    expect(state.drained).toBe(true);
  });

  it('sends no more than twenty calls on their way at once', async () => {
    const { begin, call, pass, registry } = stopping();
    const calls = Array.from({ length: 21 }, (_, i) => call(`CA${i}`));
    await begin();
    for (const each of calls.slice(0, 20)) each.leave();

    await pass(1000);
    expect(calls[20]!.last()).toBeUndefined();
    registry.lost('CA0');
    await pass(500);

    expect(calls[20]!.last()).toBe('turn');
  });
});
