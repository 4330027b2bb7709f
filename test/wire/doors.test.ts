import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { scaledClock } from '../../src/clock.js';
import { freshDatabase } from '../store/postgres.js';
import { type Bridge, connectedCall, NUMBER, startBridge, ticketIn } from './bridge.js';

let bridge: Bridge;
const logLines: string[] = [];

beforeAll(async () => {
  bridge = await startBridge({ logLines });
  await bridge.assign({ greeting: 'Greet the caller' }, { notice: 'Calls may be recorded & reviewed.' });
});
afterAll(() => bridge.close());

const statusOfUpgrade = async (signature: string) => {
  const socket = bridge.media(signature);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  socket.terminate();
  return response.statusCode;
};

/** What the carrier asks when the socket did not open. */
const redirectIn = (document: string) =>
  (/<Redirect method="POST">https:\/\/bridge\.example\.com([^<]+)</.exec(document)?.[1] ?? '').replaceAll('&amp;', '&');

const closeCode = async (socket: ReturnType<Bridge['media']>) => ((await once(socket, 'close')) as [number])[0];

describe('the voice webhook', () => {
  it('connects the call to the media socket, after the notice, with a ticket and an action', async () => {
    const { status, type, text } = await bridge.webhook('/twilio/voice', bridge.form('CA01'));

    expect(status).toBe(200);
    expect(type).toContain('text/xml');
    expect(text).toMatch(
      /^<\?xml[^>]*><Response><Say>Calls may be recorded &amp; reviewed\.<\/Say><Connect action="https:\/\/bridge\.example\.com\/twilio\/after\?call=[\w.-]+#rc=5&amp;rp=all"/,
    );
    expect(text).toContain('<Stream url="wss://bridge.example.com/twilio/media"');
    expect(text).toMatch(
      /<\/Connect><Pause length="1"\/><Redirect method="POST">https:[^<]+\/twilio\/after\?stream=unopened&amp;call=[\w.-]+#rc=5&amp;rp=all<\/Redirect><\/Response>$/,
    );
    expect(ticketIn(text)).not.toBe('');
  });

  it('answers the same when Twilio asks again for the same call', async () => {
    const first = await bridge.webhook('/twilio/voice', bridge.form('CA02'));
    const again = await bridge.webhook('/twilio/voice', bridge.form('CA02'));

    expect(again.text).toBe(first.text);
    expect(bridge.events.filter((event) => event.callSid === 'CA02' && event.kind === 'rang')).toHaveLength(1);
  });

  it('apologises for a number that nobody has assigned, and hangs up', async () => {
    const { status, text } = await bridge.webhook('/twilio/voice', bridge.form('CA03', { To: '+14155550142' }));

    expect(status).toBe(200);
    expect(text).toMatch(/<Response><Say>[^<]+<\/Say><Hangup\/><\/Response>/);
    expect(await bridge.record('CA03')).toMatchObject({ state: 'ended', endReason: 'rejected' });
  });

  it('takes callers who withhold their number', async () => {
    const { text } = await bridge.webhook('/twilio/voice', bridge.form('CA04', { From: '' }));

    expect(text).toContain('<Connect');
  });

  it.each(['/twilio/voice', '/twilio/after', '/twilio/fallback', '/twilio/status', '/twilio/stream-status'])(
    'and every other one refuses what Twilio has not signed: %s',
    async (path) => {
      for (const signature of [
        '',
        'AAAA',
        bridge.sign('https://other.example.com/twilio/voice', bridge.form('CA05')),
      ]) {
        expect((await bridge.webhook(path, bridge.form('CA05'), signature)).status).toBe(403);
      }
      expect((await bridge.api('GET', '/calls/CA05')).status).toBe(404);
    },
  );

  it.each([
    ['application/json', '{"CallSid":'],
    ['text/xml', '<x/>'],
    ['application/x-www-form-urlencoded', `a=${'x'.repeat(400_000)}`],
  ])('is closed to a body of %s that nobody has signed', async (type, body) => {
    for (const signature of [undefined, 'AAAA']) {
      const headers = { 'Content-Type': type, ...(signature && { 'X-Twilio-Signature': signature }) };
      const { status } = await fetch(`${bridge.base}/twilio/voice`, { method: 'POST', headers, body });
      expect(status).toBe(403);
    }
  });

  it('needs a call', async () => {
    expect((await bridge.webhook('/twilio/voice', { From: NUMBER })).status).toBe(400);
  });
});

describe('the media door', () => {
  it('opens only to an upgrade that Twilio has signed', async () => {
    expect(await statusOfUpgrade('wrong')).toBe(403);
    expect(await statusOfUpgrade(bridge.sign('https://bridge.example.com/twilio/media'))).toBe(403);
  });

  it.each([
    ['no ticket', () => ''],
    ['a forged ticket', () => 'e30.AAAA'],
    ["another call's ticket", async () => ticketIn((await bridge.webhook('/twilio/voice', bridge.form('CA11'))).text)],
  ])('closes with 1008 on %s', async (_what, ticket) => {
    const socket = bridge.media();
    await once(socket, 'open');
    const start = { accountSid: 'AC', streamSid: 'MZ1', callSid: 'CA10', customParameters: { ticket: await ticket() } };

    socket.send(JSON.stringify({ event: 'start', streamSid: 'MZ1', start }));

    expect(await closeCode(socket)).toBe(1008);
  });

  it('takes a ticket once', async () => {
    const { socket, start } = await connectedCall(bridge, 'CA12');
    const second = bridge.media();
    await once(second, 'open');

    second.send(JSON.stringify(start));

    expect(await closeCode(second)).toBe(1008);
    socket.terminate();
  });
});

describe('a media stream that reaches another instance than its call', () => {
  it('is joined with the version that its call began with, fetched from the store, and hears what was said meanwhile', async () => {
    const database = await freshDatabase();
    const bedrock = await silentBedrock();
    const one = await startBridge({ database, bedrock });
    const agent = await one.assign();
    const { text } = await one.webhook('/twilio/voice', one.form('CA13'));
    await one.api('PATCH', `/agents/${agent.id}`, { systemPrompt: 'Another one.' });
    // It comes when the agent has another version already, and has never seen the first.
    const other = await startBridge({ database, bedrock });
    onTestFinished(async () => {
      await one.close();
      await other.close();
      await database.drop();
    });
    const socket = other.media();
    await once(socket, 'open');
    const streamSid = 'MZ13';
    const start = { accountSid: 'AC', streamSid, callSid: 'CA13', customParameters: { ticket: ticketIn(text) } };

    socket.send(JSON.stringify({ event: 'start', streamSid, start }));
    for (const digit of '42#') socket.send(JSON.stringify({ event: 'dtmf', streamSid, dtmf: { digit } }));

    expect(await other.fact('CA13', 'answered')).toBeDefined();
    expect(await other.fact('CA13', 'keysEntered')).toMatchObject({ count: 2 });
    expect(await other.record('CA13')).toMatchObject({ state: 'live', agentVersion: 1 });
    socket.terminate();
  });
});

describe('what a broken peer sends', () => {
  it('is counted under its code and ends nothing', async () => {
    const bridgeOfOne = await startBridge({ bedrock: await silentBedrock() });
    await bridgeOfOne.assign();
    const { socket, send, streamSid, start } = await connectedCall(bridgeOfOne, 'CA20');
    send('{"event":');
    send(Buffer.from([1, 2, 3]));
    send({ event: 'surprise', streamSid });
    send({ event: 'media', streamSid, media: { payload: '***' } });
    send({ event: 'media', streamSid, media: {} });
    send({ event: 'media', streamSid: 'MZother', media: { payload: '/w==' } });
    send(start);
    send({ event: 'media', streamSid, media: { payload: 'A'.repeat(1_000_000) } });
    for (let i = 0; i < 400; i++)
      send({ event: 'media', streamSid, media: { payload: Buffer.alloc(160, 0xff).toString('base64') } });
    send({ event: 'dtmf', streamSid, dtmf: { digit: '5' } });
    send({ event: 'stop', streamSid, stop: {} });

    await bridgeOfOne.fact('CA20', 'ended');
    const record = await bridgeOfOne.record('CA20');
    expect(record.endReason).toBe('caller-hung-up');
    expect(record.faults).toMatchObject({
      TWILIO_FRAME_INVALID: 3,
      TWILIO_FRAME_BINARY: 1,
      TWILIO_FRAME_UNKNOWN: 1,
      TWILIO_FRAME_FOREIGN: 1,
      TWILIO_FRAME_OUT_OF_ORDER: 1,
      TWILIO_FRAME_OVERSIZED: 1,
    });
    expect(record.faults.TWILIO_MEDIA_FLOOD).toBeGreaterThan(100);
    expect(record.audio.droppedMs).toBeGreaterThan(2000);
    socket.terminate();
    await bridgeOfOne.close();
  });

  it('before the start is not heard', async () => {
    const { text } = await bridge.webhook('/twilio/voice', bridge.form('CA21'));
    const socket = bridge.media();
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'media', streamSid: 'MZ21', media: { payload: '/w==' } }));
    const start = {
      accountSid: 'AC',
      streamSid: 'MZ21',
      callSid: 'CA21',
      customParameters: { ticket: ticketIn(text) },
    };
    socket.send(JSON.stringify({ event: 'start', streamSid: 'MZ21', start }));

    await bridge.fact('CA21', 'answered');
    expect(logLines.some((line) => line.includes('TWILIO_FRAME_OUT_OF_ORDER'))).toBe(true);
    socket.terminate();
  });
});

describe('a model that cannot be reached', () => {
  it('means an apology and an orderly end, not silence', async () => {
    const hasty = await startBridge({ clock: scaledClock(8) });
    onTestFinished(() => hasty.close());
    await hasty.assign();
    const { socket } = await connectedCall(hasty, 'CA30');
    expect(await closeCode(socket)).toBe(1000);

    const { text } = await hasty.webhook('/twilio/after', hasty.form('CA30', { CallStatus: 'in-progress' }));

    expect(text).toMatch(/<Response><Say>We are sorry[^<]*<\/Say><Hangup\/><\/Response>/);
    const record = await hasty.record('CA30');
    expect(record).toMatchObject({ state: 'ended', endReason: 'failed' });
    expect(record.streams).toMatchObject([{ closed: expect.stringContaining('ConnectionLost') }]);
  });

  it('hands the caller to the fallback of the number', async () => {
    const dialling = await startBridge({ clock: scaledClock(8) });
    await dialling.assign({}, { fallback: { dial: '+14155550142' } });
    const { socket } = await connectedCall(dialling, 'CA31');
    await once(socket, 'close');

    const { text } = await dialling.webhook('/twilio/after', dialling.form('CA31', { CallStatus: 'in-progress' }));

    expect(text).toMatch(/<Response><Say>We are sorry[^<]*to a person\.<\/Say><Dial /);
    expect(text).toContain('+14155550142</Number></Dial></Response>');
    expect(text).toContain('timeLimit="14400"');
    expect((await dialling.record('CA31')).endReason).toBe('fallback');
    await dialling.close();
  });
});

describe('what happens after the stream', () => {
  it('connects again when the socket broke, three times in five minutes, then serves the fallback', async () => {
    const { socket } = await connectedCall(bridge, 'CA40');
    socket.terminate();
    await bridge.fact('CA40', 'ended');
    const documents: string[] = [];
    for (let i = 0; i < 5; i++) {
      documents.push((await bridge.webhook('/twilio/after', bridge.form('CA40', { CallStatus: 'in-progress' }))).text);
    }

    const connected = documents.map((text) => text.includes('<Connect'));
    expect(connected.filter(Boolean).length).toBeLessThanOrEqual(3);
    expect(documents.at(-1)).toMatch(/<Hangup\/>/);
    expect(documents.at(-1)).not.toContain('<Connect');
  });

  it('connects again when the socket did not open, three times in five minutes, then serves the fallback', async () => {
    const { text } = await bridge.webhook('/twilio/voice', bridge.form('CA43'));
    const documents = [text];
    while (documents.at(-1)!.includes('<Connect') && documents.length < 10) {
      const path = redirectIn(documents.at(-1)!);
      documents.push((await bridge.webhook(path, bridge.form('CA43', { CallStatus: 'in-progress' }))).text);
    }

    expect(documents.map((document) => document.includes('<Connect'))).toEqual([true, true, true, true, false]);
    expect(documents.at(-1)).toMatch(/<Response><Say>We are sorry[^<]*<\/Say><Hangup\/><\/Response>/);
    expect(new Set(documents.slice(0, 4).map(ticketIn)).size).toBe(4);
    expect((await bridge.record('CA43')).reconnections.map(({ why }) => why)).toEqual(
      Array(3).fill('line-interrupted'),
    );
  });

  it('hangs up when the call itself is over', async () => {
    const { text } = await bridge.webhook('/twilio/after', bridge.form('CA41', { CallStatus: 'completed' }));

    expect(text).toContain('<Response><Hangup/></Response>');
  });

  it('ends a call by its status alone, also twice and out of order', async () => {
    const bridgeOfOne = await startBridge({ bedrock: await silentBedrock() });
    await bridgeOfOne.assign();
    const { socket } = await connectedCall(bridgeOfOne, 'CA42');
    const closed = once(socket, 'close');
    const completed = bridgeOfOne.form('CA42', { CallStatus: 'completed' });

    expect((await bridgeOfOne.webhook('/twilio/status', completed)).status).toBe(204);
    await bridgeOfOne.webhook('/twilio/status', bridgeOfOne.form('CA42', { CallStatus: 'in-progress' }));
    await bridgeOfOne.webhook('/twilio/status', completed);
    await closed;

    expect(await bridgeOfOne.record('CA42')).toMatchObject({ state: 'ended', endReason: 'caller-hung-up' });
    expect(bridgeOfOne.events.filter((event) => event.callSid === 'CA42' && event.kind === 'ended')).toHaveLength(1);
    await bridgeOfOne.close();
  });
});

describe('after a person was dialled', () => {
  const dialled = (status: string, more: Record<string, string> = {}) => ({
    CallStatus: 'in-progress',
    DialCallStatus: status,
    DialCallSid: 'CA99',
    ...more,
  });

  async function fallenBack(callSid: string) {
    const bridgeOfOne = await startBridge({ clock: scaledClock(8) });
    onTestFinished(() => bridgeOfOne.close());
    await bridgeOfOne.assign({}, { fallback: { dial: '+14155550142' } });
    const { socket } = await connectedCall(bridgeOfOne, callSid);
    await once(socket, 'close');
    const { text } = await bridgeOfOne.webhook(
      '/twilio/after',
      bridgeOfOne.form(callSid, { CallStatus: 'in-progress' }),
    );
    const [, action = ''] = /action="https:\/\/bridge\.example\.com([^"]+)"/.exec(text) ?? [];
    return { ...bridgeOfOne, action };
  }

  it('as the fallback and has hung up, the caller hears no apology, and the talk counts', async () => {
    const { webhook, form, action, record } = await fallenBack('CA60');

    const { text } = await webhook(action, form('CA60', dialled('completed', { DialCallDuration: '75' })));

    expect(text).toContain('<Response><Hangup/></Response>');
    const { durationMs, ...rest } = await record('CA60');
    expect(durationMs).toBeGreaterThanOrEqual(75_000);
    expect(rest).toMatchObject({ endReason: 'fallback', transferredTo: '+14155550142', carrierStatus: 'completed' });
  });

  it('as the fallback and nobody answered, the caller hears an apology and is not given to the agent', async () => {
    const { webhook, form, action, record } = await fallenBack('CA61');

    const { text } = await webhook(action, form('CA61', dialled('no-answer')));

    expect(text).toMatch(/<Response><Say>We are sorry[^<]*<\/Say><Hangup\/><\/Response>/);
    expect(await record('CA61')).toMatchObject({ endReason: 'fallback', transferredTo: null });
  });

  it('counts the talk once, whoever tells of its end first and how often', async () => {
    const { webhook, form, action, record } = await fallenBack('CA62');
    const ended = form('CA62', dialled('completed', { DialCallDuration: '75' }));
    await webhook(action, ended);
    const { durationMs } = await record('CA62');

    await webhook(action, ended);
    await webhook('/twilio/status', form('CA62', { CallStatus: 'completed', SequenceNumber: '3' }));

    expect((await record('CA62')).durationMs).toBe(durationMs);
  });
});

describe('a media stream that Twilio cannot open', () => {
  it('is no call that the caller has hung up', async () => {
    await bridge.webhook('/twilio/voice', bridge.form('CA70'));
    await bridge.webhook('/twilio/stream-status', {
      AccountSid: 'AC1',
      CallSid: 'CA70',
      StreamSid: 'MZ70',
      StreamEvent: 'stream-error',
      StreamError: '31920 - Stream - WebSocket - Handshake Error',
    });

    await bridge.webhook('/twilio/status', bridge.form('CA70', { CallStatus: 'completed' }));

    expect(await bridge.record('CA70')).toMatchObject({ state: 'ended', endReason: 'failed' });
  });
});

describe('draining', () => {
  it('takes no new calls, lets the live ones finish and says so', async () => {
    const draining = await startBridge({ bedrock: await silentBedrock() });
    await draining.assign();
    const { socket, send, streamSid } = await connectedCall(draining, 'CA50');
    let isDrained = false;
    const drained = draining.app.drain().then(() => {
      isDrained = true;
    });

    expect((await fetch(`${draining.base}/readyz`)).status).toBe(503);
    expect((await fetch(`${draining.base}/healthz`)).status).toBe(200);
    while (!draining.app.registry.isDraining) await fetch(`${draining.base}/readyz`);
    const { text } = await draining.webhook('/twilio/voice', draining.form('CA51'));
    expect(text).toMatch(/<Say>[^<]+<\/Say><Hangup\/>/);
    expect(await draining.record('CA51')).toMatchObject({ endReason: 'rejected' });
    expect(isDrained).toBe(false);

    send({ event: 'stop', streamSid, stop: {} });
    await drained;
    socket.terminate();
    await draining.close();
  });
});

describe('an instance that is full', () => {
  it('refuses politely', async () => {
    const small = await startBridge({ bedrock: await silentBedrock(), environment: { MAX_CALLS: '1' } });
    await small.assign({}, { fallback: { say: 'All lines are busy.' } });
    const { socket } = await connectedCall(small, 'CA60');

    const { text } = await small.webhook('/twilio/voice', small.form('CA61'));

    expect(text).toContain('<Say>All lines are busy.</Say><Hangup/>');
    expect(await small.record('CA61')).toMatchObject({ endReason: 'fallback' });
    socket.terminate();
    await small.close();
  });
});

/** A service that takes the stream and everything on it, and says nothing. */
async function silentBedrock() {
  const { createServer } = await import('node:http2');
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/vnd.amazon.eventstream' });
    stream.on('data', () => undefined);
    stream.on('end', () => stream.end());
    stream.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  };
}
