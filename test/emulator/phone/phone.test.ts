import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { scaledClock } from '../../../src/clock.js';
import { createPhone, type PhoneOptions, TwilioFault } from '../../../src/emulator/phone/phone.js';
import { type Peer, startBridge } from './bridge.js';

const PUBLIC_URL = 'https://bridge.example.com';
const TOKEN = '12345';
const PEOPLE = { from: '+14155550100', to: '+14155550199' };
const CONNECT =
  '<Response><Connect action="https://bridge.example.com/twilio/after"><Stream url="wss://bridge.example.com/twilio/media?lost=1" statusCallback="https://bridge.example.com/twilio/stream-status"><Parameter name="ticket" value="t1"/></Stream></Connect><Hangup/></Response>';
const HANG_UP = '<Response><Hangup/></Response>';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function bridgeOf(script: Parameters<typeof startBridge>[0]) {
  const bridge = await startBridge(script);
  open.push(bridge);
  return bridge;
}

function phoneFor(bridgeUrl: string, options: Partial<PhoneOptions> = {}) {
  const accountSid = `AC${'0'.repeat(32)}`;
  return createPhone({
    bridgeUrl,
    publicUrl: PUBLIC_URL,
    accountSid,
    authToken: TOKEN,
    clock: scaledClock(10),
    seed: 7,
    ...options,
  });
}

/** Answers like the bridge: connects, and after the stream hangs up. */
const usual = ({ path }: { path: string }) =>
  path === '/twilio/voice' ? CONNECT : path === '/twilio/after' ? HANG_UP : undefined;

const audio = (peer: Peer, bytes: number) => ({
  event: 'media',
  streamSid: sidOf(peer),
  media: { payload: Buffer.alloc(bytes, 0x11).toString('base64') },
});
const sidOf = (peer: Peer) => peer.received.find(({ event }) => event === 'start')!.streamSid;

describe('a call', () => {
  it('asks for TwiML with a signed form that keeps empty and unknown fields in random order', async () => {
    const bridge = await bridgeOf({ answer: () => HANG_UP });

    const call = await phoneFor(bridge.url).call({ ...PEOPLE, params: { CallerName: 'Ann Example' } });
    const end = await call.ended;

    const voice = bridge.asked[0]!;
    const signed = Object.keys(voice.params)
      .sort()
      .reduce((text, name) => text + name + voice.params[name], `${PUBLIC_URL}/twilio/voice`);
    expect(voice.headers['x-twilio-signature']).toBe(createHmac('sha1', TOKEN).update(signed).digest('base64'));
    expect(voice.headers['user-agent']).toBe('TwilioProxy/1.1');
    expect(voice.params).toMatchObject({
      CallSid: call.callSid,
      From: PEOPLE.from,
      Caller: PEOPLE.from,
      CallStatus: 'ringing',
      FromCity: '',
      CallerName: 'Ann Example',
    });
    expect(Object.keys(voice.params)).not.toEqual(Object.keys(voice.params).sort());
    expect(voice.params).toHaveProperty('AddedWithoutNotice');
    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
    expect(bridge.asked.at(-1)).toMatchObject({
      path: '/twilio/status',
      params: { CallStatus: 'completed', SequenceNumber: '0' },
    });
  });

  it('opens the stream without the query string, signed for the public wss URL, and starts as Twilio does', async () => {
    const bridge = await bridgeOf({ answer: usual });

    const call = await phoneFor(bridge.url).call(PEOPLE);
    const peer = bridge.peers[0]!;
    await peer.next('media');
    await peer.next('media');
    void call.hangUp();
    await peer.next('stop');
    const end = await call.ended;

    expect(peer.url).toBe('/twilio/media');
    expect(peer.headers).toMatchObject({
      'x-twilio-signature': 'hGVJmeOLwZmJhPeWsyRDIvgH8Zc=',
      'user-agent': 'Twilio.TmeWs/1.0',
      host: 'bridge.example.com',
    });
    expect(peer.headers).not.toHaveProperty('sec-websocket-extensions');
    expect(peer.headers).not.toHaveProperty('origin');
    const [connected, start, first, second] = peer.received;
    expect(connected).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(start).toMatchObject({
      sequenceNumber: '1',
      start: { callSid: call.callSid, customParameters: { ticket: 't1' } },
      streamSid: call.streamSid,
    });
    expect(first).toMatchObject({
      sequenceNumber: '2',
      media: { track: 'inbound', chunk: '1', payload: Buffer.alloc(160, 0xff).toString('base64') },
    });
    expect(Number(first!.media.timestamp)).toBeGreaterThanOrEqual(50);
    expect(Number(first!.media.timestamp)).toBeLessThanOrEqual(170);
    expect(second).toMatchObject({ sequenceNumber: '3', media: { chunk: '2' } });
    const stop = peer.received.at(-1);
    expect(stop).toMatchObject({
      event: 'stop',
      sequenceNumber: String(peer.received.length - 1),
      stop: { callSid: call.callSid },
    });
    expect(end.by).toBe('caller');
    expect(await peer.closed).toBe(1000);
    const events = bridge.asked
      .filter(({ path }) => path === '/twilio/stream-status')
      .map(({ params }) => params.StreamEvent);
    expect(events.sort()).toEqual(['stream-started', 'stream-stopped']);
  });

  it('returns a mark when the audio before it was heard, and records what was heard', async () => {
    const bridge = await bridgeOf({ answer: usual });
    const call = await phoneFor(bridge.url).call(PEOPLE);
    const peer = bridge.peers[0]!;
    await peer.next('start');

    peer.send(audio(peer, 1600));
    peer.send({ event: 'mark', streamSid: sidOf(peer), mark: { name: 'end' } });
    expect(await peer.next('mark')).toMatchObject({ mark: { name: 'end' } });
    void call.hangUp();
    await call.ended;

    const heard = call.heardMulaw();
    const first = heard.indexOf(0x11);
    expect(heard.filter((byte) => byte === 0x11)).toHaveLength(1600);
    expect(heard.lastIndexOf(0x11) - first).toBe(1599);
    const mark = call.marks[0]!;
    expect(mark.returnedMs! - first / 8).toBeGreaterThanOrEqual(200);
    expect(mark.cleared).toBe(false);
    expect(call.playedMs).toBe(200);
    expect(heard.length).toBe(Math.floor(call.nowMs * 8));
  });

  it('empties the queue on clear and returns every mark at once', async () => {
    const bridge = await bridgeOf({ answer: usual });
    const call = await phoneFor(bridge.url).call(PEOPLE);
    const peer = bridge.peers[0]!;
    await peer.next('start');

    peer.send(audio(peer, 80_000));
    peer.send({ event: 'mark', streamSid: sidOf(peer), mark: { name: 'one' } });
    await call.whenHeard(300);
    peer.send({ event: 'clear', streamSid: sidOf(peer) });
    await peer.next('mark');
    void call.hangUp();
    await call.ended;

    expect(call.marks).toMatchObject([{ name: 'one', cleared: true }]);
    expect(call.clears[0]!.queuedMs + call.playedMs).toBeCloseTo(10_000, 0);
    expect(call.heardMulaw().filter((byte) => byte === 0x11)).toHaveLength(call.playedMs * 8);
  });

  it('follows the connect action when the bridge closes the socket, and connects again in the same call', async () => {
    const bridge = await bridgeOf({
      answer: ({ path }, count) => {
        if (path === '/twilio/voice' || (path === '/twilio/after' && count === 1)) return CONNECT;
        if (path === '/twilio/after')
          return '<Response><Say>Please hold.</Say><Dial timeout="20">+14155550123</Dial><Hangup/></Response>';
        return undefined;
      },
      stream: (peer) => void peer.next('media').then(() => peer.socket.close(1000)),
    });

    const call = await phoneFor(bridge.url).call(PEOPLE);
    const end = await call.ended;

    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
    expect(call.streams).toHaveLength(2);
    expect(call.streams[0]!.streamSid).not.toBe(call.streams[1]!.streamSid);
    expect(bridge.peers.map(({ received }) => received[1]!.start.callSid)).toEqual([call.callSid, call.callSid]);
    expect(call.spoken.map(({ text }) => text)).toEqual(['Please hold.']);
    expect(call.dialled[0]!.targets).toEqual([{ kind: 'Number', to: '+14155550123' }]);
    expect(bridge.asked.find(({ path }) => path === '/twilio/after')!.params).toMatchObject({
      CallSid: call.callSid,
      CallStatus: 'in-progress',
    });
  });

  it('tells the dial action how dialling went', async () => {
    const bridge = await bridgeOf({
      answer: ({ path }) =>
        path === '/twilio/voice'
          ? '<Response><Dial action="/twilio/dialled">+14155550123</Dial></Response>'
          : path === '/twilio/dialled'
            ? HANG_UP
            : undefined,
    });

    const call = await phoneFor(bridge.url, { dial: () => ({ status: 'no-answer', forMs: 2000 }) }).call(PEOPLE);
    await call.ended;

    expect(bridge.asked.find(({ path }) => path === '/twilio/dialled')!.params).toMatchObject({
      DialCallStatus: 'no-answer',
    });
  });

  it('says what the caller speaks in whole frames, and sends one message per key', async () => {
    const bridge = await bridgeOf({ answer: usual });
    const call = await phoneFor(bridge.url).call(PEOPLE);
    const peer = bridge.peers[0]!;

    const { startMs, endMs } = await call.say(new Uint8Array(1700).fill(0x22));
    await call.press('2#');
    await peer.next('dtmf');
    const hash = await peer.next('dtmf');
    void call.hangUp();
    await call.ended;

    expect(endMs - startMs).toBe(212.5);
    const sent = Buffer.concat(
      peer.received.filter(({ event }) => event === 'media').map(({ media }) => Buffer.from(media.payload, 'base64')),
    );
    expect(sent.filter((byte) => byte === 0x22)).toHaveLength(1700);
    expect(sent.lastIndexOf(0x22) - sent.indexOf(0x22)).toBe(1699);
    expect(call.saidMulaw().indexOf(0x22)).toBe(startMs * 8);
    expect(hash).toMatchObject({ dtmf: { track: 'inbound_track', digit: '#' } });
    expect(call.pressed[1]!.atMs - call.pressed[0]!.atMs).toBeGreaterThanOrEqual(200);
  });

  it('counts what Twilio would warn about and goes on', async () => {
    const bridge = await bridgeOf({ answer: usual });
    const call = await phoneFor(bridge.url).call(PEOPLE);
    const peer = bridge.peers[0]!;
    await peer.next('start');

    peer.socket.send(Buffer.from([1, 2, 3]));
    peer.socket.send('{not json');
    peer.send({ event: 'mark', streamSid: sidOf(peer), mark: { name: 'after' } });
    await peer.next('mark');
    void call.hangUp();
    await call.ended;

    expect(call.warnings.map(({ code }) => code)).toEqual([31950, 31951]);
  });

  it.each([
    [{ stop: false }, 1000, false],
    [{ closeCode: 1005 }, 1005, true],
    [{ closeCode: 1006 }, 1006, true],
    [{ stop: false, closeCode: 1006 }, 1006, false],
  ] as const)('hangs up as told: %j', async (how, code, hasStop) => {
    const bridge = await bridgeOf({ answer: usual });
    const call = await phoneFor(bridge.url).call(PEOPLE);
    const peer = bridge.peers[0]!;
    await peer.next('start');

    expect((await call.hangUp(how)).by).toBe('caller');

    expect(await peer.closed).toBe(code);
    expect(peer.received.some(({ event }) => event === 'stop')).toBe(hasStop);
  });

  it('goes on with the connect action when the connection is cut', async () => {
    const bridge = await bridgeOf({ answer: usual });

    const call = await phoneFor(bridge.url, { network: { tcpCutAtMs: 100 } }).call(PEOPLE);
    const end = await call.ended;

    expect(end.by).toBe('bridge');
    expect(call.streams[0]).toMatchObject({ closedBy: 'lost', closeCode: 1006 });
    expect(bridge.asked.some(({ path }) => path === '/twilio/after')).toBe(true);
  });

  it('sends status callbacks twice and out of order on demand', async () => {
    const bridge = await bridgeOf({ answer: usual });
    const call = await phoneFor(bridge.url, {
      network: { duplicateCallbacks: true, reorderCallbacks: true },
      statusEvents: ['initiated', 'ringing', 'answered', 'completed'],
    }).call(PEOPLE);
    await call.hangUp();

    const reported = call.requests
      .filter(({ url }) => url.endsWith('/twilio/status'))
      .map(({ params }) => `${params.SequenceNumber} ${params.CallStatus}`);
    expect(reported).toEqual([
      '3 completed',
      '3 completed',
      '0 initiated',
      '0 initiated',
      '1 ringing',
      '1 ringing',
      '2 in-progress',
      '2 in-progress',
    ]);
  });

  it('asks again with the same CallSid on demand', async () => {
    const bridge = await bridgeOf({ answer: usual });

    const call = await phoneFor(bridge.url).call({ ...PEOPLE, webhookRetries: 1 });
    await call.hangUp();

    const voice = bridge.asked.filter(({ path }) => path === '/twilio/voice');
    expect(voice.map(({ params }) => params.CallSid)).toEqual([call.callSid, call.callSid]);
    expect(voice[1]!.headers).toHaveProperty('i-twilio-idempotency-token');
    expect(call.twiml).toHaveLength(2);
  });

  it('lets the caller hang up during an announcement: nothing after it runs', async () => {
    const bridge = await bridgeOf({
      answer: ({ path }) =>
        path === '/twilio/voice'
          ? '<Response><Say>A very long notice.</Say><Dial>+14155550123</Dial></Response>'
          : undefined,
    });

    const call = await phoneFor(bridge.url, { sayMsPerCharacter: 10_000 }).call(PEOPLE);
    const end = await call.hangUp();

    expect(end).toMatchObject({ by: 'caller', lastVerb: 'Say' });
    expect(call.dialled).toEqual([]);
    expect(bridge.asked.at(-1)!.params).toMatchObject({ CallStatus: 'completed' });
  });

  it('collects keys for Gather, leaves a message with Record, and reports the recording of Start', async () => {
    const bridge = await bridgeOf({
      answer: ({ path }) =>
        ({
          '/twilio/voice':
            '<Response><Start><Recording recordingStatusCallback="/recording-status"/></Start><Gather action="/keys"><Say>Press.</Say></Gather></Response>',
          '/keys': '<Response><Record action="/message"/></Response>',
          '/message': HANG_UP,
        })[path],
    });

    const call = await phoneFor(bridge.url, { sayMsPerCharacter: 0 }).call(PEOPLE);
    await call.press('12#');
    await call.ended;

    const params = (path: string) => bridge.asked.find((one) => one.path === path)!.params;
    expect(params('/keys')).toMatchObject({ Digits: '12', CallSid: call.callSid });
    expect(params('/message')).toMatchObject({ RecordingDuration: '5' });
    expect(params('/recording-status')).toMatchObject({ RecordingStatus: 'completed' });
  });

  it('runs inline TwiML for an outbound call', async () => {
    const bridge = await bridgeOf({ answer: usual });

    const call = await phoneFor(bridge.url).call({ ...PEOPLE, direction: 'outbound-api', twiml: CONNECT });
    bridge.peers[0]!.socket.close(1000);
    await call.ended;

    expect(bridge.asked.map(({ path }) => path)).not.toContain('/twilio/voice');
    expect(bridge.asked.find(({ path }) => path === '/twilio/after')!.params).toMatchObject({
      Direction: 'outbound-api',
    });
  });

  it('is the same call for the same seed', async () => {
    const bodies: string[] = [];
    for (let run = 0; run < 2; run++) {
      const bridge = await bridgeOf({ answer: () => HANG_UP });
      await (await phoneFor(bridge.url).call({ ...PEOPLE, callSid: 'CA1' })).ended;
      bodies.push(bridge.asked[0]!.body);
    }

    expect(bodies[0]).toBe(bodies[1]);
  });

  it('lists the holes that late agent audio leaves', async () => {
    const bridge = await bridgeOf({ answer: usual });
    const call = await phoneFor(bridge.url).call(PEOPLE);
    const peer = bridge.peers[0]!;
    await peer.next('start');

    peer.send(audio(peer, 800));
    await call.next('playing-ended');
    peer.send(audio(peer, 800));
    await call.next('playing-ended');
    void call.hangUp();
    await call.ended;

    expect(call.gaps({ maxMs: 10_000 })).toMatchObject([{ afterPlayedMs: 100 }]);
    expect(call.gaps({ minMs: 10_000 })).toEqual([]);
  });
});

describe('a call that fails', () => {
  // Of the real time that an answer takes on a busy machine, a quick clock makes much.
  const PATIENT_MS = 12_000_000;
  const failing: [string, Parameters<typeof startBridge>[0], number, webhookTimeoutMs?: number][] = [
    ['the webhook refuses', { answer: () => ({ status: 403, body: '' }) }, 11200],
    ['the answer is not XML', { answer: () => 'hello' }, 12100],
    ['the answer has no XML content type', { answer: () => ({ contentType: 'text/plain', body: HANG_UP }) }, 12300],
    ['the stream is not wss', { answer: () => CONNECT.replace('wss:', 'ws:') }, 31922],
    ['the upgrade is refused', { answer: usual, refuseUpgrade: 403 }, 31920],
    ['no answer comes in 15 s', { answer: () => undefined }, 11200, 15_000],
    ['the redirects never end', { answer: () => ({ status: 302, headers: { location: '/twilio/voice' } }) }, 11215],
  ];
  it.each(failing)('rejects when %s', async (_, script, code, webhookTimeoutMs = PATIENT_MS) => {
    const bridge = await bridgeOf(script);

    const failure = await phoneFor(bridge.url, { clock: scaledClock(200), statusUrl: null, webhookTimeoutMs })
      .call(PEOPLE)
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(TwilioFault);
    expect((failure as TwilioFault).twilioCode).toBe(code);
    expect((await (failure as TwilioFault).call!.ended).by).toMatch(/bridge|lost/);
  });

  it('says that an application error has occurred', async () => {
    const bridge = await bridgeOf({ answer: () => ({ status: 500 }) });

    const failure: TwilioFault = await phoneFor(bridge.url, { sayMsPerCharacter: 0 })
      .call(PEOPLE)
      .then(
        () => {
          throw new Error('no failure');
        },
        (error) => error,
      );

    expect(await failure.call!.ended).toMatchObject({ by: 'lost' });
    expect(failure.call!.spoken[0]!.text).toContain('application error');
  });

  it('asks the fallback URL when the voice URL fails', async () => {
    const bridge = await bridgeOf({ answer: ({ path }) => (path === '/fallback' ? HANG_UP : { status: 500 }) });

    const call = await phoneFor(bridge.url, { fallbackUrl: `${PUBLIC_URL}/fallback`, statusUrl: null }).call(PEOPLE);

    expect((await call.ended).by).toBe('bridge');
    expect(bridge.asked[1]!.params).toMatchObject({ ErrorCode: '11200', ErrorUrl: `${PUBLIC_URL}/twilio/voice` });
  });

  it('does not leave the public site', async () => {
    const bridge = await bridgeOf({
      answer: () => '<Response><Redirect>https://elsewhere.example.com/x</Redirect></Response>',
    });

    await expect(phoneFor(bridge.url, { sayMsPerCharacter: 0 }).call(PEOPLE)).rejects.toThrow(/11210/);
  });

  it('signs with another token on demand', async () => {
    const bridge = await bridgeOf({ answer: usual });

    const call = await phoneFor(bridge.url).call({ ...PEOPLE, signWebhookWith: null, signUpgradeWith: 'wrong' });
    await call.hangUp();

    expect(bridge.asked[0]!.headers).not.toHaveProperty('x-twilio-signature');
    expect(bridge.peers[0]!.headers['x-twilio-signature']).not.toBe('hGVJmeOLwZmJhPeWsyRDIvgH8Zc=');
  });
});

describe('a bare stream', () => {
  it('opens with sub-protocols and without webhooks, and ends when the bridge closes it', async () => {
    const bridge = await bridgeOf({ stream: (peer) => void peer.next('media').then(() => peer.socket.close(1000)) });
    const url = `${bridge.url.replace('http', 'ws')}/twilio/media`;

    const call = await phoneFor(bridge.url).connectStream({
      url,
      subprotocols: ['oratio.ticket', 'abc'],
      callSid: 'CA1',
      customParameters: { ticket: 'abc' },
    });

    expect(await call.ended).toMatchObject({ by: 'bridge' });
    expect(bridge.peers[0]!.headers['sec-websocket-protocol']).toBe('oratio.ticket,abc');
    expect(bridge.peers[0]!.received[1]!.start).toMatchObject({ callSid: 'CA1', customParameters: { ticket: 'abc' } });
    expect(bridge.asked).toEqual([]);
  });

  it('hangs up', async () => {
    const bridge = await bridgeOf({});
    const url = `${bridge.url.replace('http', 'ws')}/twilio/media`;
    const call = await phoneFor(bridge.url).connectStream({ url, callSid: 'CA1' });

    expect(await call.hangUp()).toMatchObject({ by: 'caller' });
  });

  it('rejects when the upgrade is refused', async () => {
    const bridge = await bridgeOf({ refuseUpgrade: 401 });
    const url = `${bridge.url.replace('http', 'ws')}/twilio/media`;

    await expect(phoneFor(bridge.url).connectStream({ url, callSid: 'CA1' })).rejects.toThrow(/401.*31920/);
  });
});
