import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import { NUMBER, virtualReception } from './virtual-reception.js';

const ACTOR = { id: 'token_1', name: 'Ann', role: 'operator' } as const;
const COLLEAGUE = '+14155550142';
const REFUSED = new BridgeError('CARRIER_REFUSED', 'no');

async function liveCall(options: Parameters<typeof virtualReception>[0] = {}) {
  const desk = virtualReception(options);
  desk.agent('a', 1);
  desk.number();
  await desk.reception.answer(desk.arriving('CA1'));
  const caller = desk.connect('CA1');
  return { ...desk, caller };
}

describe('hanging up', () => {
  it('ends a live call as hung up by the operator, here and at the carrier', async () => {
    const desk = await liveCall();

    await desk.control.hangUp('CA1', ACTOR);

    expect(desk.record('CA1')).toMatchObject({ state: 'ended', endReason: 'operator-hung-up' });
    expect(desk.carried).toEqual([{ to: 'hangUp', callSid: 'CA1', order: undefined }]);
    expect(desk.audited).toEqual(['token_1 call.hung-up call/CA1']);
  });

  it('ends a live call also when the carrier cannot be reached: its media stream is closed', async () => {
    const desk = await liveCall();
    desk.carrierRefuses(REFUSED);

    await desk.control.hangUp('CA1', ACTOR);

    expect(desk.record('CA1').endReason).toBe('operator-hung-up');
    expect(desk.registry.nextFor('CA1')).toEqual({ kind: 'hang-up' });
  });

  it('ends a call that still rings, unless the carrier refuses', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    desk.carrierRefuses(REFUSED);
    await expect(desk.control.hangUp('CA1', ACTOR)).rejects.toThrow(REFUSED);
    expect(desk.record('CA1').state).toBe('ringing');

    desk.carrierRefuses(undefined);
    await desk.control.hangUp('CA1', ACTOR);

    expect(desk.record('CA1')).toMatchObject({ state: 'ended', endReason: 'operator-hung-up' });
  });

  it('is refused for a call that is over, and for one that never was', async () => {
    const desk = await liveCall();
    desk.caller.event({ kind: 'stopped' });

    await expect(desk.control.hangUp('CA1', ACTOR)).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' });
    await expect(desk.control.hangUp('CA9', ACTOR)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('transferring', () => {
  it('puts the caller through, and the stopping stream is no hang-up', async () => {
    const desk = await liveCall();

    await desk.control.transfer('CA1', { to: COLLEAGUE, whisper: 'An order is late.' }, ACTOR);
    desk.caller.event({ kind: 'stopped' });

    const order = { to: COLLEAGUE, callerId: NUMBER, whisper: 'An order is late.' };
    expect(desk.carried).toEqual([{ to: 'dial', callSid: 'CA1', order }]);
    expect(desk.record('CA1')).toMatchObject({ endReason: 'transferred', transferredTo: COLLEAGUE });
    expect(desk.registry.whisperFor('CA1')).toBe('An order is late.');
  });

  it('leaves the call with its agent when the carrier refuses', async () => {
    const desk = await liveCall();
    desk.carrierRefuses(REFUSED);

    await expect(desk.control.transfer('CA1', { to: COLLEAGUE }, ACTOR)).rejects.toThrow(REFUSED);

    expect(desk.record('CA1')).toMatchObject({ state: 'live', transferredTo: null });
    expect(desk.audited).toEqual([]);
    desk.caller.event({ kind: 'stopped' });
    expect(desk.record('CA1').endReason).toBe('caller-hung-up');
  });

  it.each(['+442071838750', '+18095550142', '+19005550142'])(
    'does not reach %s from a number in the United States',
    async (to) => {
      const desk = await liveCall();

      await expect(desk.control.transfer('CA1', { to }, ACTOR)).rejects.toMatchObject({ code: 'DIAL_NOT_ALLOWED' });
      expect(desk.carried).toEqual([]);
    },
  );

  it('reaches what the operator allows', async () => {
    const desk = await liveCall({ prefixes: ['+4420'] });

    await desk.control.transfer('CA1', { to: '+442071838750' }, ACTOR);

    expect(desk.carried).toHaveLength(1);
    await expect(desk.control.transfer('CA1', { to: COLLEAGUE }, ACTOR)).rejects.toMatchObject({
      code: 'DIAL_NOT_ALLOWED',
    });
  });

  it('gives the caller back to the agent once when nobody answers', async () => {
    const desk = await liveCall();
    await desk.control.transfer('CA1', { to: COLLEAGUE }, ACTOR);
    desk.caller.event({ kind: 'stopped' });

    expect(desk.registry.nextAfterDial('CA1')).toEqual({ kind: 'connect-again' });
    await desk.reception.answerAgain(desk.arriving('CA1'));
    desk.connect('CA1');

    expect(desk.spoken.at(-1)).toContain('did not answer');
    expect(desk.record('CA1')).toMatchObject({ state: 'live', endReason: null });
    expect(desk.registry.nextAfterDial('CA1')).toEqual({ kind: 'fallback' });
  });
});

describe('placing a call', () => {
  const request = { to: COLLEAGUE, from: NUMBER, agentId: 'a', variables: {}, onMachine: 'continue' } as const;

  it('orders it at the carrier and has it on record as ringing', async () => {
    const desk = virtualReception();
    desk.agent('a', 2);
    desk.number();

    const record = await desk.control.place(request, ACTOR);

    expect(record).toMatchObject({ callSid: 'CAout', direction: 'outbound', state: 'ringing', agentVersion: 2 });
    expect(desk.carried[0]).toMatchObject({ to: 'place', order: { from: NUMBER, to: COLLEAGUE, detectMachine: true } });
  });

  it.each([
    ['busy', 'failed'],
    ['no-answer', 'failed'],
    ['canceled', 'caller-hung-up'],
  ])('ends it when the carrier reports %s', async (status, endReason) => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.control.place(request, ACTOR);

    desk.registry.reported('CAout', 'ringing', 1, false);
    desk.registry.reported('CAout', status, 2, true);
    desk.registry.reported('CAout', 'ringing', 1, false);

    expect(desk.record('CAout')).toMatchObject({ state: 'ended', endReason, carrierStatus: status });
  });

  it('counts against the limits of the number it comes from', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number({ maxConcurrent: 1 });
    await desk.control.place(request, ACTOR);

    await expect(desk.control.place(request, ACTOR)).rejects.toMatchObject({ code: 'NUMBER_LIMIT_REACHED' });
  });

  it.each([
    ['an agent that is not there', { agentId: 'b' }, 'REQUEST_INVALID', 'agentId'],
    ['a version that never was', { agentVersion: 9 }, 'REQUEST_INVALID', 'agentVersion'],
    ['a number it may not dial', { to: '+442071838750' }, 'DIAL_NOT_ALLOWED', 'to'],
    ['a number of ours, where another agent would answer', { to: NUMBER }, 'DIAL_NOT_ALLOWED', 'to'],
    ['a number that is not ours', { from: '+14155550177' }, 'REQUEST_INVALID', 'from'],
    ['a number abroad that is not ours', { from: '+442071838750', to: '+442071838751' }, 'REQUEST_INVALID', 'from'],
  ])('is refused for %s', async (_what, fields, code, field) => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();

    const placing = desk.control.place({ ...request, ...fields }, ACTOR);

    await expect(placing).rejects.toMatchObject({ code, details: { field } });
    expect(desk.carried).toEqual([]);
  });

  it('leaves nothing behind when the carrier refuses', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    desk.carrierRefuses(REFUSED);

    await expect(desk.control.place(request, ACTOR)).rejects.toThrow(REFUSED);

    expect(desk.events).toEqual([]);
    expect(desk.clock.pendingTimers).toBe(0);
  });
});

describe('an order that the carrier does not answer', () => {
  const request = { to: COLLEAGUE, from: NUMBER, agentId: 'a', variables: {}, onMachine: 'continue' } as const;
  const refusedWith = async (details: Record<string, unknown>) => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    desk.carrierRefuses(new BridgeError('CARRIER_UNREACHABLE', 'no answer', details));
    await expect(desk.control.place(request, ACTOR)).rejects.toMatchObject({ code: 'CARRIER_UNREACHABLE' });
    return desk;
  };

  it('may ring all the same: it is in the audit trail by its name, without the person', async () => {
    const desk = await refusedWith({ reason: 'ECONNABORTED' });

    expect(desk.entries).toEqual([
      {
        action: 'call.placed',
        subject: `order/${[...desk.orders.keys()][0]}`,
        before: null,
        after: { from: NUMBER, agentId: 'a', agentVersion: 1, isConfirmed: false },
      },
    ]);
    expect(JSON.stringify(desk.entries)).not.toContain(COLLEAGUE);
  });

  it('and never heard of it has not been placed', async () => {
    expect((await refusedWith({ reason: 'ECONNREFUSED' })).entries).toEqual([]);
  });
});

describe('a test call', () => {
  it('waits for its media stream, with its model stream open, and is marked as one', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);

    const test = await desk.control.test({ agentId: 'a' }, ACTOR);
    desk.connect(test.callSid, { kind: 'test', from: 'anonymous', to: 'test' });

    expect(desk.record(test.callSid)).toMatchObject({ test: true, state: 'live', agentVersion: 1 });
    expect(JSON.parse(test.ticket)).toMatchObject({ kind: 'test', callSid: test.callSid });
    expect(desk.profiles).toHaveLength(1);
  });

  it('speaks with another voice and greeting when it is asked to, and the agent stays as it is', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);

    const other = await desk.control.test({ agentId: 'a', voiceId: 'tiffany', greeting: 'Greet {{caller}}.' }, ACTOR);
    desk.connect(other.callSid, { kind: 'test' });
    const own = await desk.control.test({ agentId: 'a' }, ACTOR);
    desk.connect(own.callSid, { kind: 'test' });

    expect(desk.profiles.map(({ voiceId }) => voiceId)).toEqual(['tiffany', 'matthew']);
    await expect(desk.control.test({ agentId: 'a', voiceId: 'nobody' }, ACTOR)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field: 'voiceId' },
    });
    expect(desk.profiles).toHaveLength(2);
  });

  it('has no carrier: it cannot be transferred, and hangs up without one', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    const { callSid } = await desk.control.test({ agentId: 'a' }, ACTOR);
    desk.connect(callSid, { kind: 'test' });

    await expect(desk.control.transfer(callSid, { to: COLLEAGUE }, ACTOR)).rejects.toMatchObject({ code: 'CONFLICT' });
    await desk.control.hangUp(callSid, ACTOR);

    expect(desk.record(callSid).endReason).toBe('operator-hung-up');
    expect(desk.carried).toEqual([]);
  });
});
