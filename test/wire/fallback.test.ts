import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { AUTH_TOKEN, type Bridge, CALLER, connectedCall, NUMBER, PUBLIC_URL, startBridge, ticketIn } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { twoInstances } from './several.js';

const OTHER_WAY = 'https://other-way.example.com';
const NOTICE = 'This call is recorded.';
const PERSON = '+14155550142';
const VOICE = `${PUBLIC_URL}/twilio/voice#rc=5&rp=all`;
const AFTER = `${PUBLIC_URL}/twilio/after#rc=5&rp=all`;
const TWO_WAYS = { environment: { PUBLIC_FALLBACK_URL: OTHER_WAY } };

/** The carrier has got nothing from that page of the call. */
const fallback = (
  bridge: Bridge,
  callSid: string,
  ErrorUrl: string,
  more: Record<string, string> = {},
  at = PUBLIC_URL,
) => {
  const form = bridge.form(callSid, { CallStatus: 'in-progress', ErrorCode: '11200', ErrorUrl, ...more });
  return bridge.webhook('/twilio/fallback', form, bridge.sign(`${at}/twilio/fallback`, form));
};
const kinds = (bridge: Bridge, callSid: string) =>
  bridge.events.filter((event) => event.callSid === callSid).map(({ kind }) => kind);

async function patientModel() {
  const bedrock = await startBedrock();
  bedrock.use(parseModelScript('turns: []', { dir: SPEECH_DIR }));
  onTestFinished(() => bedrock.close());
  return { bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials } };
}

async function oneInstance(options: Parameters<typeof startBridge>[0] = {}) {
  const bridge = await startBridge({ ...(await patientModel()), ...options });
  onTestFinished(() => bridge.close());
  await bridge.assign({}, { notice: NOTICE, fallback: { dial: PERSON } });
  return bridge;
}

/** A call whose media stream has broken. */
async function brokenCall(bridge: Bridge, callSid: string) {
  const { socket } = await connectedCall(bridge, callSid);
  socket.terminate();
  await bridge.fact(callSid, 'ended');
}

describe('the fallback of a number', () => {
  it('answers a call that nobody has answered as the voice page does', async () => {
    const bridge = await oneInstance();

    const { status, type, text } = await fallback(bridge, 'CA0001', VOICE);

    expect([status, type]).toEqual([200, 'text/xml']);
    expect(text).toContain(`<Say>${NOTICE}</Say><Connect `);
    expect(await bridge.record('CA0001')).toMatchObject({ reconnections: [], faults: { TWILIO_PAGE_FAILED: 1 } });
  });

  it('gives the answer once more that never reached the carrier', async () => {
    const bridge = await oneInstance();
    const { text: first } = await bridge.webhook('/twilio/voice', bridge.form('CA0001'));

    const { text } = await fallback(bridge, 'CA0001', VOICE);

    expect(text).toBe(first);
  });

  it('goes on with a call whose media stream has been, without a second notice', async () => {
    const bridge = await oneInstance();
    await brokenCall(bridge, 'CA0001');

    const { text } = await fallback(bridge, 'CA0001', AFTER);

    expect(text).toContain('<Response><Connect ');
    const record = await bridge.record('CA0001');
    expect(record).toMatchObject({ reconnections: [{ why: 'line-interrupted' }], faults: { TWILIO_PAGE_FAILED: 1 } });
  });

  it('goes on with it whatever page has failed', async () => {
    const bridge = await oneInstance();
    await brokenCall(bridge, 'CA0001');

    const { text } = await fallback(bridge, 'CA0001', 'https://elsewhere.example.com/page');

    expect(text).toContain('<Response><Connect ');
  });

  it('does so three times in five minutes, and then gives the caller to a person', async () => {
    const bridge = await oneInstance();
    await brokenCall(bridge, 'CA0001');
    const documents: string[] = [];
    for (let time = 0; time < 4; time++) documents.push((await fallback(bridge, 'CA0001', AFTER)).text);

    expect(documents.map((text) => text.includes('<Connect'))).toEqual([true, true, true, false]);
    expect(documents.at(-1)).toContain(`${PERSON}</Number>`);
  });

  it('gives a caller back to the agent who was put through, where nobody tells how the dial went', async () => {
    const bridge = await oneInstance();
    await brokenCall(bridge, 'CA0001');

    const { text } = await fallback(bridge, 'CA0001', `${PUBLIC_URL}/twilio/after?dialled=transfer#rc=5&rp=all`);

    expect(text).toContain('<Connect ');
    expect(await bridge.record('CA0001')).toMatchObject({ reconnections: [{ why: 'nobody-answered' }] });
  });

  it('lets the caller go whom a person has spoken to', async () => {
    const bridge = await oneInstance();
    await brokenCall(bridge, 'CA0001');
    const dial = { DialCallStatus: 'completed', DialCallDuration: '7' };

    const { text } = await fallback(bridge, 'CA0001', `${PUBLIC_URL}/twilio/after?dialled=transfer`, dial);

    expect(text).toContain('<Response><Hangup/></Response>');
  });

  it('has a last word where its own answer could not be carried out', async () => {
    const bridge = await oneInstance();

    const { text } = await fallback(bridge, 'CA0001', `${PUBLIC_URL}/twilio/fallback`, { ErrorCode: '12200' });

    expect(text).toMatch(/<Response><Say>We are sorry[^<]*<\/Say><Hangup\/><\/Response>/);
  });

  it('logs which page failed and how, and not what else the address says', async () => {
    const logLines: string[] = [];
    const bridge = await oneInstance({ logLines });

    await fallback(bridge, 'CA0001', `${PUBLIC_URL}/twilio/after?call=sealed-note`);

    const line = logLines.find((each) => each.includes('TWILIO_PAGE_FAILED'))!;
    expect(JSON.parse(line)).toMatchObject({ callSid: 'CA0001', errorCode: '11200', page: 'after', goesOn: true });
    expect(logLines.join()).not.toContain('sealed-note');
  });

  it('needs the signature of Twilio, and a call', async () => {
    const bridge = await oneInstance();
    const form = bridge.form('CA0001', { ErrorUrl: VOICE });

    expect((await bridge.webhook('/twilio/fallback', form, 'forged')).status).toBe(403);
    expect((await bridge.webhook('/twilio/fallback', { ErrorUrl: VOICE })).status).toBe(400);
    expect(kinds(bridge, 'CA0001')).toEqual([]);
  });
});

describe('the other way to the bridge', () => {
  it('is the way on for what comes by it: pages, callbacks and media', async () => {
    const bridge = await oneInstance(TWO_WAYS);

    const { text } = await fallback(bridge, 'CA0001', VOICE, {}, OTHER_WAY);

    expect(text.match(/(https|wss):\/\/[^/]+/g)).toEqual(expect.arrayContaining(['wss://other-way.example.com']));
    expect(text).not.toContain(new URL(PUBLIC_URL).host);
    const socket = bridge.media(bridge.sign(`${OTHER_WAY.replace('https', 'wss')}/twilio/media`));
    await once(socket, 'open');
    socket.close();
    expect(ticketIn(text)).not.toBe('');
  });

  it('does not change the usual one', async () => {
    const bridge = await oneInstance(TWO_WAYS);

    const { text } = await bridge.webhook('/twilio/voice', bridge.form('CA0001'));

    expect(text).toContain('wss://bridge.example.com/twilio/media');
    expect(text).not.toContain('other-way');
  });

  it('is signed by its own address: no third one is taken', async () => {
    const bridge = await oneInstance(TWO_WAYS);

    expect((await fallback(bridge, 'CA0001', VOICE, {}, 'https://third.example.com')).status).toBe(403);
  });
});

describe('with two instances', () => {
  it('the one that carries the call answers', async () => {
    const [one, other] = await twoInstances(await patientModel());
    await one.assign();
    await brokenCall(one, 'CA0001');
    await expect.poll(async () => (await other.record('CA0001'))?.state, { timeout: 20_000 }).toBe('ended');

    const { text } = await fallback(other, 'CA0001', AFTER);

    expect(text).toContain('<Response><Connect ');
    expect(kinds(one, 'CA0001')).toContain('connectedAgain');
    expect(kinds(other, 'CA0001')).toEqual([]);
  });
});

it('a caller goes on to whom the usual way is closed when the line breaks', async () => {
  const bridge = await oneInstance(TWO_WAYS);
  let isClosed = false;
  const phone = createPhone({
    bridgeUrl: ({ host }) => (isClosed && host === new URL(PUBLIC_URL).host ? 'http://127.0.0.1:9' : bridge.base),
    publicUrl: PUBLIC_URL,
    fallbackUrl: `${OTHER_WAY}/twilio/fallback#rc=5&rp=all`,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: AUTH_TOKEN,
    sayMsPerCharacter: 0,
    network: { tcpCutAtMs: 1000 },
  });

  const call = await phone.call({ from: CALLER, to: NUMBER });
  isClosed = true;
  await bridge.fact(call.callSid, 'connectedAgain');
  await expect.poll(() => call.streams.length, { timeout: 20_000 }).toBe(2);

  const asked = call.requests.filter(({ url }) => url.includes('/twilio/fallback'));
  expect(asked).toMatchObject([{ status: 200, params: { ErrorCode: '11205' } }]);
  expect(call.spoken.map(({ text }) => text)).toEqual([NOTICE]);
  await call.hangUp();
});
