import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import type { PhoneCall } from '../../src/emulator/phone/contract.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { freePort } from '../free-port.js';
import { freshDatabase } from '../store/postgres.js';
import { words } from './balancer.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL } from './bridge.js';
import { isLoud } from './loud.js';
import { SPEECH_DIR } from './places.js';
import { type BridgeProcess, startProcess } from './process.js';
import { SPEECH } from './stack.js';
import { until } from './until.js';

const CALLS = 3;
/** A load balancer asks every so often whether an instance takes calls. */
const NOTICED_AFTER_MS = 2000;
/** A busy machine takes long between two words. */
const AGENT = { name: 'A', systemPrompt: 'You help.', silence: { promptAfterMs: 60_000 } };

const SCRIPT = `
turns:
  - text: greet the caller with
    say: Hello
  - text: was interrupted
    say: I'm sorry
  - hear: go forward ten meters
    say: Thank you
`;

/** Processes on one database, and a telephone whose load balancer asks one of them. */
async function processes(more: Record<string, string> = {}) {
  const database = await freshDatabase();
  const bedrock = await startBedrock({ delivery: { burst: 0 } });
  bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
  onTestFinished(async () => {
    await bedrock.close();
    await database.drop();
  });
  const newDataDir = async () => {
    const dataDir = await temporaryDataDir();
    onTestFinished(dataDir.remove);
    return dataDir.path;
  };
  const start = async (dataDir?: string) =>
    startProcess(dataDir ?? (await newDataDir()), {
      ...{ DATABASE_URL: database.url, PORT: String(await freePort()), DRAIN_DELAY_MS: '0', ...more },
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
    });
  let target: BridgeProcess;
  let dead: { base: string; isStillAsked: () => boolean } | undefined;
  const attempts = new Map<string, number>();
  const phone = createPhone({
    bridgeUrl({ pathname, href }) {
      if (!dead?.isStillAsked()) return target.base;
      const attempt = (attempts.get(href) ?? 0) + 1;
      attempts.set(href, attempt);
      return pathname === '/twilio/media' || attempt % 2 === 1 ? dead.base : target.base;
    },
    publicUrl: PUBLIC_URL,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: AUTH_TOKEN,
  });
  return {
    start,
    newDataDir,
    bedrock,
    sendTo(bridge: BridgeProcess) {
      target = bridge;
    },
    /** Each webhook goes to nobody first, as do all sockets, and a proxy says so, until the load balancer notices. */
    async stillSendToTheDead(forMs: number) {
      const untilMs = performance.now() + forMs;
      dead = { base: await proxyOfNobody(), isStillAsked: () => performance.now() < untilMs };
    },
    async assign(bridge: BridgeProcess, number: Record<string, unknown> = {}): Promise<{ id: string }> {
      const greeting = 'Greet the caller with: Hello';
      const { body: agent } = await bridge.api('POST', '/agents', { ...AGENT, greeting });
      await bridge.api('PUT', `/numbers/${NUMBER}`, { agentId: agent.id, ...number });
      return agent;
    },
    /** Live calls. A bridge on a busy machine may refuse some: whoever was refused calls again. */
    async calls(count = CALLS) {
      const calls: PhoneCall[] = [];
      while (calls.length < count) {
        const call = await phone.call({ from: CALLER, to: NUMBER });
        if (call.streams.length > 0) calls.push(call);
        else await call.ended;
      }
      return calls;
    },
  };
}

/** What stands before an instance that is gone. */
async function proxyOfNobody(): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(502).end());
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What the API says of a call, once it is as wished. */
const recordOf = (bridge: BridgeProcess, callSid: string, isThere: (record: CallRecord) => boolean) =>
  until(async () => (await bridge.api('GET', `/calls/${callSid}`)).body as CallRecord, isThere);

/** Resolves when every call is live on its so many-th media stream, and so many words of its agent were heard. */
async function live(bridge: BridgeProcess, calls: readonly PhoneCall[], streamCount: number, heard: readonly string[]) {
  const isThere = (record: CallRecord) =>
    record.streams?.length === streamCount &&
    record.streams.at(-1)!.closed === null &&
    words(record).join() === heard.join();
  await Promise.all(calls.map(({ callSid }) => recordOf(bridge, callSid, isThere)));
}

/** The recording of a live call once its first turn is on the disk whole: what was heard in the last second may not be. */
async function recorded(bridge: BridgeProcess, callSid: string) {
  const { turns } = await recordOf(bridge, callSid, (record) => record.turns.length > 0);
  const { endMs } = turns[0]!;
  return vi.waitFor(
    async () => {
      const wav = await bridge.audio(callSid);
      expect(wav.length).toBeGreaterThanOrEqual(44 + endMs * 32);
      return wav;
    },
    { interval: 50, timeout: 60_000 },
  );
}

async function hungUp(bridge: BridgeProcess, calls: readonly PhoneCall[]) {
  const ends = await Promise.all(calls.map((call) => call.hangUp()));
  expect(ends.map(({ by }) => by)).toEqual(calls.map(() => 'caller'));
  return Promise.all(calls.map(({ callSid }) => recordOf(bridge, callSid, ({ state }) => state === 'ended')));
}

it('no call is dropped when one process after the other is stopped and replaced', async () => {
  const stack = await processes();
  const [one, other] = await Promise.all([stack.start(), stack.start()]);
  await stack.assign(one);
  stack.sendTo(one);
  const calls = await stack.calls();
  await live(one, calls, 1, ['Hello']);

  const next = stack.start();
  stack.sendTo(other);
  expect(await one.end('SIGTERM')).toBe(0);
  await live(other, calls, 2, ['Hello']);
  const third = await next;
  stack.sendTo(third);
  expect(await other.end('SIGTERM')).toBe(0);
  await live(third, calls, 3, ['Hello']);
  const records = await hungUp(third, calls);

  for (const record of records) {
    expect(record).toMatchObject({ endReason: 'caller-hung-up', faults: {} });
    expect(record.reconnections.map(({ why }) => why)).toEqual(['handed-over', 'handed-over']);
  }
  for (const call of calls) expect(call.warnings).toEqual([]);
});

it('every call of a process that is killed goes on at another one, with all that was said', async () => {
  const stack = await processes();
  const [one, other] = await Promise.all([stack.start(), stack.start()]);
  await stack.assign(one);
  stack.sendTo(one);
  const calls = await stack.calls();
  // As the other one sees it: what is kept.
  await live(other, calls, 1, ['Hello']);

  stack.sendTo(other);
  await one.end('SIGKILL');
  await live(other, calls, 2, ['Hello', "I'm sorry"]);
  const records = await hungUp(other, calls);

  for (const record of records) {
    expect(record.endReason).toBe('caller-hung-up');
    expect(record.reconnections.map(({ why }) => why)).toEqual(['line-interrupted']);
  }
});

it('every call of a process that is killed goes on also while the load balancer has not noticed yet', async () => {
  const stack = await processes();
  const [one, other] = await Promise.all([stack.start(), stack.start()]);
  await stack.assign(one);
  stack.sendTo(one);
  const calls = await stack.calls();
  await live(other, calls, 1, ['Hello']);

  stack.sendTo(other);
  await stack.stillSendToTheDead(NOTICED_AFTER_MS);
  await one.end('SIGKILL');
  await live(other, calls, 2, ['Hello', "I'm sorry"]);
  const records = await hungUp(other, calls);

  for (const record of records) {
    expect(record.endReason).toBe('caller-hung-up');
    expect(new Set(record.reconnections.map(({ why }) => why))).toEqual(new Set(['line-interrupted']));
  }
  for (const call of calls) {
    // The socket that was cut, those that did not open, and nothing else.
    const codes = call.warnings.map(({ code }) => code);
    expect(codes).toContain(31920);
    expect(codes.filter((code) => code !== 31903 && code !== 31920)).toEqual([]);
  }
});

it('a call of a process that is killed goes on with the version of its agent that it began with, as one recording', async () => {
  const s3 = await startS3({ buckets: ['calls'] });
  onTestFinished(() => s3.close());
  const stack = await processes({ RECORDINGS_URL: 's3://calls/all', AWS_ENDPOINT_URL_S3: s3.url });
  const dataDir = await stack.newDataDir();
  const [one, other] = await Promise.all([stack.start(dataDir), stack.start()]);
  const agent = await stack.assign(one, { recording: true });
  stack.sendTo(one);
  const calls = await stack.calls(1);
  await live(other, calls, 1, ['Hello']);
  const { callSid } = calls[0]!;
  const changed = await one.api('PATCH', `/agents/${agent.id}`, { systemPrompt: 'You are of no help any more.' });
  expect(changed.body.version).toBe(2);
  const flushed = await recorded(one, callSid);

  stack.sendTo(other);
  await one.end('SIGKILL');
  await live(other, calls, 2, ['Hello', "I'm sorry"]);
  await calls[0]!.say(SPEECH.goForward);
  await live(other, calls, 2, ['Hello', "I'm sorry", 'go forward ten meters', 'Thank you']);
  await hungUp(other, calls);
  const record = await recordOf(other, callSid, ({ recording }) => recording?.state === 'ready');
  const wav = await other.audio(callSid);

  expect(record).toMatchObject({ agentVersion: 1, recording: { byteLength: wav.length } });
  for (const session of stack.bedrock.sessions) expect(session.systemPrompt).toMatch(/^You help\./);
  // What the dead one had recorded waits on its disk, and is silence until a bridge starts there; nothing else is lost.
  const [hello, sorry, asked, thanks] = record.turns;
  expect(isLoud(wav, 'agent', hello!)).toBe(false);
  expect(isLoud(wav, 'agent', sorry!)).toBe(true);
  expect(isLoud(wav, 'caller', asked!)).toBe(true);
  expect(isLoud(wav, 'agent', thanks!)).toBe(true);
  await stack.start(dataDir);
  const whole = await vi.waitFor(
    async () => {
      const joined = await other.audio(callSid);
      expect(isLoud(joined, 'agent', hello!)).toBe(true);
      return joined;
    },
    { interval: 200, timeout: 60_000 },
  );
  expect(whole.length).toBe(wav.length);
  expect(whole.subarray(44, flushed.length).equals(flushed.subarray(44))).toBe(true);
  expect(isLoud(whole, 'agent', thanks!)).toBe(true);
});
