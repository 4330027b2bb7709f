import { describe, expect, it, onTestFinished } from 'vitest';
import WaveFile from 'wavefile';
import { SPEECH, startStack } from './stack.js';

const COLLEAGUE = '+14155550142';
const SCRIPT = `
turns:
  - hear: go forward ten meters
    say: Thank you.
  - hear: go somewhere and do something
    say: Goodbye.
`;

async function stack(options: Parameters<typeof startStack>[1] = {}) {
  const started = await startStack(SCRIPT, options);
  onTestFinished(() => started.close());
  return started;
}

describe('an operator', () => {
  it('puts a live caller through: the colleague hears what it is about, and the stopping stream kills nothing', async () => {
    const { bridge, call, record, phone } = await stack({ dial: () => ({ status: 'completed', forMs: 500 }) });
    const live = await call();
    await live.say(SPEECH.goForward);
    await live.next('playing-ended');

    const { status } = await bridge.api('POST', `/calls/${live.callSid}/transfer`, { to: COLLEAGUE });
    const end = await live.ended;

    expect(status).toBe(204);
    expect(live.dialled[0]?.targets).toEqual([{ kind: 'Number', to: COLLEAGUE }]);
    expect(live.whispers[0]?.text).toContain('go forward ten meters');
    expect(end.by).toBe('bridge');
    expect(await record(live.callSid)).toMatchObject({ endReason: 'transferred', transferredTo: COLLEAGUE });
    expect(phone.legs.find(({ to }) => to === COLLEAGUE)?.status).toBe('completed');
    const { body } = await bridge.api('GET', `/audit?subject=call/${live.callSid}`);
    expect(body.items).toMatchObject([{ action: 'call.transferred', actor: { id: 'admin-token' } }]);
  });

  it('has the talk with the colleague on record, and counts it for the number', async () => {
    let goodbye = (): void => undefined;
    const talk = new Promise<void>((resolve) => {
      goodbye = resolve;
    });
    const { bridge, call, wait } = await stack({
      number: { maxConcurrent: 1 },
      dial: () => ({ status: 'completed', until: talk }),
    });
    const live = await call();
    await live.say(SPEECH.goForward);
    await live.next('playing-ended');
    await bridge.api('POST', `/calls/${live.callSid}/transfer`, { to: COLLEAGUE });
    await bridge.fact(live.callSid, 'ended');
    await wait(4000);

    const { text } = await bridge.webhook('/twilio/voice', bridge.form('CA0001'));
    goodbye();
    await live.ended;
    const { text: later } = await bridge.webhook('/twilio/voice', bridge.form('CA0002'));

    expect(text).not.toContain('<Stream');
    expect(later).toContain('<Stream');
    const { durationMs: talkMs } = await bridge.fact(live.callSid, 'dialEnded');
    expect(talkMs).toBeGreaterThanOrEqual(3000);
    while ((await bridge.record(live.callSid)).carrierStatus !== 'completed') await wait(20);
    expect((await bridge.record(live.callSid)).durationMs).toBeGreaterThan(talkMs);
  });

  it('gets the caller back to the agent when the colleague does not answer', async () => {
    const { bridge, call } = await stack({ dial: () => ({ status: 'no-answer' }) });
    const live = await call();
    await live.say(SPEECH.goForward);
    await live.next('playing-ended');

    await bridge.api('POST', `/calls/${live.callSid}/transfer`, { to: COLLEAGUE });
    while (live.streams.length < 2) await live.next('stream-started');
    await live.hangUp();

    expect(live.streams).toHaveLength(2);
  });

  it('leaves the call with its agent when Twilio refuses the transfer', async () => {
    const { bridge, call, twilio, record } = await stack();
    const live = await call();
    twilio.fail('server-error');

    const refused = await bridge.api('POST', `/calls/${live.callSid}/transfer`, { to: COLLEAGUE });
    await live.say(SPEECH.goForward);
    await live.next('playing-ended');
    await live.hangUp();

    expect(refused).toMatchObject({ status: 502, body: { code: 'CARRIER_UNREACHABLE' } });
    expect(await record(live.callSid)).toMatchObject({ endReason: 'caller-hung-up', transferredTo: null });
  });

  it('hangs a live call up', async () => {
    const { bridge, call, twilio, record } = await stack();
    const live = await call();

    expect((await bridge.api('POST', `/calls/${live.callSid}/hangup`)).status).toBe(204);
    await live.ended;

    expect(await record(live.callSid)).toMatchObject({ endReason: 'operator-hung-up' });
    expect(twilio.requests.some(({ params }) => params.Status === 'completed')).toBe(true);
    expect((await bridge.api('POST', `/calls/${live.callSid}/hangup`)).status).toBe(409);
  });

  it('places a call that an agent speaks on', async () => {
    const { bridge, twilio, record } = await stack();
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    const order = { to: COLLEAGUE, from: '+14155550199', agentId, variables: { name: 'Ann' } };
    const headers = { 'Idempotency-Key': 'once' };

    const placed = await bridge.api('POST', '/calls', order, undefined, headers);
    const again = await bridge.api('POST', '/calls', order, undefined, headers);
    const { call, begun } = await twilio.nextCall();
    await begun;
    await call.say(SPEECH.goForward);
    await call.next('playing-ended');
    await call.hangUp();

    expect(placed).toMatchObject({ status: 201, body: { direction: 'outbound', callSid: call.callSid } });
    expect(again.body.callSid).toBe(placed.body.callSid);
    expect(again.headers.get('Idempotent-Replayed')).toBe('true');
    expect(twilio.calls).toHaveLength(1);
    expect(await record(call.callSid)).toMatchObject({
      state: 'ended',
      variables: { name: 'Ann' },
      turns: [{ role: 'caller' }, { role: 'agent', heardText: 'Thank you.' }],
    });
  });

  it('does not let an agent speak to a machine when told so', async () => {
    const { bridge, twilio, record } = await stack({
      callee: () => ({ status: 'answered', answeredBy: 'machine_start', detectionMs: 200 }),
    });
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    const order = { to: COLLEAGUE, from: '+14155550199', agentId, onMachine: 'hang-up' };

    await bridge.api('POST', '/calls', order);
    const { call } = await twilio.nextCall();
    await call.ended;

    expect(await record(call.callSid)).toMatchObject({ answeredBy: 'machine_start', endReason: 'agent-hung-up' });
  });

  it('lets a machine hear words in place of the agent when told so', async () => {
    const { bridge, twilio, record } = await stack({
      callee: () => ({ status: 'answered', answeredBy: 'machine_start', detectionMs: 200 }),
    });
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    const order = { to: COLLEAGUE, from: '+14155550199', agentId, onMachine: { say: 'Please call us back.' } };

    await bridge.api('POST', '/calls', order);
    const { call } = await twilio.nextCall();
    await call.ended;

    expect(call.spoken.map(({ text }) => text)).toContain('Please call us back.');
    expect(await record(call.callSid)).toMatchObject({ answeredBy: 'machine_start', endReason: 'agent-hung-up' });
  });

  it('keeps a call with a machine as it is when Twilio does not take it away', async () => {
    const { bridge, twilio, record } = await stack({
      callee: () => ({ status: 'answered', answeredBy: 'machine_start', detectionMs: 200 }),
    });
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    await bridge.api('POST', '/calls', { to: COLLEAGUE, from: '+14155550199', agentId, onMachine: 'hang-up' });
    const { call, begun } = await twilio.nextCall();
    twilio.fail('server-error');
    await begun;
    while (!call.requests.some(({ url, answeredMs }) => url.includes('/twilio/amd') && answeredMs !== undefined)) {
      await new Promise((resolve) => setImmediate(resolve));
    }

    await call.hangUp();

    expect(await record(call.callSid)).toMatchObject({ endReason: 'caller-hung-up' });
  });

  it('has on record that nobody answered', async () => {
    const { bridge, twilio, record } = await stack({ callee: () => ({ status: 'busy' }) });
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;

    await bridge.api('POST', '/calls', { to: COLLEAGUE, from: '+14155550199', agentId });
    const { call } = await twilio.nextCall();
    await call.ended;

    expect(await record(call.callSid)).toMatchObject({ endReason: 'failed', carrierStatus: 'busy' });
  });
});

describe('a caller whom no agent serves', () => {
  it.each([
    ['hears nothing more after the person who was dialled', { status: 'completed', forMs: 500 }, []],
    ['hears an apology when nobody answered', { status: 'no-answer' }, [expect.stringContaining('We are sorry')]],
  ] as const)('%s', async (_what, outcome, words) => {
    const { bridge, call } = await stack({
      number: { fallback: { dial: COLLEAGUE } },
      environment: { MAX_CALLS: '1' },
      dial: () => outcome,
    });
    const first = await call();

    const second = await call();
    await second.ended;

    expect(second.dialled[0]?.targets).toEqual([{ kind: 'Number', to: COLLEAGUE }]);
    expect(second.spoken.map(({ text }) => text)).toEqual(words);
    expect(second.streams).toEqual([]);
    expect(await bridge.record(second.callSid)).toMatchObject({ endReason: 'fallback' });
    await first.hangUp();
  });
});

describe('a recorded call', () => {
  it('is there as a stereo WAV with both sides, announced before it began', async () => {
    const { bridge, call, record } = await stack({ number: { recording: true } });
    const live = await call();
    await live.say(SPEECH.goForward);
    await live.next('playing-ended');
    await live.hangUp();
    await record(live.callSid);
    await bridge.when(() =>
      bridge.events.find((event) => event.kind === 'recordingChanged' && event.recording.state === 'ready'),
    );

    const response = await fetch(`${bridge.base}/api/calls/${live.callSid}/audio.wav`, {
      headers: { Authorization: `Bearer ${bridge.adminToken}` },
    });
    const wav = new WaveFile.WaveFile(new Uint8Array(await response.arrayBuffer()));
    const [left, right] = wav.getSamples(false, Int16Array) as unknown as [Int16Array, Int16Array];

    expect(response.headers.get('content-type')).toBe('audio/wav');
    expect(wav.fmt).toMatchObject({ numChannels: 2, sampleRate: 8000, bitsPerSample: 16 });
    expect(left.some((sample) => Math.abs(sample) > 3000)).toBe(true);
    expect(right.some((sample) => Math.abs(sample) > 3000)).toBe(true);
    expect(live.spoken[0]?.text).toBe('This call may be recorded.');
    const part = await fetch(`${bridge.base}/api/calls/${live.callSid}/audio.wav`, {
      headers: { Authorization: `Bearer ${bridge.adminToken}`, Range: 'bytes=0-3' },
    });
    expect([part.status, await part.text()]).toEqual([206, 'RIFF']);
  });

  it('that was placed from here is announced to whom it was placed, before the agent is connected', async () => {
    const { bridge, twilio, record } = await stack({ number: { recording: true } });
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    await bridge.api('POST', '/calls', { to: COLLEAGUE, from: '+14155550199', agentId });
    const { call, begun } = await twilio.nextCall();
    await begun;
    const announced = call.spoken.map(({ text }) => text);
    await call.say(SPEECH.goForward);
    await call.next('playing-ended');
    await call.hangUp();

    expect(announced).toEqual(['This call may be recorded.']);
    expect(call.spoken[0]!.atMs).toBeLessThan(call.streams[0]!.startedMs);
    expect(await record(call.callSid)).toMatchObject({ direction: 'outbound', recording: { channels: 2 } });
  });
});

describe('a test call', () => {
  it('carries a conversation without Twilio, by its ticket alone', async () => {
    const { bridge, phone, record } = await stack();
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    const test = (await bridge.api('POST', '/test-calls', { agentId, from: '+14155550123' })).body;

    const live = await phone.connectStream({
      url: test.url.replace('wss://bridge.example.com', bridge.base.replace('http', 'ws')),
      subprotocols: ['oratio.ticket', test.ticket],
      callSid: test.callSid,
    });
    await live.say(SPEECH.goForward);
    await live.next('playing-ended');
    await live.hangUp();

    expect(await record(test.callSid)).toMatchObject({
      test: true,
      from: '+14155550123',
      turns: [{ role: 'caller' }, { role: 'agent', heardText: 'Thank you.' }],
    });
  });

  it.each([
    ['a page of somebody else', { Origin: 'https://evil.example.com' }, (ticket: string) => ticket],
    ['a ticket that was changed', {}, (ticket: string) => `${ticket}x`],
    ['no ticket', {}, () => ''],
  ])('is not opened by %s', async (_who, headers, change) => {
    const { bridge, phone } = await stack();
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    const test = (await bridge.api('POST', '/test-calls', { agentId })).body;

    const opening = phone.connectStream({
      url: `${bridge.base.replace('http', 'ws')}/twilio/media`,
      subprotocols: ['oratio.ticket', change(test.ticket)].filter(Boolean),
      headers,
      callSid: test.callSid,
    });

    await expect(opening).rejects.toThrow();
  });
});
