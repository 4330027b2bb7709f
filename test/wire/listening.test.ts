import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { type Bridge, connectedCall, startBridge, startMedia } from './bridge.js';
import { ask, Listener, listenTo, type Refusal } from './listener.js';
import { SPEECH_DIR } from './places.js';
import { twoInstances } from './several.js';
import { SPEECH, startStack } from './stack.js';
import { until } from './until.js';

const SILENCE = 0xff;

async function stack(script: string, options: Parameters<typeof startStack>[1] = {}) {
  const started = await startStack(script, options);
  onTestFinished(() => started.close());
  return started;
}

/** From the first to the last sample that is not silent. */
function sounding(mulaw: Uint8Array): { atMs: number; mulaw: Uint8Array } {
  const first = mulaw.findIndex((code) => code !== SILENCE);
  const last = mulaw.findLastIndex((code) => code !== SILENCE);
  return { atMs: first / 8, mulaw: mulaw.subarray(first, last + 1) };
}

/** How much later than at `atMs` this sound lies in the other, to the sample; NaN when it is not there byte by byte. */
function lagMs(whole: Uint8Array, { atMs, mulaw }: { atMs: number; mulaw: Uint8Array }): number {
  const index = Buffer.from(whole).indexOf(mulaw);
  return index < 0 ? Number.NaN : index / 8 - atMs;
}

/** A model that waits for the caller to speak. */
async function patientModel() {
  const bedrock = await startBedrock();
  bedrock.use(parseModelScript('turns: []', { dir: SPEECH_DIR }));
  onTestFinished(() => bedrock.close());
  return { bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials } };
}

/** A live call, spoken to message by message. */
async function liveCall(bridge: Bridge, callSid: string) {
  await bridge.assign();
  const connected = await connectedCall(bridge, callSid);
  onTestFinished(() => connected.socket.terminate());
  return connected;
}

async function patientBridge() {
  const bridge = await startBridge(await patientModel());
  onTestFinished(() => bridge.close());
  return bridge;
}

const audited = async (bridge: Bridge) =>
  (await bridge.api('GET', '/audit?action=call.listened')).body.items as Record<string, unknown>[];

/** The call's time and the listener's are read at different moments of a busy machine. */
const CLOCK_ROOM_MS = 100;

describe('who listens to a call', () => {
  it.each([
    ['that is recorded', { recording: true }],
    ['that is not', {}],
  ])('%s hears it to the sample as the caller spoke and heard it, to its end', async (_which, number) => {
    const { bridge, call, turnOver, record } = await stack(
      'turns:\n  - hear: go forward ten meters\n    say: Thank you for your patience\n',
      { number },
    );
    const live = await call();
    const listener = await listenTo(bridge, live.callSid);

    const { startMs, endMs } = await live.say(SPEECH.goForward);
    await turnOver(live.callSid, 1);
    await live.hangUp();

    expect(await listener.closed).toMatchObject({ code: 1000 });
    const from = Math.round(startMs * 8);
    const said = { atMs: startMs, mulaw: live.saidMulaw().subarray(from, Math.round(endMs * 8)) };
    const heard = sounding(live.heardMulaw());
    expect(said.mulaw.length).toBeGreaterThan(10_000);
    expect(heard.mulaw.length).toBeGreaterThan(10_000);
    expect(Math.abs(lagMs(listener.sideMulaw('caller'), said))).toBeLessThan(250);
    expect(Math.abs(lagMs(listener.sideMulaw('agent'), heard))).toBeLessThan(250);
    const { turns, endReason } = await record(live.callSid);
    const agentAtMs = heard.atMs + lagMs(listener.sideMulaw('agent'), heard);
    expect(Math.abs(turns[1]!.startMs - agentAtMs)).toBeLessThan(250);
    expect(listener.told).toMatchObject([
      { event: 'start', callSid: live.callSid, encoding: 'audio/x-mulaw', sampleRate: 8000, sensitive: false },
      { event: 'end', endReason },
    ]);
  });

  it('hears nothing of what an interruption threw away', async () => {
    const { bridge, call, turnOver } = await stack(
      `
turns:
  - text: greet
    say: Thank you for your patience your call is now first in line and will be answered by the next available representative
    audio: ../voice/queue-youarenext.wav
  - hear: go somewhere and do something
    say: I'm sorry
`,
      { agent: { greeting: 'Greet the caller with: Hello' } },
    );
    const live = await call();
    const listener = await listenTo(bridge, live.callSid);
    await live.whenHeard(1200);
    void live.say(SPEECH.something);
    await live.next('clear');
    await turnOver(live.callSid, 2);
    await live.hangUp();
    await listener.closed;

    const clears = listener.told.filter(({ event }) => event === 'clear');
    expect(live.clears[0]!.queuedMs).toBeGreaterThan(500);
    expect(clears).toHaveLength(1);
    const agent = listener.sideMulaw('agent');
    const { atMs: clearedMs } = clears[0]!;
    const before = sounding(agent.subarray(0, clearedMs * 8));
    expect(lagMs(live.heardMulaw(), { atMs: 0, mulaw: before.mulaw.subarray(0, 8000) })).not.toBeNaN();
    // Nothing sounds between the cut and the next answer, and all in all as much as the caller heard.
    const after = sounding(agent.subarray((clearedMs + CLOCK_ROOM_MS) * 8));
    expect(after.atMs).toBeGreaterThan(400);
    const sound = (mulaw: Uint8Array) => mulaw.filter((code) => code !== SILENCE).length / 8;
    expect(Math.abs(sound(agent) - sound(live.heardMulaw()))).toBeLessThan(250);
  });

  it('hears nothing of either side while something secret is spoken, and is told so', async () => {
    const { bridge, call, turnOver } = await stack(
      `
turns:
  - hear: go forward ten meters
    call: { card_data: { active: true } }
    say: Thank you.
  - hear: thirty three four or six ninety two
    call: { card_data: { active: false } }
    say: Hello.
  - hear: go somewhere and do something
    say: Goodbye.
`,
      { agent: { tools: [{ kind: 'sensitive', name: 'card_data', description: 'Around a card number.' }] } },
    );
    const live = await call();
    const listener = await listenTo(bridge, live.callSid);
    await live.say(SPEECH.goForward);
    await turnOver(live.callSid, 1);
    const late = await listenTo(bridge, live.callSid);
    const secret = await live.say(SPEECH.numbers);
    await turnOver(live.callSid, 2);
    await live.say(SPEECH.something);
    await turnOver(live.callSid, 3);
    await live.hangUp();
    await Promise.all([listener.closed, late.closed]);

    const [start, begin, end] = listener.told;
    expect(start).toMatchObject({ event: 'start', sensitive: false });
    expect(begin).toMatchObject({ event: 'sensitive', active: true });
    expect(end).toMatchObject({ event: 'sensitive', active: false });
    expect(late.told[0]).toMatchObject({ event: 'start', sensitive: true });
    expect(end!.atMs - begin!.atMs).toBeGreaterThan(secret.endMs - secret.startMs);
    for (const each of [listener, late]) {
      for (const side of ['caller', 'agent'] as const) {
        const mulaw = each.sideMulaw(side);
        expect(mulaw.subarray(begin!.atMs * 8, end!.atMs * 8).every((code) => code === SILENCE)).toBe(true);
        expect(sounding(mulaw.subarray(end!.atMs * 8)).mulaw.length).toBeGreaterThan(4000);
      }
    }
  });

  it('hears a test call too', async () => {
    const { bridge, phone, turnOver } = await stack('turns:\n  - hear: go forward ten meters\n    say: Thank you.\n');
    const agentId = (await bridge.api('GET', '/agents')).body.items[0].id;
    const test = (await bridge.api('POST', '/test-calls', { agentId })).body;
    const live = await phone.connectStream({
      url: test.url.replace('wss://bridge.example.com', bridge.base.replace('http', 'ws')),
      subprotocols: ['oratio.ticket', test.ticket],
      callSid: test.callSid,
    });
    await bridge.fact(test.callSid, 'answered');
    const listener = await listenTo(bridge, test.callSid);

    await live.say(SPEECH.goForward);
    await turnOver(test.callSid, 1);
    await live.hangUp();
    await listener.closed;

    expect(lagMs(listener.sideMulaw('agent'), sounding(live.heardMulaw()))).not.toBeNaN();
  });

  it('is let go when the line breaks, and listens again when the call has come back', async () => {
    const bridge = await patientBridge();
    const { socket } = await liveCall(bridge, 'CA0001');
    const listener = await listenTo(bridge, 'CA0001');
    socket.terminate();

    expect(await listener.closed).toMatchObject({ code: 1000 });
    expect(listener.told.at(-1)).toMatchObject({ event: 'end', atMs: expect.any(Number) });
    expect(await ask(bridge, 'CA0001')).toMatchObject({ status: 409, body: { code: 'CALL_NOT_LIVE' } });

    const { text } = await bridge.webhook('/twilio/after', bridge.form('CA0001', { CallStatus: 'in-progress' }));
    const again = await startMedia(bridge, 'CA0001', text);
    onTestFinished(() => again.socket.terminate());
    let answer = await ask(bridge, 'CA0001');
    while (!(answer instanceof Listener)) answer = await ask(bridge, 'CA0001');
    await answer.toldOf('start');

    expect(answer.told[0]!.atMs).toBeGreaterThanOrEqual(listener.told.at(-1)!.atMs);
  });

  it('is let go when the bridge is closed', async () => {
    const bridge = await startBridge(await patientModel());
    const closed: Promise<unknown>[] = [];
    onTestFinished(() => void Promise.all(closed));
    await liveCall(bridge, 'CA0001');
    const listener = await listenTo(bridge, 'CA0001');

    closed.push(bridge.close());

    expect(await listener.closed).toMatchObject({ code: 1000 });
    expect(listener.told.at(-1)).toMatchObject({ event: 'end' });
    await Promise.all(closed);
  });
});

describe('whoever may not listen', () => {
  it('is told so by a problem document, and nothing is entered', async () => {
    const bridge = await patientBridge();
    await liveCall(bridge, 'CA0001');
    await bridge.webhook('/twilio/voice', bridge.form('CA0002'));
    const roles = new Map<string, string>();
    for (const role of ['operator', 'viewer', 'tester']) {
      roles.set(role, (await bridge.api('POST', '/tokens', { name: role, role })).body.token);
    }
    const as = (token: string | undefined, more: Record<string, string> = {}) => ({
      ...(token && { Authorization: `Bearer ${token}` }),
      ...more,
    });
    const refusals = new Map<string, Refusal>();
    const refused = async (what: string, callSid: string, headers?: Record<string, string>) => {
      const answer = await ask(bridge, callSid, headers);
      if (answer instanceof Listener) throw new Error(`let in: ${what}`);
      refusals.set(what, answer);
    };
    await refused('a viewer', 'CA0001', as(roles.get('viewer')));
    await refused('a tester', 'CA0001', as(roles.get('tester')));
    await refused('nobody', 'CA0001', {});
    await refused('a wrong token', 'CA0001', as('ort_wrong'));
    await refused('a foreign page', 'CA0001', as(bridge.adminToken, { Origin: 'https://evil.example.com' }));
    await refused('an unknown call', 'CA0009');
    await refused('a call that rings', 'CA0002');
    const plain = await bridge.api('GET', '/calls/CA0001/listen');

    expect([...refusals].map(([what, { status, body }]) => [what, status, body.code])).toEqual([
      ['a viewer', 403, 'FORBIDDEN'],
      ['a tester', 403, 'FORBIDDEN'],
      ['nobody', 401, 'UNAUTHORIZED'],
      ['a wrong token', 401, 'UNAUTHORIZED'],
      ['a foreign page', 403, 'FORBIDDEN'],
      ['an unknown call', 404, 'NOT_FOUND'],
      ['a call that rings', 409, 'CALL_NOT_LIVE'],
    ]);
    for (const { headers } of refusals.values()) expect(headers['content-type']).toContain('application/problem+json');
    expect(plain).toMatchObject({ status: 426, body: { status: 426 } });
    expect(plain.headers.get('upgrade')).toBe('websocket');
    expect(await audited(bridge)).toEqual([]);
    await listenTo(bridge, 'CA0001', as(roles.get('operator')));
    expect(await audited(bridge)).toMatchObject([
      {
        ...{ action: 'call.listened', subject: 'call/CA0001', at: expect.any(String) },
        actor: { name: 'operator', role: 'operator' },
      },
    ]);
  });

  it('is a sixth listener, who is asked to come again', async () => {
    const bridge = await patientBridge();
    await liveCall(bridge, 'CA0001');
    for (let count = 0; count < 5; count++) await listenTo(bridge, 'CA0001');

    const sixth = (await ask(bridge, 'CA0001')) as Refusal;

    expect(sixth).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS' } });
    expect(sixth.headers['retry-after']).toBe('5');
    expect(await audited(bridge)).toHaveLength(5);
  });
});

/** The session cookie of a browser that has logged in. */
async function cookieOf(bridge: Bridge): Promise<string> {
  const response = await fetch(`${bridge.base}/api/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token: bridge.adminToken }),
  });
  return (response.headers.get('set-cookie') ?? '').split(';')[0]!;
}

describe('a browser', () => {
  it('listens with its session, from our pages only', async () => {
    const bridge = await patientBridge();
    await liveCall(bridge, 'CA0001');
    const Cookie = await cookieOf(bridge);

    expect(await ask(bridge, 'CA0001', { Cookie, Origin: 'https://evil.example.com' })).toMatchObject({ status: 403 });
    expect(await ask(bridge, 'CA0001', { Cookie })).toMatchObject({ status: 403 });
    expect(await audited(bridge)).toEqual([]);
    for (const Origin of ['https://bridge.example.com', bridge.base]) {
      const listener = await listenTo(bridge, 'CA0001', { Cookie, Origin });
      await listener.toldOf('start');
    }
  });
});

describe('a call that another instance carries', () => {
  /** Both know of the call that the first one carries. */
  async function carriedByOne(callSid = 'CA0001') {
    const [one, other] = await twoInstances(await patientModel());
    const media = await liveCall(one, callSid);
    await until(
      () => other.api('GET', `/calls/${callSid}`),
      ({ body }) => body?.state === 'live',
    );
    return { one, other, media };
  }

  it('is heard through that one, entered once, and ends as it does there', async () => {
    const { one, other, media } = await carriedByOne();
    const listener = await listenTo(other, 'CA0001');
    await listener.toldOf('start');
    const payload = Buffer.alloc(160, 0x10).toString('base64');
    for (let count = 1; count <= 10; count++) {
      media.send({
        event: 'media',
        sequenceNumber: String(count + 1),
        media: { track: 'inbound', chunk: String(count), timestamp: String(count * 20), payload },
        streamSid: media.streamSid,
      });
    }
    await listener.when(() => listener.sounds.length > 0);
    await one.api('POST', '/calls/CA0001/hangup');

    expect(await listener.closed).toMatchObject({ code: 1000, reason: 'the call is over' });
    expect(listener.sideMulaw('caller').filter((code) => code === 0x10)).toHaveLength(1600);
    expect(listener.told.map(({ event }) => event)).toEqual(['start', 'end']);
    expect(await audited(one)).toHaveLength(1);
    expect((await ask(other, 'CA0001')) as Refusal).toMatchObject({ status: 409 });
  });

  it('is heard by a browser, whose page is known here', async () => {
    const { other } = await carriedByOne();
    const headers = { Cookie: await cookieOf(other), Origin: other.base };

    const listener = await listenTo(other, 'CA0001', headers);

    await listener.toldOf('start');
    expect(await ask(other, 'CA0001', { ...headers, Origin: 'https://evil.example.com' })).toMatchObject({
      status: 403,
    });
  });

  it('is refused here as there', async () => {
    const { one, other } = await carriedByOne();
    for (let count = 0; count < 5; count++) await listenTo(count % 2 === 0 ? one : other, 'CA0001');

    const sixth = (await ask(other, 'CA0001')) as Refusal;

    expect(sixth).toMatchObject({ status: 429, body: { status: 429, code: 'TOO_MANY_REQUESTS' } });
    expect(sixth.headers['content-type']).toContain('application/problem+json');
    expect(sixth.headers['retry-after']).toBe('5');
  });

  it('has room again when a listener has gone, wherever it listened', async () => {
    const { one, other } = await carriedByOne();
    const listeners: Listener[] = [];
    for (let count = 0; count < 5; count++) listeners.push(await listenTo(other, 'CA0001'));

    listeners[0]!.socket.terminate();
    let answer = await ask(one, 'CA0001');
    while (!(answer instanceof Listener)) answer = await ask(one, 'CA0001');

    await answer.toldOf('start');
  });

  it('is let go there when the socket cannot be opened here after all', async () => {
    const { one, other } = await carriedByOne();
    const { port } = new URL(other.base);
    const lines = [
      ...['GET /api/calls/CA0001/listen HTTP/1.1', 'Host: bridge.example.com'],
      ...[`Authorization: Bearer ${other.adminToken}`, 'Connection: Upgrade', 'Upgrade: websocket'],
      ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: not a key', '', ''],
    ];
    const socket = connect(Number(port), '127.0.0.1').resume();
    socket.write(lines.join('\r\n'));
    await once(socket, 'close');

    expect(await audited(one)).toHaveLength(1);
    // What is left is the call's own media stream.
    const { clients } = one.app.server.websocketServer;
    while (clients.size > 1) await new Promise((resolve) => void setImmediate(resolve));
    expect(clients.size).toBe(1);
  });

  it('is out of reach when that instance does not answer', async () => {
    const { one, other } = await carriedByOne();
    // It takes no connection any more, and its call goes on.
    one.app.server.server.close();

    expect(await ask(other, 'CA0001')).toMatchObject({ status: 502, body: { code: 'INSTANCE_UNREACHABLE' } });
  });

  it('is no longer heard when that instance is gone', async () => {
    const { one, other } = await carriedByOne();
    const listener = await listenTo(other, 'CA0001');
    await listener.toldOf('start');

    for (const client of one.app.server.websocketServer.clients) client.terminate();

    expect(await listener.closed).toMatchObject({ code: 1011 });
  });
});
