import { describe, expect, it } from 'vitest';
import { RECORDING_NOTICE } from '../../src/call/reception.js';
import type { Turn } from '../../src/call/record.js';
import { CALLER, NUMBER, virtualReception } from './virtual-reception.js';

const OFFICE_HOURS = {
  open: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
  closed: { say: 'We are closed.' },
};

describe('an arriving call', () => {
  it('is served by the latest version of its agent, which is on record', async () => {
    const desk = virtualReception();
    desk.agent('a', 3);
    desk.number();

    const answer = await desk.reception.answer(desk.arriving('CA1'));

    expect(answer).toMatchObject({ kind: 'agent', agent: { id: 'a', version: 3 }, sayFirst: [] });
    expect(desk.record('CA1')).toMatchObject({ state: 'ringing', agentId: 'a', agentVersion: 3, from: CALLER });
  });

  it('is served by the pinned version, fetched from the store where memory has it no more', async () => {
    const desk = virtualReception();
    desk.agent('a', 3);
    desk.storedAgent('a', 1);
    desk.number({ agentVersion: 1 });

    const answer = await desk.reception.answer(desk.arriving('CA1'));

    expect(answer).toMatchObject({ kind: 'agent', agent: { version: 1 } });
  });

  it('keeps the version it began with, whatever becomes of the agent before its media stream starts', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    desk.agent('a', 2);
    desk.agents.delete('a 1');

    desk.connect('CA1', { agentVersion: 1 });

    expect(desk.profiles.at(-1)?.systemPrompt).toBe('I am a 1.');
    expect(desk.record('CA1')).toMatchObject({ state: 'live', agentVersion: 1 });
  });

  it('gives the canary to its share of callers, always the same to the same caller', async () => {
    const desk = virtualReception({ maxCalls: 10_000 });
    desk.agent('a', 1);
    desk.agent('a', 2);
    desk.number({ agentVersion: 1, canary: { agentVersion: 2, percent: 20 } });
    const served = async (caller: string, callSid: string) => {
      await desk.reception.answer(desk.arriving(callSid, { from: caller }));
      return desk.record(callSid).agentVersion;
    };

    const versions: (number | null)[] = [];
    for (let caller = 0; caller < 500; caller++) versions.push(await served(`+1415555${1000 + caller}`, `CA${caller}`));
    const again: (number | null)[] = [];
    for (let caller = 0; caller < 500; caller++) again.push(await served(`+1415555${1000 + caller}`, `CB${caller}`));

    expect(again).toEqual(versions);
    const share = versions.filter((version) => version === 2).length / 5;
    expect(share).toBeGreaterThan(14);
    expect(share).toBeLessThan(26);
  });

  it.each([
    ['on a Wednesday at noon in UTC', 'UTC', 'agent'],
    ['when it is night in the zone of the number', 'Pacific/Auckland', 'closed'],
  ])('is answered by hours %s', async (_when, timeZone, kind) => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number({ hours: OFFICE_HOURS, timeZone });

    const answer = await desk.reception.answer(desk.arriving('CA1'));

    expect(answer.kind).toBe(kind);
    expect(desk.record('CA1').endReason).toBe(kind === 'closed' ? 'rejected' : null);
  });

  it('over the limit of its number goes to the fallback, and the limit counts every instance', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number({ maxConcurrent: 2, fallback: { say: 'Busy.' } });
    await desk.reception.answer(desk.arriving('CA1'));
    desk.used({ activeCalls: 1, usedMs: 0 });

    const answer = await desk.reception.answer(desk.arriving('CA2'));

    expect(answer).toEqual({ kind: 'unavailable', fallback: { say: 'Busy.' } });
    expect(desk.record('CA2').endReason).toBe('fallback');
    desk.used({ activeCalls: 0, usedMs: 0 });
    expect((await desk.reception.answer(desk.arriving('CA3'))).kind).toBe('agent');
  });

  it('over the minutes of the day is not taken, and live calls count by what they have used', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number({ maxMinutesPerDay: 10 });
    desk.used({ activeCalls: 0, usedMs: 10 * 60_000 - 10_000 });
    expect((await desk.reception.answer(desk.arriving('CA1'))).kind).toBe('agent');
    desk.connect('CA1');

    desk.clock.advance(10_000);

    expect((await desk.reception.answer(desk.arriving('CA2'))).kind).toBe('unavailable');
  });

  it('does not dial a fallback that the operator does not allow any more', async () => {
    const desk = virtualReception({ prefixes: ['+1212'], maxCalls: 1 });
    desk.agent('a', 1);
    desk.number({ fallback: { dial: '+14155550142' } });
    await desk.reception.answer(desk.arriving('CA1'));

    expect(await desk.reception.answer(desk.arriving('CA2'))).toEqual({ kind: 'unavailable', fallback: undefined });
  });

  it('that is recorded is told so, in the words of the number or in our own', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number({ recording: true });
    expect(await desk.reception.answer(desk.arriving('CA1'))).toMatchObject({ sayFirst: [RECORDING_NOTICE] });
    desk.number({ recording: true, notice: 'An AI answers and records.' });
    expect(await desk.reception.answer(desk.arriving('CA2'))).toMatchObject({
      sayFirst: ['An AI answers and records.'],
    });
    const caller = desk.connect('CA2');

    caller.event({ kind: 'stopped' });

    expect(desk.recording).toEqual(['CA2 began', 'CA2 closed']);
  });
});

describe('a call whose media stream could not be opened', () => {
  it.each([
    ['its fallback', { say: 'Busy.' }, 'fallback'],
    ['an apology', undefined, 'failed'],
  ])('ends when it is given %s, and not because the caller hung up then', async (_what, fallback, endReason) => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number({ fallback });
    await desk.reception.answer(desk.arriving('CA1'));
    for (let attempt = 0; attempt < 3; attempt++) {
      desk.registry.streamBroke('CA1');
      expect(desk.registry.nextFor('CA1')).toEqual({ kind: 'connect-again' });
      await desk.reception.answerAgain(desk.arriving('CA1'));
    }
    expect(desk.registry.nextFor('CA1')).toEqual({ kind: 'fallback' });

    expect(await desk.reception.fallBack(desk.arriving('CA1'))).toEqual(fallback);
    desk.registry.reported('CA1', 'completed', 1, true);

    expect(desk.record('CA1')).toMatchObject({ state: 'ended', endReason, carrierStatus: 'completed' });
    expect(desk.events.filter(({ kind }) => kind === 'ended')).toHaveLength(1);
    expect(desk.registry.activeCount).toBe(0);
  });

  it('has failed when the caller does not wait for another attempt', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    desk.registry.streamBroke('CA1');

    desk.registry.reported('CA1', 'completed', 1, true);

    expect(desk.record('CA1').endReason).toBe('failed');
  });

  it('ends as any other when the next attempt succeeds', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    desk.registry.streamBroke('CA1');
    await desk.reception.answerAgain(desk.arriving('CA1'));
    const caller = desk.connect('CA1');
    desk.clock.advance(5000);

    caller.event({ kind: 'stopped' });

    expect(desk.record('CA1')).toMatchObject({ endReason: 'caller-hung-up', durationMs: 5000 });
  });

  it('any more has lasted as long as it did before', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    const caller = desk.connect('CA1');
    desk.clock.advance(20_000);
    caller.event({ kind: 'closed' });
    await desk.reception.answerAgain(desk.arriving('CA1'));

    await desk.reception.fallBack(desk.arriving('CA1'));

    expect(desk.record('CA1')).toMatchObject({ endReason: 'failed', durationMs: 20_000 });
  });
});

describe('a call that rang at another instance', () => {
  it('is connected with a version that is in no memory here, once it was fetched', async () => {
    const desk = virtualReception();
    desk.storedAgent('a', 1);
    const claims = { callSid: 'CA1', from: CALLER, to: NUMBER, agentId: 'a', agentVersion: 1, instance: '' } as const;
    expect(() => desk.connect('CA1')).toThrow();

    await desk.reception.fetch({ ...claims, kind: 'inbound' });
    desk.connect('CA1');

    expect(desk.profiles[0]?.systemPrompt).toBe('I am a 1.');
    expect(desk.record('CA1')).toMatchObject({ state: 'live', agentVersion: 1 });
  });
});

/** A desk that has never seen a call of which another instance had put so much on record. */
async function deskWithCallElsewhere(turn: Turn) {
  const [desk, other] = [virtualReception(), virtualReception()];
  for (const each of [desk, other]) {
    each.agent('a', 1);
    each.number();
  }
  await other.reception.answer(other.arriving('CA1'));
  other.connect('CA1');
  other.registry.emit('CA1', { kind: 'turnChanged', index: 0, turn });
  desk.elsewhere.set('CA1', other.record('CA1'));
  return desk;
}

describe('a call that comes back', () => {
  it('goes on at an instance that never saw it, with what was heard', async () => {
    const turn = { role: 'caller', text: 'my order', startMs: 10, endMs: 900 } as const;
    const desk = await deskWithCallElsewhere(turn);

    const answer = await desk.reception.answerAgain(desk.arriving('CA1'));
    desk.clock.advance(0);

    expect(answer).toMatchObject({ kind: 'agent', agent: { version: 1 } });
    expect(desk.profiles[0]?.history).toEqual([{ role: 'caller', text: 'my order' }]);

    desk.clock.advance(8000);
    const caller = desk.connect('CA1');
    desk.clock.advance(1000);
    caller.event({ kind: 'closed' });

    expect(desk.record('CA1').audio.deadAirMs).toBe(9000 - turn.endMs);
  });

  it('has the words that its instance died over on record as cut, and knows how far they were heard', async () => {
    const agent = { role: 'agent', text: 'We open at nine.', sentText: 'We open at', heardText: 'We open' } as const;
    const spoken = { ...agent, interrupted: false, startMs: 100, endMs: 900, heardMs: 0 };
    const desk = await deskWithCallElsewhere(spoken);

    await desk.reception.answerAgain(desk.arriving('CA1'));
    desk.clock.advance(0);

    expect(desk.profiles[0]?.history).toEqual([{ role: 'agent', text: 'We open' }]);
    expect(desk.record('CA1').turns).toEqual([{ ...spoken, interrupted: true, heardMs: 800 }]);
  });
});

describe('what is remembered of a caller', () => {
  it('reaches the model also where the telephone rang at another instance', async () => {
    const desk = virtualReception({ recall: async (caller) => [`${caller} likes tea`] });
    desk.agent('a', 1, { memory: { memoryId: 'facts-AbCdEf1234' } });
    const claims = { callSid: 'CA1', from: CALLER, to: NUMBER, agentId: 'a', agentVersion: 1, instance: '' } as const;

    await desk.reception.fetch({ ...claims, kind: 'inbound' });
    desk.connect('CA1');

    expect(desk.profiles[0]?.systemPrompt).toContain(`${CALLER} likes tea`);
  });
});

describe('a call that comes back to an instance that is being stopped', () => {
  it('is connected again, and no stream to the model is opened before it is known where', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    const caller = desk.connect('CA1');
    caller.event({ kind: 'closed' });
    void desk.registry.drain();
    const streamCount = desk.profiles.length;

    const answer = await desk.reception.answerAgain(desk.arriving('CA1'));
    desk.clock.advance(100);

    expect(answer).toMatchObject({ kind: 'agent' });
    expect(desk.profiles).toHaveLength(streamCount);
    desk.connect('CA1');
    expect(desk.profiles).toHaveLength(streamCount + 1);
  });
});

describe('the times of a call that comes back', () => {
  it('count on from the start of its first media stream, not from when it rang', async () => {
    const desk = virtualReception();
    desk.agent('a', 1);
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    desk.clock.advance(3000);
    const caller = desk.connect('CA1');
    desk.clock.advance(20_000);
    caller.event({ kind: 'closed' });
    await desk.reception.answerAgain(desk.arriving('CA1'));
    desk.clock.advance(1000);

    desk.connect('CA1');

    expect(desk.record('CA1')?.streams.at(-1)?.openedMs).toBe(21_000);
  });
});

describe('an outbound call that is answered', () => {
  it('knows its variables, and the person called is its caller', async () => {
    const desk = virtualReception();
    desk.agent('a', 1, { systemPrompt: 'Call {{caller}} from {{called}} about {{variables.bill}}.' });
    desk.number();
    await desk.control.place(
      { to: '+14155550142', from: NUMBER, agentId: 'a', variables: { bill: '17' }, onMachine: 'continue' },
      { id: 't', name: 't', role: 'operator' },
    );
    const order = [...desk.orders.values()][0]!;

    const call = desk.arriving('CAout', { from: NUMBER, to: '+14155550142', direction: 'outbound' });
    await desk.reception.answerOutbound(call, order);
    desk.connect('CAout', { from: NUMBER, to: '+14155550142', kind: 'outbound' });

    expect(desk.profiles[0]?.systemPrompt).toBe('Call +14155550142 from +14155550199 about 17.');
    expect(desk.record('CAout')).toMatchObject({ direction: 'outbound', state: 'live', variables: { bill: '17' } });
    expect(desk.events.filter(({ kind }) => kind === 'rang')).toHaveLength(1);
  });
});
