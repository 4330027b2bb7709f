import { describe, expect, it } from 'vitest';
import type { CalleeAnswer } from '../../../src/emulator/phone/phone.js';
import { CONNECT, HANG_UP, isSigned, OURS, PERSON, PUBLIC_URL, site, statuses } from './site.js';

const order = {
  from: OURS,
  to: PERSON,
  voiceUrl: `${PUBLIC_URL}/out?order=1`,
  statusUrl: `${PUBLIC_URL}/progress`,
  statusEvents: ['initiated', 'ringing', 'answered', 'completed'],
} as const;
const answers = { '/out': CONNECT, '/twilio/after': HANG_UP };

describe('a call that is placed', () => {
  it('is queued, rings, and runs when it is answered', async () => {
    const { phone, asked } = await site(answers);

    const placed = phone.place({ ...order, callee: () => ({ status: 'answered', afterMs: 1000 }) });
    expect(placed.leg).toMatchObject({ status: 'queued', direction: 'outbound-api', durationMs: 0 });
    expect(await placed.met).toBe('answered');
    const call = await placed.begun;
    await call.hangUp();

    expect(asked('/out')[0]).toMatchObject({
      path: '/out?order=1',
      params: { CallSid: call.callSid, Direction: 'outbound-api', CallStatus: 'in-progress', From: OURS, To: PERSON },
    });
    expect(isSigned(asked('/out')[0]!)).toBe(true);
    expect(call.streams).toHaveLength(1);
    expect(statuses(asked('/progress'))).toEqual(['0 initiated', '1 ringing', '2 in-progress', '3 completed']);
  });

  it.each<[CalleeAnswer, string[], string?]>([
    [{ status: 'busy' }, ['0 initiated', '1 ringing', '2 busy'], '486'],
    [{ status: 'no-answer' }, ['0 initiated', '1 ringing', '2 no-answer']],
    [{ status: 'answered', afterMs: 90_000 }, ['0 initiated', '1 ringing', '2 no-answer']],
    [{ status: 'failed' }, ['0 initiated', '1 failed'], '404'],
  ])('that is met with %j reports %j', async (answer, reported, sipCode) => {
    const { phone, asked } = await site(answers);

    const placed = phone.place({ ...order, ringLimitMs: 1000, callee: () => answer });
    const end = await placed.call.ended;

    expect(end.by).toBe('caller');
    expect(statuses(asked('/progress'))).toEqual(reported);
    expect(asked('/progress').at(-1)!.params).toMatchObject({
      CallDuration: '0',
      ...(sipCode !== undefined && { SipResponseCode: sipCode }),
    });
    expect(asked('/out')).toEqual([]);
    expect(await placed.begun).toBe(placed.call);
  });

  it('rings until the test has decided, and can be canceled meanwhile', async () => {
    const { phone, asked } = await site(answers);
    const placed = phone.place({ ...order, callee: () => new Promise(() => {}) });
    const ringing = () => asked('/progress').length === 2;
    while (!ringing()) await new Promise((resolve) => setImmediate(resolve));

    expect(phone.change(placed.call.callSid, { to: 'twiml', twiml: HANG_UP })).toBe(false);
    expect(phone.change(placed.call.callSid, { to: 'end', status: 'canceled' })).toBe(true);

    expect(await placed.met).toBe('canceled');
    expect(await placed.call.ended).toMatchObject({ by: 'bridge' });
    expect(statuses(asked('/progress'))).toEqual(['0 initiated', '1 ringing', '2 canceled']);
  });

  it('is told who answered before the webhook, when detection is awaited', async () => {
    const { phone, asked } = await site({ '/out': HANG_UP });

    const placed = phone.place({
      ...order,
      detection: { mode: 'sync' },
      callee: () => ({ status: 'answered', answeredBy: 'machine_start', detectionMs: 3000 }),
    });
    await placed.call.ended;

    expect(asked('/out')[0]!.params).toMatchObject({ AnsweredBy: 'machine_start' });
    expect(placed.leg).toMatchObject({ answeredBy: 'machine_start' });
    expect(asked('/progress').at(-1)!.params).toMatchObject({ AnsweredBy: 'machine_start' });
  });

  it('runs at once and reports later who answered, when detection is not awaited', async () => {
    const { phone, asked } = await site(answers);
    const placed = phone.place({
      ...order,
      detection: { mode: 'async', url: `${PUBLIC_URL}/answered-by`, method: 'POST' },
      callee: () => ({ status: 'answered', answeredBy: 'machine_end_beep', detectionMs: 2000 }),
    });
    const call = await placed.begun;

    while (asked('/answered-by').length === 0) await new Promise((resolve) => setImmediate(resolve));
    await call.hangUp();

    const { params } = asked('/answered-by')[0]!;
    expect(params).toEqual({
      AccountSid: `AC${'0'.repeat(32)}`,
      CallSid: call.callSid,
      AnsweredBy: 'machine_end_beep',
      MachineDetectionDuration: '2000',
    });
    expect(isSigned(asked('/answered-by')[0]!)).toBe(true);
    expect(asked('/out')[0]!.params).not.toHaveProperty('AnsweredBy');
  });

  it('tells nobody who answered when it is over before', async () => {
    const { phone, asked } = await site({ '/out': HANG_UP });

    const placed = phone.place({
      ...order,
      detection: { mode: 'async', url: `${PUBLIC_URL}/answered-by`, method: 'POST' },
      callee: () => ({ status: 'answered', detectionMs: 60_000 }),
    });
    await placed.call.ended;

    expect(asked('/answered-by')).toEqual([]);
    expect(placed.leg.answeredBy).toBeUndefined();
  });

  it('ends when its time is up', async () => {
    const { phone } = await site(answers);

    const placed = phone.place({ ...order, timeLimitMs: 1500, callee: () => ({ status: 'answered' }) });

    expect(await placed.call.ended).toMatchObject({ by: 'bridge' });
    expect(placed.leg).toMatchObject({ status: 'completed' });
  });

  it('rejects to whoever waits when the voice URL fails', async () => {
    const { phone } = await site({});

    const placed = phone.place({ ...order, callee: () => ({ status: 'answered' }) });

    await expect(placed.begun).rejects.toThrow(/12100/);
  });
});
