import { describe, expect, it } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { CALLER, CONNECT, HANG_UP, isSigned, OURS, PERSON, PUBLIC_URL, site } from './site.js';

const people = { from: CALLER, to: OURS };
const answers = { '/twilio/voice': CONNECT, '/twilio/after': HANG_UP };

describe('a call that is changed over REST', () => {
  it('leaves its stream with stop and runs the new TwiML, without asking the action', async () => {
    const { phone, bridge, asked } = await site(answers);
    const call = await phone.call(people);

    const isTaken = phone.change(call.callSid, {
      to: 'twiml',
      twiml: `<Response><Say>One moment.</Say><Dial>${PERSON}</Dial></Response>`,
    });
    const end = await call.ended;

    expect(isTaken).toBe(true);
    expect(bridge.peers[0]!.received.at(-1)).toMatchObject({ event: 'stop', stop: { callSid: call.callSid } });
    expect(await bridge.peers[0]!.closed).toBe(1000);
    expect(call.streams).toMatchObject([{ closedBy: 'carrier', closeCode: 1000 }]);
    expect(call.spoken).toMatchObject([{ text: 'One moment.' }]);
    expect(call.dialled).toMatchObject([{ targets: [{ to: PERSON }] }]);
    expect(asked('/twilio/after')).toEqual([]);
    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Dial' });
  });

  it('asks a new URL, signed and with its query, and may connect again', async () => {
    const { phone, bridge, asked } = await site({ ...answers, '/next': CONNECT });
    const call = await phone.call(people);

    phone.change(call.callSid, { to: 'url', url: `${PUBLIC_URL}/next?why=1`, method: 'POST' });
    await call.next('stream-started');
    await call.hangUp();

    expect(asked('/next')[0]).toMatchObject({ path: '/next?why=1', params: { CallStatus: 'in-progress' } });
    expect(isSigned(asked('/next')[0]!)).toBe(true);
    expect(bridge.peers).toHaveLength(2);
    expect(call.streams.map(({ closedBy }) => closedBy)).toEqual(['carrier', 'caller']);
  });

  it('goes on with the new TwiML before the bridge has closed its end', async () => {
    const { phone, bridge } = await site(answers, { clock: realClock() });
    const call = await phone.call(people);

    bridge.peers[0]!.socket.pause();
    phone.change(call.callSid, { to: 'twiml', twiml: '<Response><Say>Here.</Say><Pause length="600"/></Response>' });
    await call.next('spoken');

    expect(call.streams[0]!.closedMs).toBeUndefined();
    bridge.peers[0]!.socket.resume();
    await call.hangUp();
  });

  it('ends when told to, and is over at once for the next request', async () => {
    const { phone, bridge, asked } = await site(answers);
    const call = await phone.call(people);

    expect(phone.change(call.callSid, { to: 'end', status: 'canceled' })).toBe(false);
    expect(phone.change(call.callSid, { to: 'end', status: 'completed' })).toBe(true);
    expect(call.status).toBe('completed');
    expect(phone.change(call.callSid, { to: 'end', status: 'completed' })).toBe(false);
    expect(await call.ended).toMatchObject({ by: 'bridge', lastVerb: 'Connect' });

    expect(bridge.peers[0]!.received.at(-1)!.event).toBe('stop');
    expect(asked('/twilio/after')).toEqual([]);
    expect(asked('/twilio/status').map(({ params }) => params.CallStatus)).toEqual(['completed']);
  });

  it('that is redirected while it dials asks for the action as well, and takes no notice of the answer', async () => {
    const { phone, asked } = await site(
      {
        '/twilio/voice': `<Response><Dial action="/dialled">${PERSON}</Dial></Response>`,
        '/dialled': '<Response><Say>Wrong.</Say></Response>',
      },
      { dial: () => ({ status: 'completed', forMs: 3_600_000 }) },
    );
    const call = await phone.call(people);
    if (call.dialled.length === 0) await call.next('dialled');

    phone.change(call.callSid, { to: 'twiml', twiml: '<Response><Say>Right.</Say><Pause length="600"/></Response>' });
    await call.next('spoken');
    await call.hangUp();

    expect(asked('/dialled')).toHaveLength(1);
    expect(call.spoken.map(({ text }) => text)).toEqual(['Right.']);
    expect(phone.legs[1]!.endedMs).toBeDefined();
  });

  it('cannot be redirected before it is answered or after it is over', async () => {
    const { phone } = await site({ ...answers, '/twilio/voice': HANG_UP });
    const redirect = { to: 'twiml', twiml: HANG_UP } as const;

    const placing = phone.call(people);
    expect(phone.legs).toMatchObject([{ status: 'ringing' }]);
    expect(phone.change(phone.legs[0]!.callSid, redirect)).toBe(false);
    const call = await placing;
    await call.ended;

    expect(phone.change(call.callSid, redirect)).toBe(false);
    expect(phone.change('CA1', redirect)).toBe(false);
  });

  it('says that an error has occurred when the new TwiML is none', async () => {
    const { phone } = await site(answers);
    const call = await phone.call(people);

    phone.change(call.callSid, { to: 'twiml', twiml: 'hello' });

    expect(await call.ended).toMatchObject({ by: 'lost' });
    expect(call.spoken[0]!.text).toContain('application error');
  });

  it('reports to a new address, and ends when its time is up', async () => {
    const { phone, asked } = await site(answers);
    const call = await phone.call(people);

    phone.change(call.callSid, { to: 'report', url: `${PUBLIC_URL}/elsewhere`, method: 'POST' });
    phone.change(call.callSid, { to: 'time-limit', limitMs: 1000 });

    expect(await call.ended).toMatchObject({ by: 'bridge' });
    expect(asked('/elsewhere').map(({ params }) => params.CallStatus)).toEqual(['completed']);
    expect(asked('/twilio/status')).toEqual([]);
  });
});
