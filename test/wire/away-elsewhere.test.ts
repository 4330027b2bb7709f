import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Turn } from '../../src/call/record.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { createSeal } from '../../src/twilio/seal.js';
import { onServer } from '../store/on-server.js';
import { trouble } from '../store/troubled.js';
import { AUTH_TOKEN, type Bridge, NUMBER, startMedia, ticketIn } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { severalInstances, twoInstances } from './several.js';
import { knows } from './until.js';

const CALL = 'CA0001';
/** An address at which no instance is (any more). */
const NOBODY = 'http://127.0.0.1:9';
const PERSON = '+14155550142';

/** A model that waits for the caller to speak, and greets only who is back. */
async function patientModel() {
  const bedrock = await startBedrock();
  bedrock.use(parseModelScript('turns: [{ text: interrupted, say: Hello }]', { dir: SPEECH_DIR }));
  onTestFinished(() => bedrock.close());
  return { bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials }, model: bedrock };
}

/** Both instances know the number before the database goes away. */
async function assigned(one: Bridge, other: Bridge, number = {}) {
  const agent = await one.assign({}, number);
  await knows(other, `/numbers/${NUMBER}`);
  return agent;
}

const said = (text: string, startMs: number): Turn => ({ role: 'caller', text, startMs, endMs: startMs + 500 });
const says = (bridge: Bridge, index: number, text: string, startMs = 1000) =>
  bridge.app.registry.emit(CALL, { kind: 'turnChanged', index, turn: said(text, startMs) });

/** What the carrier is to ask next, of the TwiML that it got last. */
const actionIn = (document: string) => pathIn(document, 'action');
function pathIn(document: string, attribute: 'action' | 'url'): string {
  const [, path = ''] = new RegExp(`${attribute}="https://bridge\\.example\\.com([^"]+)"`).exec(document) ?? [];
  return path.replaceAll('&amp;', '&');
}

/** Twilio's REST API, as far as calls are given TwiML. */
async function twilioThatTakes() {
  const documents: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      documents.push(new URLSearchParams(body).get('Twiml') ?? '');
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ sid: CALL, status: 'in-progress' }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { documents, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
const after = (bridge: Bridge, action: string) =>
  bridge.webhook(action, bridge.form(CALL, { CallStatus: 'in-progress' }));

interface Kept {
  state: string;
  end_reason: string | null;
  words: string[];
  streams: { closed: string | null }[];
  reconnections: { why: string }[];
}

async function kept({ database }: Bridge): Promise<Kept | undefined> {
  const [row] = await onServer<Kept>(
    database.url,
    `SELECT state, end_reason, streams, reconnections, ARRAY (SELECT turn ->> 'text' FROM turns
       WHERE turns.call_sid = calls.call_sid AND index < turn_count ORDER BY index) AS words
     FROM calls WHERE call_sid = $1`,
    [CALL],
  );
  return row;
}

/** Resolves when the database has this of the call, and goes on to have it. */
async function becomesKept(bridge: Bridge, expected: object) {
  const isKept = async () => expect(await kept(bridge)).toMatchObject(expected);
  await vi.waitFor(isKept, { interval: 50, timeout: 60_000 });
  await bridge.api('GET', '/calls?limit=1');
  await isKept();
}

const textsOf = (model: { sessions: readonly { interactiveTexts: readonly string[] }[] }) =>
  model.sessions.flatMap(({ interactiveTexts }) => interactiveTexts);

const goneAway = async (bridge: Bridge) => {
  const back = await trouble(bridge.database.url, 'away');
  onTestFinished(back);
  return back;
};

describe('while the database is away', () => {
  it('a call that rings at one instance and is connected at another is on record there, whole', async () => {
    const { bedrock } = await patientModel();
    const [one, other] = await twoInstances({ bedrock });
    await assigned(one, other);
    const back = await goneAway(one);

    const { text } = await one.webhook('/twilio/voice', one.form(CALL));
    const { socket } = await startMedia(other, CALL, text);
    says(other, 0, 'I need my order');
    socket.terminate();
    await other.fact(CALL, 'ended');
    await back();

    await becomesKept(other, { state: 'ended', end_reason: 'caller-hung-up', words: ['I need my order'] });
    expect(one.app.registry.isRinging(CALL)).toBe(false);
    expect(one.app.registry.activeCount).toBe(0);
  });

  it('a line that was cut goes on where the carrier asks, as the instance decides that carried it', async () => {
    const { bedrock } = await patientModel();
    const [one, other] = await twoInstances({ bedrock });
    await assigned(one, other);
    const back = await goneAway(one);
    const { text: first } = await one.webhook('/twilio/voice', one.form(CALL));
    const { socket } = await startMedia(one, CALL, first);
    says(one, 0, 'I need my order');
    socket.terminate();
    await one.fact(CALL, 'ended');

    const { text: next } = await after(other, actionIn(first));
    const { socket: again } = await startMedia(other, CALL, next);
    says(other, 1, 'are you there?', 5000);
    again.terminate();
    await other.fact(CALL, 'ended');
    await back();

    expect(await one.fact(CALL, 'connectedAgain')).toMatchObject({ why: 'line-interrupted' });
    await becomesKept(other, {
      state: 'ended',
      words: ['I need my order', 'are you there?'],
      streams: [{ closed: 'ended' }, { closed: 'ended' }],
      reconnections: [{ why: 'line-interrupted' }],
    });
  });

  it('an instance that is asked for a call which another one has taken from it knows where that is', async () => {
    const { bedrock } = await patientModel();
    const [one, other] = await twoInstances({ bedrock });
    await assigned(one, other);
    const { text } = await one.webhook('/twilio/voice', one.form(CALL));
    const { socket } = await startMedia(other, CALL, text);
    await goneAway(one);
    socket.terminate();
    await other.fact(CALL, 'ended');

    const { text: next } = await after(one, actionIn(text));

    expect(next).toContain('<Stream');
    expect(await other.fact(CALL, 'connectedAgain')).toMatchObject({ why: 'line-interrupted' });
    expect(one.events.some(({ kind }) => kind === 'connectedAgain')).toBe(false);
  });

  it('the call of an instance that has died goes on with its agent, and is one call on record when it is back', async () => {
    const { bedrock, model } = await patientModel();
    const [one, other] = (await severalInstances([
      { bedrock, environment: { INSTANCE_URL: NOBODY } },
      { bedrock },
    ])) as [Bridge, Bridge];
    await assigned(one, other);
    const { text: first, socket } = await connected(one);
    says(one, 0, 'I need my order');
    await vi.waitFor(async () => expect((await kept(one))?.words).toHaveLength(1), { interval: 20, timeout: 60_000 });
    const back = await goneAway(one);

    const { text: next } = await after(other, actionIn(first));
    const { socket: again } = await startMedia(other, CALL, next);
    await expect.poll(() => textsOf(model)).toContainEqual(expect.stringMatching(/interrupted for a moment.*lost/));
    await other.when(() => other.events.find((event) => event.kind === 'turnChanged' && event.turn.text === 'Hello'));
    says(other, 1, 'I said that I need my order');
    await back();
    await vi.waitFor(async () => expect((await kept(one))?.words).toHaveLength(3), { interval: 20, timeout: 60_000 });
    says(other, 2, 'thank you', 9000);
    again.terminate();
    await other.fact(CALL, 'ended');

    await becomesKept(other, {
      state: 'ended',
      words: ['I need my order', 'Hello', 'I said that I need my order', 'thank you'],
      streams: [{ closed: 'instance-lost' }, { closed: 'ended' }],
      reconnections: [{ why: 'line-interrupted' }],
    });
    const record = await other.record(CALL);
    expect(record.turns.map(({ text }) => text)).toEqual((await kept(other))?.words);
    socket.terminate();
  });

  it('a call is connected again three times in all, also when its instances die, and then gets its fallback', async () => {
    const { bedrock } = await patientModel();
    const [one, other] = (await severalInstances([
      { bedrock, environment: { INSTANCE_URL: NOBODY } },
      { bedrock },
    ])) as [Bridge, Bridge];
    await assigned(one, other, { fallback: { say: 'All our agents are at lunch.' } });
    await goneAway(one);
    const answers = [(await one.webhook('/twilio/voice', one.form(CALL))).text];
    const { socket } = await startMedia(one, CALL, answers[0]!);
    socket.terminate();
    await one.fact(CALL, 'ended');

    for (const bridge of [one, one, other, other]) answers.push((await after(bridge, actionIn(answers.at(-1)!))).text);

    expect(answers.map((text) => text.includes('<Stream'))).toEqual([true, true, true, true, false]);
    expect(answers.at(-1)).toContain('All our agents are at lunch.');
  });

  it.each([
    ['carried', true],
    ['carried, and has died', false],
  ])(
    'a caller whom an operator put through, and nobody answered, is back with the agent, wherever the carrier asks: the instance %s',
    async (_, isThere) => {
      const { bedrock, model } = await patientModel();
      const twilio = await twilioThatTakes();
      const environment = { TWILIO_API_URL: twilio.url };
      const [one, other] = (await severalInstances([
        { bedrock, environment: isThere ? environment : { ...environment, INSTANCE_URL: NOBODY } },
        { bedrock },
      ])) as [Bridge, Bridge];
      await assigned(one, other);
      await goneAway(one);
      const { text: first } = await one.webhook('/twilio/voice', one.form(CALL));
      const { socket } = await startMedia(one, CALL, first);
      await one.fact(CALL, 'streamChanged');
      await one.api('POST', `/calls/${CALL}/transfer`, { to: PERSON, whisper: 'It is about an order.' });
      const [dial] = twilio.documents as [string];
      socket.terminate();
      await one.fact(CALL, 'ended');

      const whisper = await other.webhook(pathIn(dial, 'url'), other.form('CA0002', { From: '', To: PERSON }));
      const { text: next } = await other.webhook(
        pathIn(dial, 'action'),
        other.form(CALL, { CallStatus: 'in-progress', DialCallStatus: 'no-answer' }),
      );
      const { socket: again } = await startMedia(other, CALL, next);

      expect(whisper.text).toBe(
        `<?xml version="1.0" encoding="UTF-8"?><Response${isThere ? '><Say>It is about an order.</Say></Response>' : '/>'}`,
      );
      await expect.poll(() => textsOf(model)).toContainEqual(expect.stringMatching(/a person, who did not answer/));
      again.terminate();
    },
  );

  it('nobody is asked whose address does not come from an instance of the bridge', async () => {
    const server = createServer(() => requests++).listen(0, '127.0.0.1');
    let requests = 0;
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const [one, other] = await twoInstances();
    await assigned(one, other);
    await goneAway(one);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const body = Buffer.from(JSON.stringify([CALL, url, 'a', 1, 0, []])).toString('base64url');

    const { text } = await after(other, `/twilio/after?call=${body}.${Buffer.alloc(32).toString('base64url')}`);

    expect(text).not.toContain('<Stream');
    expect(requests).toBe(0);
  });
});

describe('what the carrier reports of a call while the database is away', () => {
  const reported = (bridge: Bridge, CallStatus: string, SequenceNumber: string) =>
    bridge.webhook('/twilio/status', bridge.form(CALL, { CallStatus, SequenceNumber }));

  it('reaches the instance that carried it when the database is back, wherever it came to', async () => {
    const { bedrock } = await patientModel();
    const [one, other] = await twoInstances({ bedrock });
    await assigned(one, other);
    const { socket } = await connected(one);
    const back = await goneAway(one);
    socket.terminate();
    await one.fact(CALL, 'ended');

    expect((await reported(other, 'in-progress', '2')).status).toBe(204);
    expect((await reported(other, 'completed', '3')).status).toBe(204);
    expect(one.events.some(({ kind }) => kind === 'carrierReported')).toBe(false);
    await back();

    await one.when(() => one.events.find((event) => event.kind === 'carrierReported' && event.status === 'completed'));
    expect(other.events.some(({ kind }) => kind === 'carrierReported' || kind === 'takenUp')).toBe(false);
    await vi.waitFor(async () => expect((await one.record(CALL)).carrierStatus).toBe('completed'), {
      interval: 20,
      timeout: 60_000,
    });
  });

  it('waits for a call that is not in the database yet', async () => {
    const { bedrock } = await patientModel();
    const [one, other] = await twoInstances({ bedrock });
    await assigned(one, other);
    const back = await goneAway(one);
    await connected(one);

    await reported(other, 'in-progress', '1');
    await back();

    await one.when(() => one.events.find(({ kind }) => kind === 'carrierReported'));
  });
});

it('a call is given only to an instance of the bridge, and with the ticket of that call once', async () => {
  const [one, other] = await twoInstances({ bedrock: (await patientModel()).bedrock });
  await assigned(one, other);
  const { text } = await one.webhook('/twilio/voice', one.form(CALL));
  const contents = [ticketIn(text), other.base];
  const ask = (sealed: string) =>
    fetch(`${one.base}/twilio/taken`, { method: 'POST', body: new URLSearchParams({ sealed }) });

  expect((await ask('')).status).toBe(403);
  expect((await ask('e30.e30')).status).toBe(403);
  expect((await ask(createSeal('another secret').seal('taken-call', contents))).status).toBe(403);
  expect((await ask(createSeal(AUTH_TOKEN).seal('taken-call', ['no ticket', other.base]))).status).toBe(403);
  expect(one.app.registry.isRinging(CALL)).toBe(true);
  const given = await ask(createSeal(AUTH_TOKEN).seal('taken-call', contents));
  expect(await given.json()).toMatchObject({ record: { callSid: CALL, state: 'ringing' } });
  expect(one.app.registry.isRinging(CALL)).toBe(false);
  expect((await ask(createSeal(AUTH_TOKEN).seal('taken-call', contents))).status).toBe(403);
});

describe('the model stream of an instance that is gone', () => {
  it('is closed on record when another one goes on with the call, at the last time known of', async () => {
    const { bedrock } = await patientModel();
    const [one, other] = (await severalInstances([
      { bedrock, environment: { INSTANCE_URL: NOBODY } },
      { bedrock },
    ])) as [Bridge, Bridge];
    await assigned(one, other);
    const { text, socket } = await connected(one);
    says(one, 0, 'I need my order', 2000);
    await vi.waitFor(async () => expect((await kept(one))?.words).toHaveLength(1), { interval: 20, timeout: 60_000 });

    const { text: next } = await after(other, actionIn(text));

    expect(next).toContain('<Stream');
    expect((await other.record(CALL)).streams).toMatchObject([{ closed: 'instance-lost', closedMs: 2500 }]);
    socket.terminate();
  });
});

async function connected(bridge: Bridge) {
  const { text } = await bridge.webhook('/twilio/voice', bridge.form(CALL));
  const { socket } = await startMedia(bridge, CALL, text);
  await bridge.fact(CALL, 'streamChanged');
  return { text, socket };
}
