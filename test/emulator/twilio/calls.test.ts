import { describe, expect, it } from 'vitest';
import type { PhoneOptions } from '../../../src/emulator/phone/phone.js';
import type { TwilioRestOptions } from '../../../src/emulator/twilio/server.js';
import { CALLER, CONNECT, HANG_UP, isSigned, PUBLIC_URL, site, statuses } from '../phone/site.js';
import { ACCOUNT, OURS, PERSON, rest } from './client.js';

const url = `${PUBLIC_URL}/twilio/voice?order=1`;
const order = { to: PERSON, from: OURS, url };

async function twilio(options: Partial<TwilioRestOptions> & { dial?: PhoneOptions['dial'] } = {}) {
  const { dial, ...more } = options;
  const answers = { '/twilio/voice': CONNECT, '/twilio/after': HANG_UP };
  const line = await site(answers, { accountSid: ACCOUNT.accountSid, dial });
  return { ...line, ...(await rest({ phone: () => line.phone, ...more })) };
}

describe('a call created over REST', () => {
  it('is queued when the answer comes, then asks its URL and reports in order', async () => {
    const { client, server, asked } = await twilio();

    const created = await client.calls.create({
      ...order,
      statusCallback: `${PUBLIC_URL}/progress`,
      statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
    });
    const { call, begun } = await server.nextCall();
    await begun;
    await client.calls(created.sid).update({ status: 'completed' });
    await call.ended;

    expect(created).toMatchObject({ status: 'queued', direction: 'outbound-api', duration: null, queueTime: '0' });
    expect(created.sid).toBe(call.callSid);
    expect(asked('/twilio/voice')).toMatchObject([
      { path: '/twilio/voice?order=1', params: { CallSid: call.callSid, Direction: 'outbound-api' } },
    ]);
    expect(isSigned(asked('/twilio/voice')[0]!)).toBe(true);
    expect(statuses(asked('/progress'))).toEqual(['0 initiated', '1 ringing', '2 in-progress', '3 completed']);
    const fetched = await client.calls(created.sid).fetch();
    expect(fetched).toMatchObject({ status: 'completed', duration: expect.stringMatching(/^\d+$/) });
    expect(fetched.endTime).toBeInstanceOf(Date);
    expect(server.requests[0]).toMatchObject({ method: 'POST', status: 201, params: { To: PERSON } });
  });

  it.each(['busy', 'no-answer', 'failed'] as const)('reports once when it is met with %s', async (status) => {
    const { client, server, asked } = await twilio();
    server.onDial(() => ({ status }));

    const { sid } = await client.calls.create({ ...order, statusCallback: `${PUBLIC_URL}/progress` });
    await (await server.nextCall()).call.ended;

    expect(statuses(asked('/progress'))).toEqual([`0 ${status}`]);
    expect(await client.calls(sid).fetch()).toMatchObject({ status, duration: '0', answeredBy: null });
  });

  it('tells who answered', async () => {
    const { client, server, asked } = await twilio({
      callee: () => ({ status: 'answered', answeredBy: 'machine_start', detectionMs: 3000 }),
    });

    const { sid } = await client.calls.create({
      ...order,
      machineDetection: 'Enable',
      asyncAmd: 'true',
      asyncAmdStatusCallback: `${PUBLIC_URL}/answered-by`,
    });
    const { begun } = await server.nextCall();
    const call = await begun;
    while (asked('/answered-by').length === 0) await new Promise((resolve) => setImmediate(resolve));

    expect(asked('/answered-by')[0]!.params).toMatchObject({ AnsweredBy: 'machine_start', CallSid: sid });
    expect(await client.calls(sid).fetch()).toMatchObject({ answeredBy: 'machine_start' });
    await call.hangUp();
  });

  it('can be canceled while it rings, and not redirected', async () => {
    const { client, server } = await twilio({ callee: () => new Promise(() => {}) });
    const { sid } = await client.calls.create(order);
    const { call, met } = await server.nextCall();

    const redirect = client.calls(sid).update({ twiml: HANG_UP });
    await expect(redirect).rejects.toMatchObject({ status: 400, code: 21220 });
    expect(await client.calls(sid).update({ status: 'canceled' })).toMatchObject({ status: 'canceled' });

    expect(await met).toBe('canceled');
    await call.ended;
  });

  it.each<[string, object, number]>([
    ['no URL', { url: undefined }, 21205],
    ['a URL that is none', { url: 'bridge' }, 21205],
    ['a number that is none', { to: '12' }, 21211],
    ['a caller that is none', { from: 'me' }, 21212],
    ['a number of others', { from: '+14155550111' }, 21210],
    ['a destination without permission', { to: '+14155550190' }, 21215],
    ['a method that is none', { method: 'PUT' }, 21209],
    ['a time to ring beyond all limits', { timeout: 601 }, 20001],
    ['detection that is none', { machineDetection: 'Yes' }, 20001],
    ['detection that nobody hears of', { machineDetection: 'Enable', asyncAmd: 'true' }, 21262],
    ['a report to nowhere', { statusCallback: 'bridge' }, 21609],
    ['too much inline', { url: undefined, twiml: `<Response><Say>${'a'.repeat(4000)}</Say></Response>` }, 21205],
  ])('is refused for %s', async (_what, change, code) => {
    const { client, phone } = await twilio({ refusesDestination: (to) => to === '+14155550190' });

    await expect(client.calls.create({ ...order, ...change })).rejects.toMatchObject({
      status: 400,
      code,
      moreInfo: `https://www.twilio.com/docs/errors/${code}`,
    });
    expect(phone.legs).toEqual([]);
  });

  it('goes only to verified numbers on a trial, and nowhere from a closed account', async () => {
    const trial = await twilio({ accountType: 'Trial', verifiedNumbers: ['+14155550160'] });
    await expect(trial.client.calls.create(order)).rejects.toMatchObject({ code: 21219 });
    expect(await trial.client.calls.create({ ...order, to: '+14155550160' })).toMatchObject({ status: 'queued' });
    await (await (await trial.server.nextCall()).begun).hangUp();

    const closed = await twilio({ accountStatus: 'closed' });
    await expect(closed.client.calls.create(order)).rejects.toMatchObject({ status: 403, code: 20005 });
  });

  it('reports nothing when one of the events is unknown', async () => {
    const { client, server, asked } = await twilio();

    const statusCallbackEvent = ['initiated ringing answered completed'];
    await client.calls.create({ ...order, statusCallback: `${PUBLIC_URL}/progress`, statusCallbackEvent });
    await (await (await server.nextCall()).begun).hangUp();

    expect(asked('/progress')).toEqual([]);
  });
});

describe('a call on record', () => {
  it('may be one that came in, and its transfer has a leg with a parent', async () => {
    const { client, phone, bridge } = await twilio({ dial: () => ({ status: 'completed', forMs: 1000 }) });
    const call = await phone.call({ from: CALLER, to: OURS });

    const updated = await client.calls(call.callSid).update({ twiml: `<Response><Dial>${PERSON}</Dial></Response>` });
    await call.ended;

    expect(updated).toMatchObject({ status: 'in-progress', direction: 'inbound' });
    expect(bridge.peers[0]!.received.at(-1)!.event).toBe('stop');
    const children = await client.calls.list({ parentCallSid: call.callSid });
    expect(children).toMatchObject([{ direction: 'outbound-dial', to: PERSON, from: CALLER, status: 'completed' }]);
    expect(children[0]!.sid).toBe(call.dialled[0]!.callSids[0]);
  });

  it('is over once: the second time is refused', async () => {
    const { client, phone } = await twilio();
    const call = await phone.call({ from: CALLER, to: OURS });

    expect(await client.calls(call.callSid).update({ status: 'completed' })).toMatchObject({ status: 'completed' });

    const again = client.calls(call.callSid).update({ status: 'completed' });
    await expect(again).rejects.toMatchObject({ code: 21220, message: 'Call is not in-progress. Cannot redirect.' });
    await call.ended;
  });

  it('is listed newest first, by its filters', async () => {
    const { client, phone } = await twilio();
    const ended = async (to: string) => (await phone.call({ from: CALLER, to })).hangUp();
    await ended(OURS);
    await ended('+14155550198');
    const live = await phone.call({ from: CALLER, to: OURS });
    const count = async (filter: Parameters<typeof client.calls.list>[0]) => (await client.calls.list(filter)).length;

    expect((await client.calls.list({ pageSize: 1 })).map(({ to }) => to)).toEqual([OURS, '+14155550198', OURS]);
    expect(await count({ to: OURS })).toBe(2);
    expect(await count({ status: 'in-progress' })).toBe(1);
    expect(await count({ to: OURS, status: 'completed', from: CALLER })).toBe(1);
    const hour = 3_600_000;
    expect(await count({ startTimeAfter: new Date(phone.legs[0]!.createdMs - hour) })).toBe(3);
    expect(await count({ startTimeAfter: new Date(phone.legs[0]!.createdMs + hour) })).toBe(0);
    expect(await count({ endTimeBefore: new Date(phone.legs[0]!.createdMs + hour) })).toBe(2);
    await live.hangUp();
  });

  it('is removed when it is over', async () => {
    const { client, phone } = await twilio();
    const call = await phone.call({ from: CALLER, to: OURS });

    await expect(client.calls(call.callSid).remove()).rejects.toMatchObject({ status: 400 });
    await call.hangUp();
    expect(await client.calls(call.callSid).remove()).toBe(true);

    await expect(client.calls(call.callSid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
    expect(await client.calls.list()).toEqual([]);
  });

  it('reports to a new address only together with new TwiML', async () => {
    const { client, phone, asked } = await twilio();
    const call = await phone.call({ from: CALLER, to: OURS });
    const statusCallback = `${PUBLIC_URL}/progress`;

    await client.calls(call.callSid).update({ statusCallback, timeLimit: 3600 });
    await client.calls(call.callSid).update({ twiml: HANG_UP, statusCallback });
    await call.ended;

    expect(asked('/progress')).toHaveLength(1);
    expect(asked('/twilio/status')).toEqual([]);
  });
});
