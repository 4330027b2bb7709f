import { describe, expect, it } from 'vitest';
import type { DialOutcome } from '../../../src/emulator/phone/phone.js';
import { CALLER, HANG_UP, isSigned, OURS, PERSON, site, statuses } from './site.js';

const people = { from: CALLER, to: OURS };
const dialTwiml = (noun: string, attributes = '') =>
  `<Response><Dial action="/dialled" ${attributes}>${noun}</Dial></Response>`;
const place = (noun: string, outcome: DialOutcome, attributes = '', more: Record<string, string> = {}) =>
  site({ '/twilio/voice': dialTwiml(noun, attributes), '/dialled': HANG_UP, ...more }, { dial: () => outcome });

describe('a dialled person', () => {
  it('is a leg of its own, and the action hears how long it was put through', async () => {
    const { phone, asked } = await place(PERSON, { status: 'completed', ringMs: 500, forMs: 4500 });

    const call = await phone.call(people);
    await call.ended;

    const [parent, child] = phone.legs;
    expect(asked('/dialled')[0]!.params).toMatchObject({
      DialCallStatus: 'completed',
      DialCallSid: child!.callSid,
      DialBridged: 'true',
      CallSid: call.callSid,
    });
    expect(Number(asked('/dialled')[0]!.params.DialCallDuration)).toBeGreaterThanOrEqual(4);
    expect(child).toMatchObject({
      parentCallSid: parent!.callSid,
      direction: 'outbound-dial',
      from: CALLER,
      to: PERSON,
      status: 'completed',
    });
    expect(call.dialled[0]).toMatchObject({ callSids: [child!.callSid], timeoutMs: 30_000, answerOnBridge: false });
  });

  it.each([
    [{ status: 'busy' }, 'busy'],
    [{ status: 'failed' }, 'failed'],
    [{ status: 'no-answer', forMs: 90_000 }, 'no-answer'],
    [{ status: 'completed', ringMs: 21_000 }, 'no-answer'],
  ] as const)('who meets it with %j is %s to the action', async (outcome, status) => {
    const { phone, asked } = await place(PERSON, outcome, 'timeout="2"');

    const call = await phone.call(people);
    await call.ended;

    const { params } = asked('/dialled')[0]!;
    expect(params).toMatchObject({ DialCallStatus: status, DialBridged: 'false' });
    expect(params).not.toHaveProperty('DialCallDuration');
    expect(phone.legs[1]).toMatchObject({ status, durationMs: 0 });
    expect(call.dialled[0]!.timeoutMs).toBe(2000);
  });

  it('is told the whisper on its own leg before being put through', async () => {
    const { phone, asked } = await place(
      `<Number url="/whisper?of=1">${PERSON}</Number>`,
      { status: 'completed' },
      'callerId="+14155550199"',
      { '/whisper': '<Response><Say>A caller about an order.</Say></Response>' },
    );

    const call = await phone.call(people);
    await call.ended;

    const [child] = call.dialled[0]!.callSids;
    const whisper = asked('/whisper')[0]!;
    expect(whisper.params).toMatchObject({
      CallSid: child,
      ParentCallSid: call.callSid,
      From: OURS,
      To: PERSON,
      Direction: 'outbound-dial',
      CallStatus: 'in-progress',
    });
    expect(whisper.path).toBe('/whisper?of=1');
    expect(isSigned(whisper)).toBe(true);
    expect(call.whispers).toMatchObject([{ callSid: child, to: PERSON, text: 'A caller about an order.' }]);
    expect(call.spoken).toEqual([]);
  });

  it.each([
    ['takes the call', '1', 'true'],
    ['does not', '2', 'false'],
  ])('who is asked by the whisper and %s', async (_what, presses, isBridged) => {
    const { phone, asked } = await place(
      `<Number url="/whisper">${PERSON}</Number>`,
      { status: 'completed', presses },
      '',
      {
        '/whisper': '<Response><Gather numDigits="1" action="/key"><Say>Press 1.</Say></Gather></Response>',
        '/key': presses === '1' ? '<Response/>' : HANG_UP,
      },
    );

    const call = await phone.call(people);
    await call.ended;

    expect(asked('/key')[0]!.params).toMatchObject({ Digits: presses, CallSid: call.dialled[0]!.callSids[0] });
    expect(asked('/dialled')[0]!.params).toMatchObject({ DialCallStatus: 'completed', DialBridged: isBridged });
  });

  it('is not put through when the whisper cannot be had', async () => {
    const { phone, asked } = await place(`<Number url="/none">${PERSON}</Number>`, { status: 'completed' });

    const call = await phone.call(people);
    await call.ended;

    expect(call.warnings).toMatchObject([{ code: 12100 }]);
    expect(asked('/dialled')[0]!.params).toMatchObject({ DialBridged: 'false' });
  });

  it('reports its own status', async () => {
    const noun = `<Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">${PERSON}</Number>`;
    const { phone, asked } = await place(noun, { status: 'completed', forMs: 3000 });

    const call = await phone.call(people);
    await call.ended;

    expect(statuses(asked('/leg'))).toEqual(['0 initiated', '1 ringing', '2 in-progress', '3 completed']);
    expect(asked('/leg')[3]!.params).toMatchObject({
      CallSid: call.dialled[0]!.callSids[0],
      ParentCallSid: call.callSid,
    });
    expect(Number(asked('/leg')[3]!.params.CallDuration)).toBeGreaterThanOrEqual(3);
    expect(asked('/leg').every(isSigned)).toBe(true);
  });

  it('that answers first leaves the others ringing no more', async () => {
    const { phone } = await place(`<Number>${PERSON}</Number><Sip>sip:a@example.com</Sip>`, {
      status: 'completed',
      target: 1,
    });

    const call = await phone.call(people);
    await call.ended;

    expect(phone.legs.slice(1).map(({ to, status }) => [to, status])).toEqual([
      [PERSON, 'canceled'],
      ['sip:a@example.com', 'completed'],
    ]);
  });

  it('sees no number that the account does not own', async () => {
    const { phone, asked } = await site(
      { '/twilio/voice': dialTwiml(PERSON, 'callerId="+14155550150"'), '/dialled': HANG_UP },
      { ownsCallerId: () => false },
    );

    const call = await phone.call(people);
    await call.ended;

    expect(call.warnings).toMatchObject([{ code: 13214 }]);
    expect(asked('/dialled')[0]!.params).toMatchObject({ DialCallStatus: 'failed' });
  });

  it('can be hung up over REST alone', async () => {
    const until = new Promise(() => {});
    const { phone, asked } = await place(PERSON, { status: 'completed', until });
    const call = await phone.call(people);
    const answered = () => phone.legs[1]?.status === 'in-progress';
    while (!answered()) await new Promise((resolve) => setImmediate(resolve));

    expect(phone.change(phone.legs[1]!.callSid, { to: 'end', status: 'canceled' })).toBe(false);
    expect(phone.change(phone.legs[1]!.callSid, { to: 'end', status: 'completed' })).toBe(true);
    await call.ended;

    expect(asked('/dialled')[0]!.params).toMatchObject({ DialCallStatus: 'completed' });
    expect(phone.change(phone.legs[1]!.callSid, { to: 'end', status: 'completed' })).toBe(false);
  });
});

describe('answerOnBridge', () => {
  it('leaves the caller ringing until somebody answers', async () => {
    const { phone, asked } = await place(
      PERSON,
      { status: 'completed', ringMs: 2000, forMs: 5000 },
      'answerOnBridge="true"',
    );

    const call = await phone.call(people);
    await call.ended;

    expect(call.dialled[0]!.answerOnBridge).toBe(true);
    expect(phone.legs[0]!.durationMs).toBeGreaterThanOrEqual(2900);
    expect(phone.legs[0]!.durationMs).toBeLessThan(phone.legs[0]!.endedMs! - phone.legs[0]!.createdMs - 1900);
    expect(asked('/dialled')[0]!.params).toMatchObject({ CallStatus: 'in-progress' });
  });

  it('never answers the caller when nobody does', async () => {
    const { phone, asked } = await place(PERSON, { status: 'busy' }, 'answerOnBridge="true"');

    const call = await phone.call(people);
    await call.ended;

    expect(asked('/dialled')[0]!.params).toMatchObject({ CallStatus: 'ringing', DialCallStatus: 'busy' });
  });
});
