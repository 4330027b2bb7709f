import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { type Bridge, connectedCall, PUBLIC_URL, startMedia } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { severalInstances, swiftClock, twoInstances } from './several.js';
import { until } from './until.js';

const COLLEAGUE = '+14155550142';
const SAY = { fallback: { say: 'All our agents are at lunch.' } };
const DIAL = { fallback: { dial: COLLEAGUE } };

const after = (bridge: Bridge, callSid: string, more: Record<string, string> = {}, query = '') =>
  bridge.webhook(`/twilio/after${query}`, bridge.form(callSid, { CallStatus: 'in-progress', ...more }));
const status = (bridge: Bridge, callSid: string, CallStatus: string, SequenceNumber: string) =>
  bridge.webhook('/twilio/status', bridge.form(callSid, { CallStatus, SequenceNumber }));
const dialEnded = (bridge: Bridge, callSid: string) =>
  after(bridge, callSid, { DialCallStatus: 'completed', DialCallDuration: '7' }, '?dialled=fallback');
const kinds = (bridge: Bridge, callSid: string) =>
  bridge.events.filter((event) => event.callSid === callSid).map(({ kind }) => kind);

/** What the store has of a call, as the other instance shows it, once it is as wished. */
const stored = (bridge: Bridge, callSid: string, isThere: (record: CallRecord) => boolean) =>
  until(() => bridge.record(callSid), isThere);

/** A call whose model could not be reached: its agent is lost, and the carrier asks what comes next. */
async function lostCall(bridge: Bridge, other: Bridge, callSid: string) {
  await connectedCall(bridge, callSid);
  await bridge.fact(callSid, 'ended');
  await stored(other, callSid, ({ state }) => state === 'ended');
}

/** A model that waits for the caller to speak. */
async function patientModel() {
  const bedrock = await startBedrock();
  bedrock.use(parseModelScript('turns: []', { dir: SPEECH_DIR }));
  onTestFinished(() => bedrock.close());
  return { bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials } };
}

/** A call whose line breaks while its agent is there: nothing was decided. */
async function brokenCall(bridge: Bridge, other: Bridge, callSid: string) {
  const { socket } = await connectedCall(bridge, callSid);
  socket.terminate();
  await bridge.fact(callSid, 'ended');
  return stored(other, callSid, ({ state }) => state === 'ended');
}

/** A server that takes requests and counts them; it answers nothing. */
async function silentServer() {
  let requestCount = 0;
  const server = createServer(() => requestCount++).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requestCount() {
      return requestCount;
    },
  };
}

describe('what the carrier asks of an instance that does not carry the call', () => {
  it('is answered by the one that does: the decision taken there', async () => {
    const [one, other] = await twoInstances({ clock: swiftClock() });
    await one.assign({}, SAY);
    await lostCall(one, other, 'CA0001');

    const { status: code, type, text } = await after(other, 'CA0001');

    expect([code, type]).toEqual([200, 'text/xml']);
    expect(text).toContain(SAY.fallback.say);
    expect(kinds(other, 'CA0001')).toEqual([]);
  });

  it('is told to the one that has the caller put through, from the dial to its end', async () => {
    const [one, other] = await twoInstances({ clock: swiftClock() });
    await one.assign({}, DIAL);
    await lostCall(one, other, 'CA0001');

    const { text: dial } = await after(other, 'CA0001');
    const { text: end } = await dialEnded(other, 'CA0001');

    expect(dial).toContain(`${COLLEAGUE}</Number>`);
    expect(end).toContain('<Hangup/>');
    expect(await one.fact('CA0001', 'dialEnded')).toMatchObject({ wasAnswered: true, durationMs: 7000 });
    const record = await stored(other, 'CA0001', ({ carrierStatus }) => carrierStatus === 'completed');
    expect(record).toMatchObject({ transferredTo: COLLEAGUE, endReason: 'fallback' });
    expect(kinds(other, 'CA0001')).toEqual([]);
  });

  it('reaches it in whatever order and however often it is told', async () => {
    const [one, other] = await twoInstances();
    await one.assign();
    const { text: twiml } = await one.webhook('/twilio/voice', one.form('CA0001'));
    await stored(other, 'CA0001', ({ state }) => state === 'ringing');

    await status(other, 'CA0001', 'in-progress', '2');
    await status(other, 'CA0001', 'ringing', '1');
    await status(one, 'CA0001', 'completed', '3');
    await status(other, 'CA0001', 'completed', '3');
    await status(other, 'CA0001', 'in-progress', '2');

    const reports = one.events.filter((event) => event.kind === 'carrierReported');
    expect(twiml).toContain('<Stream');
    expect(reports.map((report) => report.status)).toEqual(['in-progress', 'completed']);
    expect(await one.record('CA0001')).toMatchObject({ state: 'ended', carrierStatus: 'completed' });
  });

  it('gets the words for a person from the instance that has been given them', async () => {
    const [one, other] = await twoInstances();
    await one.assign();
    await one.webhook('/twilio/voice', one.form('CA0001'));
    await stored(other, 'CA0001', ({ state }) => state === 'ringing');
    one.app.registry.rememberWhisper('CA0001', 'It is about the order of yesterday.');

    const { text } = await other.webhook(
      '/twilio/whisper?call=CA0001',
      other.form('CA0002', { From: '', To: COLLEAGUE }),
    );

    expect(text).toContain('It is about the order of yesterday.');
  });

  it('is refused there as here without the carrier’s signature', async () => {
    const [one, other] = await twoInstances({ clock: swiftClock() });
    await one.assign({}, SAY);
    await lostCall(one, other, 'CA0001');

    expect((await other.webhook('/twilio/after', other.form('CA0001'), 'forged')).status).toBe(403);
  });
});

describe('a call whose instance is gone', () => {
  it('is connected again by another one, three times in all, and then gets its fallback', async () => {
    const [one, other] = await twoInstances(await patientModel());
    await one.assign({}, SAY);
    await brokenCall(one, other, 'CA0001');
    const answers = [(await after(one, 'CA0001')).text, (await after(one, 'CA0001')).text];
    await stored(other, 'CA0001', ({ reconnections }) => (reconnections as unknown[]).length === 2);
    await one.app.server.close();

    answers.push((await after(other, 'CA0001')).text);
    const last = (await after(other, 'CA0001')).text;

    for (const answer of answers) expect(answer).toContain('<Stream');
    expect(last).toContain(SAY.fallback.say);
    expect(kinds(other, 'CA0001')).toEqual(expect.arrayContaining(['takenUp', 'connectedAgain']));
    expect((await other.record('CA0001')).reconnections).toHaveLength(3);
  });

  it('goes on with its agent’s version and what was said, as the same call', async () => {
    const [one, other] = await twoInstances(await patientModel());
    await one.assign();
    const before = await brokenCall(one, other, 'CA0001');
    await one.app.server.close();

    const { text } = await after(other, 'CA0001');
    const { socket: again } = await startMedia(other, 'CA0001', text);
    const record = await stored(other, 'CA0001', ({ streams }) => (streams as unknown[]).length >= 2);
    again.terminate();

    expect(kinds(other, 'CA0001')).not.toContain('rang');
    const { startedAt, agentId, agentVersion } = before;
    expect(record).toMatchObject({ startedAt, agentId, agentVersion });
  });

  it('ends on record with the dial that it had begun', async () => {
    const [one, other] = await twoInstances({ clock: swiftClock() });
    await one.assign({}, DIAL);
    await lostCall(one, other, 'CA0001');
    await after(one, 'CA0001');
    await stored(other, 'CA0001', ({ transferredTo }) => transferredTo === COLLEAGUE);
    await one.app.server.close();

    const { text } = await dialEnded(other, 'CA0001');
    await status(other, 'CA0001', 'completed', '3');

    expect(text).toContain('<Hangup/>');
    expect(await other.fact('CA0001', 'dialEnded')).toMatchObject({ wasAnswered: true, durationMs: 7000 });
    expect(kinds(other, 'CA0001').filter((kind) => kind === 'carrierReported')).toHaveLength(1);
    const listed = await until(
      async () => (await other.api('GET', '/calls?state=ended')).body.items[0],
      ({ carrierStatus }) => carrierStatus === 'completed',
    );
    expect(listed).toMatchObject({ transferredTo: COLLEAGUE, endReason: 'fallback' });
    expect(listed.durationMs).toBeGreaterThanOrEqual(7000);
  });

  it('hangs up when its agent had', async () => {
    const [one, other] = await twoInstances(await patientModel());
    await one.assign();
    const { socket } = await connectedCall(one, 'CA0001');
    one.app.registry.leaving('CA0001', 'agent-hung-up');
    socket.terminate();
    await one.fact('CA0001', 'ended');
    await stored(other, 'CA0001', ({ endReason }) => endReason === 'agent-hung-up');
    await one.app.server.close();

    expect((await after(other, 'CA0001')).text).toContain('<Response><Hangup/></Response>');
  });

  it('is ended by the carrier’s last word, whichever instance hears it', async () => {
    const [one, other] = await twoInstances();
    await one.assign();
    await one.webhook('/twilio/voice', one.form('CA0001'));
    await stored(other, 'CA0001', ({ state }) => state === 'ringing');
    await one.app.server.close();

    await status(other, 'CA0001', 'in-progress', '2');
    expect(kinds(other, 'CA0001')).toEqual([]);
    await status(other, 'CA0001', 'completed', '3');
    await status(other, 'CA0001', 'completed', '3');

    expect(kinds(other, 'CA0001')).toEqual(['takenUp', 'carrierReported', 'ended']);
    expect(await other.record('CA0001')).toMatchObject({ state: 'ended', endReason: 'caller-hung-up' });
  });

  it('is not waited for longer than two seconds when it is only silent', async () => {
    const silent = await silentServer();
    const clock = swiftClock();
    const model = await patientModel();
    const [one, other] = await severalInstances([
      { environment: { INSTANCE_URL: silent.url }, ...model },
      { clock, ...model },
    ]);
    await one!.assign();
    await brokenCall(one!, other!, 'CA0001');

    const beganMs = clock.now();
    const { text } = await after(other!, 'CA0001');

    expect(text).toContain('<Stream');
    expect(silent.requestCount).toBe(1);
    expect(clock.now() - beganMs).toBeGreaterThanOrEqual(2000);
  });

  it('is decided about where a request was passed on to, and passed on no further', async () => {
    const silent = await silentServer();
    const model = await patientModel();
    const [one, other] = await severalInstances([{ environment: { INSTANCE_URL: silent.url }, ...model }, model]);
    await one!.assign();
    await brokenCall(one!, other!, 'CA0001');

    const form = other!.form('CA0001', { CallStatus: 'in-progress' });
    const response = await fetch(`${other!.base}/twilio/after`, {
      method: 'POST',
      headers: {
        'X-Twilio-Signature': other!.sign(`${PUBLIC_URL}/twilio/after`, form),
        'X-Oratio-Passed-On': '1',
      },
      body: new URLSearchParams(form),
    });

    expect(await response.text()).toContain('<Stream');
    expect(silent.requestCount).toBe(0);
  });
});

it('an instance forgets a call that another one goes on with, and counts it no more', async () => {
  const [one, other] = await twoInstances(await patientModel());
  await one.assign();
  const { text } = await one.webhook('/twilio/voice', one.form('CA0001'));
  await stored(other, 'CA0001', ({ state }) => state === 'ringing');

  const { socket } = await startMedia(other, 'CA0001', text);
  while (one.app.registry.activeCount > 0) await stored(one, 'CA0001', () => true);

  expect(one.app.registry.isRinging('CA0001')).toBe(false);
  socket.terminate();
});
