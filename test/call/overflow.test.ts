import { describe, expect, it } from 'vitest';
import type { AdmissionOptions } from '../../src/call/admission.js';
import { NUMBER, virtualReception } from './virtual-reception.js';

const ACTOR = { id: 'token_1', name: 'Ann', role: 'operator' } as const;
const COLLEAGUE = '+14155550142';
const ORDER = { to: COLLEAGUE, from: NUMBER, agentId: 'a', variables: {}, onMachine: 'continue' } as const;

/** One call is live; then there is no more room, for the reason that is chosen. */
async function fullDesk(number: Record<string, unknown> = {}, prefixes?: string[]) {
  const now = { throttled: false, strained: false, open: 0 };
  const room: Pick<AdmissionOptions, 'sessions' | 'maxSessions' | 'loop'> = {
    sessions: {
      get openCount() {
        return now.open;
      },
      get isThrottled() {
        return now.throttled;
      },
    },
    maxSessions: 10,
    loop: {
      get load() {
        return { utilization: 0.1, lagMs: 1, calls: 1, isStrained: now.strained };
      },
    },
  };
  const desk = virtualReception({ maxCalls: 3, room, ...(prefixes && { prefixes }) });
  desk.agent('a', 1);
  desk.number(number);
  await desk.reception.answer(desk.arriving('CA1'));
  const caller = desk.connect('CA1');
  return { ...desk, caller, now, answer: (callSid: string) => desk.reception.answer(desk.arriving(callSid)) };
}

describe('a call for which there is no room', () => {
  it.each([
    ['model-throttled', { throttled: true }],
    ['event-loop', { strained: true }],
    ['model-sessions', { open: 9 }],
  ])('is not taken: %s, which is counted, and on record as a fault', async (reason, what) => {
    const { answer, now, refused, record, events } = await fullDesk();
    Object.assign(now, what);

    expect(await answer('CA2')).toEqual({ kind: 'unavailable', fallback: undefined });

    expect(refused).toEqual([reason]);
    expect(record('CA2')).toMatchObject({ state: 'ended', endReason: 'rejected', faults: { NO_CAPACITY: 1 } });
    expect(events.filter(({ callSid }) => callSid === 'CA2').map(({ kind }) => kind)).toEqual([
      'rang',
      'faulted',
      'ended',
    ]);
  });

  it('gets what its number has for that, and the fallback where it has nothing', async () => {
    const overflow = { dial: COLLEAGUE };
    const fallback = { say: 'Sorry.' };
    const both = await fullDesk({ overflow, fallback });
    const one = await fullDesk({ fallback });
    both.now.throttled = true;
    one.now.throttled = true;

    expect(await both.answer('CA2')).toEqual({ kind: 'unavailable', fallback: overflow });
    expect(await one.answer('CA2')).toEqual({ kind: 'unavailable', fallback });

    expect(both.record('CA2')).toMatchObject({ endReason: 'fallback', transferredTo: COLLEAGUE });
  });

  it('is not put through where the operator does not allow it any more', async () => {
    const { answer, now } = await fullDesk({ overflow: { dial: COLLEAGUE } }, ['+1212']);
    now.strained = true;

    expect(await answer('CA2')).toEqual({ kind: 'unavailable', fallback: undefined });
  });

  it('is none that has reached the limit of its number: that gets the fallback', async () => {
    const { answer, refused } = await fullDesk({
      maxConcurrent: 1,
      overflow: { say: 'Full.' },
      fallback: { say: 'Busy.' },
    });

    expect(await answer('CA2')).toEqual({ kind: 'unavailable', fallback: { say: 'Busy.' } });

    expect(refused).toEqual([]);
  });

  it('is refused because the instance drains, also when that begins while it is being decided about', async () => {
    const { answer, registry, refused } = await fullDesk({ overflow: { say: 'Full.' }, maxConcurrent: 5 });
    const answering = answer('CA2');
    void registry.drain();

    expect(await answering).toMatchObject({ fallback: { say: 'Full.' } });
    expect(await answer('CA3')).toMatchObject({ fallback: { say: 'Full.' } });

    expect(refused).toEqual(['draining', 'draining']);
  });
});

describe('with no room', () => {
  it('nobody is called and no test call begins, and each is told why', async () => {
    const { control, now, refused, carried } = await fullDesk();
    now.strained = true;
    const why = { code: 'NO_CAPACITY', details: { reason: 'event-loop' } };

    await expect(control.place(ORDER, ACTOR)).rejects.toMatchObject(why);
    await expect(control.test({ agentId: 'a' }, ACTOR)).rejects.toMatchObject(why);

    expect(refused).toEqual(['event-loop', 'event-loop']);
    expect(carried).toEqual([]);
  });

  it('somebody who was called, and answers, overflows as well', async () => {
    const { control, reception, arriving, orders, now, refused } = await fullDesk({ overflow: { say: 'Later.' } });
    await control.place(ORDER, ACTOR);
    const [order] = orders.values();
    now.throttled = true;

    const answer = await reception.answerOutbound(arriving('CAout', { from: NUMBER, to: COLLEAGUE }), order!);

    expect(answer).toEqual({ kind: 'unavailable', fallback: { say: 'Later.' } });
    expect(refused).toEqual(['model-throttled']);
  });

  it('a call that exists is connected again all the same', async () => {
    const { caller, clock, reception, arriving, registry, now, refused } = await fullDesk();
    caller.event({ kind: 'closed' });
    clock.advance(1000);
    Object.assign(now, { throttled: true, strained: true, open: 10 });

    expect(registry.nextFor('CA1')).toEqual({ kind: 'connect-again' });
    expect(await reception.answerAgain(arriving('CA1'))).toMatchObject({ kind: 'agent' });

    expect(refused).toEqual([]);
  });

  it('calls are taken again as soon as there is some', async () => {
    const { answer, now } = await fullDesk();
    now.strained = true;
    expect((await answer('CA2')).kind).toBe('unavailable');

    now.strained = false;

    expect((await answer('CA3')).kind).toBe('agent');
  });
});
