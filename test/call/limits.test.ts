import { describe, expect, it } from 'vitest';
import type { NumberUse } from '../../src/call/call-store.js';
import { DIAL_COUNT_LIMIT_MS } from '../../src/call/limits.js';
import { DIAL_LIMIT_MS } from '../../src/call/places.js';
import { BridgeError } from '../../src/errors.js';
import { NUMBER, virtualReception } from './virtual-reception.js';

const ACTOR = { id: 'token_1', name: 'Ann', role: 'operator' } as const;
const COLLEAGUE = '+14155550142';
const NOTHING: NumberUse = { activeCalls: 0, usedMs: 0, dials: [] };
const ORDER = { to: COLLEAGUE, from: NUMBER, agentId: 'a', variables: {}, onMachine: 'continue' } as const;
const MINUTE_MS = 60_000;
/** Twilio's webhook is answered by then, whatever the store does. */
const WEBHOOK_LIMIT_MS = 100;

function desk(number: Record<string, unknown>, options: Parameters<typeof virtualReception>[0] = {}) {
  const made = virtualReception(options);
  made.agent('a', 1);
  made.number(number);
  const answer = (callSid: string) => made.reception.answer(made.arriving(callSid));
  return {
    ...made,
    answer,
    /** So many calls that arrive at once; answers how each was answered. */
    atOnce: async (count: number) => {
      const answers = Array.from({ length: count }, (_, index) => answer(`CA${index}`));
      return (await Promise.all(answers)).map(({ kind }) => kind);
    },
    /** A call whose agent puts it through to a person, as the carrier is told. */
    async putThrough(callSid: string) {
      await answer(callSid);
      const caller = made.connect(callSid);
      await made.control.transfer(callSid, { to: COLLEAGUE }, ACTOR);
      caller.event({ kind: 'stopped' });
    },
  };
}

/** A store that answers when it is told to. */
function slowStore() {
  const waiting: (() => void)[] = [];
  return {
    useOf: () => new Promise<NumberUse>((resolve) => void waiting.push(() => resolve(NOTHING))),
    answer: () => waiting.splice(0).forEach((resolve) => void resolve()),
  };
}

const away = async () => {
  throw new BridgeError('STORE_UNAVAILABLE', 'away');
};

/** Lets everything happen that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('calls that arrive at once', () => {
  it.each([1, 2, 3])('are taken as far as there is room for them over the number: %i', async (maxConcurrent) => {
    const { atOnce } = desk({ maxConcurrent });

    const kinds = await atOnce(5);

    expect(kinds).toEqual(kinds.map((_, index) => (index < maxConcurrent ? 'agent' : 'unavailable')));
  });

  it('are taken as far as the instance has room', async () => {
    const { atOnce, registry } = desk({ maxConcurrent: 100 }, { maxCalls: 2 });

    expect(await atOnce(5)).toEqual(['agent', 'agent', 'unavailable', 'unavailable', 'unavailable']);
    expect(registry.activeCount).toBe(2);
  });

  it('leave no place taken when none of them is', async () => {
    const { atOnce, registry, used, answer } = desk({ maxConcurrent: 1 });
    used({ activeCalls: 1 });
    expect(await atOnce(3)).toEqual(['unavailable', 'unavailable', 'unavailable']);

    expect(registry.activeCount).toBe(0);
    used({});
    expect((await answer('CA9')).kind).toBe('agent');
  });

  it('are held up by no call over another number', async () => {
    const { atOnce, number, reception, arriving } = desk({ maxConcurrent: 1 });
    number({ maxConcurrent: 1 }, '+14155550198');

    const [other, mine] = await Promise.all([reception.answer(arriving('CAx', { to: '+14155550198' })), atOnce(1)]);

    expect([other.kind, ...mine]).toEqual(['agent', 'agent']);
  });

  it('are not served when the instance begins to drain meanwhile, and it waits for none of them', async () => {
    const store = slowStore();
    const { answer, registry } = desk({ maxConcurrent: 5 }, { useOf: store.useOf });
    const answering = answer('CA1');
    await settled();
    let isDrained = false;
    const drained = registry.drain().then(() => {
      isDrained = true;
    });
    await settled();
    expect(isDrained).toBe(false);

    store.answer();

    expect((await answering).kind).toBe('unavailable');
    await drained;
  });
});

describe('calls that are ordered at once', () => {
  it('are placed as far as there is room for them over the number', async () => {
    const { control, carried } = desk({ maxConcurrent: 1 });

    const placed = await Promise.allSettled([1, 2, 3].map(() => control.place(ORDER, ACTOR)));

    expect(placed.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(placed[1]).toMatchObject({ reason: { code: 'NUMBER_LIMIT_REACHED' } });
    expect(carried).toHaveLength(1);
  });

  it('leave the place free that the carrier refused', async () => {
    const { control, carrierRefuses, registry } = desk({ maxConcurrent: 1 });
    carrierRefuses(new BridgeError('CARRIER_REFUSED', 'no'));
    await expect(control.place(ORDER, ACTOR)).rejects.toMatchObject({ code: 'CARRIER_REFUSED' });
    carrierRefuses(undefined);

    await control.place(ORDER, ACTOR);

    expect(registry.activeOver(NUMBER)).toEqual(['CAout']);
  });
});

describe('while the store cannot say what others do', () => {
  it('a caller is let in after a moment, and ours count', async () => {
    const store = slowStore();
    const { answer, clock } = desk({ maxConcurrent: 1 }, { useOf: store.useOf });
    const [first, second] = [answer('CA1'), answer('CA2')];
    await settled();

    clock.advance(WEBHOOK_LIMIT_MS);

    expect([(await first).kind, (await second).kind]).toEqual(['agent', 'unavailable']);
  });

  it('a caller is let in at once when the store is away', async () => {
    const { atOnce } = desk({ maxConcurrent: 2, maxMinutesPerDay: 10 }, { useOf: away });

    expect(await atOnce(3)).toEqual(['agent', 'agent', 'unavailable']);
  });

  it.each([
    ['away', away, false],
    ['slow', slowStore().useOf, true],
  ])('nobody is called over a number with a limit: %s', async (_how, useOf, isSlow) => {
    const { control, carried, clock, registry } = desk({ maxConcurrent: 5 }, { useOf });
    const placing = control.place(ORDER, ACTOR);
    const refused = expect(placing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await settled();
    if (isSlow) clock.advance(DIAL_COUNT_LIMIT_MS);

    await refused;

    expect(carried).toEqual([]);
    expect(registry.activeCount).toBe(0);
  });

  it('no fallback is dialled over a number with a limit, and over one without it is', async () => {
    const fallback = { dial: COLLEAGUE };
    const limited = desk({ maxConcurrent: 5, fallback }, { useOf: away, maxCalls: 0 });
    const free = desk({ fallback }, { useOf: away, maxCalls: 0 });

    expect(await limited.answer('CA1')).toEqual({ kind: 'unavailable', fallback: undefined });
    expect(await free.answer('CA1')).toEqual({ kind: 'unavailable', fallback });
  });
});

describe('a call that was put through to a person', () => {
  it('counts as one until it is over, however the carrier says so', async () => {
    for (const over of ['dial', 'status'] as const) {
      const { putThrough, answer, registry, clock } = desk({ maxConcurrent: 1 });
      await putThrough('CA1');
      clock.advance(1000);
      expect((await answer('CA2')).kind).toBe('unavailable');

      if (over === 'dial') registry.dialEnded('CA1', true, 1000);
      else registry.reported('CA1', 'completed', 1, true);

      expect((await answer('CA3')).kind).toBe('agent');
    }
  });

  it('counts from the moment its agent lets it go, before the carrier has asked what is next', async () => {
    const { answer, connect, agent } = desk({ maxConcurrent: 1 });
    const tool = { kind: 'handoff', name: 'person', description: 'd', to: COLLEAGUE, warm: false };
    agent('a', 1, { tools: [tool], dtmf: { handoffKey: '0' } });
    await answer('CA1');
    const caller = connect('CA1');

    caller.event({ kind: 'keyPressed', digit: '0' });

    expect((await answer('CA2')).kind).toBe('unavailable');
  });

  it('counts by its minutes, while it lasts and after it', async () => {
    const { putThrough, answer, registry, clock, used, record } = desk({ maxMinutesPerDay: 10 });
    await putThrough('CA1');
    clock.advance(9 * MINUTE_MS);
    // As the store knows it: the row of the call, which has left its agent.
    used({ dials: [{ callSid: 'CA1', lastedMs: 9 * MINUTE_MS }] });
    expect((await answer('CA2')).kind).toBe('agent');
    registry.reported('CA2', 'completed', 1, true);
    clock.advance(2 * MINUTE_MS);
    used({ dials: [{ callSid: 'CA1', lastedMs: 11 * MINUTE_MS }] });

    expect((await answer('CA3')).kind).toBe('unavailable');

    registry.dialEnded('CA1', true, 630_000);
    expect(record('CA1').durationMs).toBe(630_000);
  });

  it('is counted once, when it is new and when the store knows it already', async () => {
    const { putThrough, answer, used, clock } = desk({ maxConcurrent: 2 });
    await putThrough('CA1');
    used({ dials: [{ callSid: 'CA1', lastedMs: 40 }] });

    expect((await answer('CA2')).kind).toBe('agent');
    clock.advance(10_000);
    expect((await answer('CA3')).kind).toBe('unavailable');
  });

  it('is over here before the store has heard of it', async () => {
    const { putThrough, answer, used, registry } = desk({ maxConcurrent: 1 });
    await putThrough('CA1');
    registry.reported('CA1', 'completed', 1, true);
    used({ dials: [{ callSid: 'CA1', lastedMs: 40 }] });

    expect((await answer('CA2')).kind).toBe('agent');
  });

  it('has ended for another instance, which alone was told, when the store says so', async () => {
    const { putThrough, answer, clock, used } = desk({ maxConcurrent: 1 });
    await putThrough('CA1');
    clock.advance(60_000);
    used({ dials: [] });

    expect((await answer('CA2')).kind).toBe('agent');
  });

  it('is remembered for as long as it may last, and no longer', async () => {
    const { putThrough, registry, clock, record } = desk({});
    await putThrough('CA1');

    clock.advance(DIAL_LIMIT_MS - 1000);
    expect(registry.isWithCarrier('CA1')).toBe(true);
    registry.reported('CA1', 'completed', 1, true);
    expect(record('CA1')).toMatchObject({ durationMs: DIAL_LIMIT_MS - 1000, carrierStatus: 'completed' });

    await putThrough('CA2');
    clock.advance(DIAL_LIMIT_MS * 2);
    expect(registry.isWithCarrier('CA2')).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes back without a minute and without a name when nobody answered', async () => {
    const { putThrough, registry, clock, record } = desk({});
    await putThrough('CA1');
    clock.advance(20_000);

    registry.dialEnded('CA1', false);

    expect(record('CA1')).toMatchObject({ durationMs: 0, transferredTo: null });
  });

  it('may be hung up by an operator', async () => {
    const { putThrough, control, carried, clock, record } = desk({});
    await putThrough('CA1');
    clock.advance(30 * MINUTE_MS);

    await control.hangUp('CA1', ACTOR);

    expect(carried.at(-1)).toMatchObject({ to: 'hangUp', callSid: 'CA1' });
    expect(record('CA1')).toMatchObject({ durationMs: 30 * MINUTE_MS });
  });
});

describe('a fallback that dials', () => {
  const fallback = { dial: COLLEAGUE };

  it('is not dialled for a call that is refused because of a limit', async () => {
    const { atOnce, record, events } = desk({ maxConcurrent: 1, fallback });

    await atOnce(2);

    expect(record('CA1')).toMatchObject({ endReason: 'rejected', transferredTo: null });
    expect(events.filter(({ kind }) => kind === 'transferred')).toEqual([]);
  });

  it('says something in any case', async () => {
    const { answer, used } = desk({ maxMinutesPerDay: 1, fallback: { say: 'Tomorrow again.' } });
    used({ usedMs: MINUTE_MS });

    expect(await answer('CA1')).toEqual({ kind: 'unavailable', fallback: { say: 'Tomorrow again.' } });
  });

  it('counts while it lasts, and is on record', async () => {
    const { answer, registry, record, clock } = desk({ maxConcurrent: 1, fallback }, { maxCalls: 0 });
    expect(await answer('CA1')).toEqual({ kind: 'unavailable', fallback });
    expect(await answer('CA2')).toEqual({ kind: 'unavailable', fallback: undefined });
    clock.advance(70_000);

    registry.dialEnded('CA1', true, 65_000);

    expect(record('CA1')).toMatchObject({ endReason: 'fallback', transferredTo: COLLEAGUE, durationMs: 65_000 });
    expect(await answer('CA3')).toEqual({ kind: 'unavailable', fallback });
  });

  it('outside of the hours keeps to the limits as well, also for calls that come at once', async () => {
    const hours = { open: [{ days: ['mon'], from: '09:00', to: '17:00' }], closed: fallback };
    const { atOnce, used, answer } = desk({ maxConcurrent: 2, maxMinutesPerDay: 5, hours });

    expect(await atOnce(3)).toEqual(['closed', 'closed', 'unavailable']);
    used({ usedMs: 5 * MINUTE_MS });
    expect(await answer('CA9')).toEqual({ kind: 'unavailable', fallback: undefined });
  });

  it('is not dialled when the agent fails and the minutes of the day are used up', async () => {
    const { answer, connect, reception, arriving, used, clock } = desk({ maxMinutesPerDay: 5, fallback });
    await answer('CA1');
    connect('CA1').event({ kind: 'stopped' });
    clock.advance(1000);

    expect(await reception.fallBack(arriving('CA1'))).toEqual(fallback);
    used({ usedMs: 5 * MINUTE_MS });
    expect(await reception.fallBack(arriving('CA1'))).toBeUndefined();
  });

  it('dials no number of ours that would dial back', async () => {
    const { answer, number } = desk({ fallback: { dial: '+14155550198' } }, { maxCalls: 0 });
    number({ fallback: { say: 'Sorry.' } }, '+14155550198');
    expect(await answer('CA1')).toMatchObject({ fallback: { dial: '+14155550198' } });

    number({ fallback: { dial: NUMBER } }, '+14155550198');

    expect(await answer('CA2')).toEqual({ kind: 'unavailable', fallback: undefined });
  });
});

describe('putting a caller through', () => {
  it('does not lead to a number of ours', async () => {
    const { answer, connect, number, control, carried } = desk({});
    number({}, COLLEAGUE);
    await answer('CA1');
    connect('CA1');

    const transfer = control.transfer('CA1', { to: COLLEAGUE }, ACTOR);

    await expect(transfer).rejects.toMatchObject({ code: 'DIAL_NOT_ALLOWED' });
    expect(carried).toEqual([]);
  });
});
