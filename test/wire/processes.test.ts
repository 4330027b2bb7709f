import { expect, it, onTestFinished, vi } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import type { PhoneCall } from '../../src/emulator/phone/contract.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { freshDatabase } from '../store/postgres.js';
import { words } from './balancer.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { type BridgeProcess, startProcess } from './process.js';
import { freePort } from './several.js';

/** Starts of whole bridges take long on a busy machine. */
const LIMIT_MS = 180_000;
const CALLS = 3;
/** A busy machine takes long between two words. */
const AGENT = { name: 'A', systemPrompt: 'You help.', silence: { promptAfterMs: 60_000 } };

const SCRIPT = `
turns:
  - text: greet the caller with
    say: Hello
  - text: was interrupted
    say: I'm sorry
`;

/** Processes on one database, and a telephone whose load balancer asks one of them. */
async function processes() {
  const database = await freshDatabase();
  const bedrock = await startBedrock({ delivery: { burst: 0 } });
  bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
  onTestFinished(async () => {
    await bedrock.close();
    await database.drop();
  });
  const start = async () => {
    const dataDir = await temporaryDataDir();
    onTestFinished(dataDir.remove);
    return startProcess(dataDir.path, {
      ...{ DATABASE_URL: database.url, PORT: await freePort(), DRAIN_DELAY_MS: '0' },
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
    });
  };
  let target: BridgeProcess;
  const phone = createPhone({
    bridgeUrl: () => target.base,
    publicUrl: PUBLIC_URL,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: AUTH_TOKEN,
  });
  return {
    start,
    sendTo(bridge: BridgeProcess) {
      target = bridge;
    },
    async assign(bridge: BridgeProcess) {
      const greeting = 'Greet the caller with: Hello';
      const { body: agent } = await bridge.api('POST', '/agents', { ...AGENT, greeting });
      await bridge.api('PUT', `/numbers/${NUMBER}`, { agentId: agent.id });
    },
    /** Live calls. A bridge on a busy machine may refuse some: whoever was refused calls again. */
    async calls() {
      const calls: PhoneCall[] = [];
      while (calls.length < CALLS) {
        const call = await phone.call({ from: CALLER, to: NUMBER });
        if (call.streams.length > 0) calls.push(call);
        else await call.ended;
      }
      return calls;
    },
  };
}

/** What the API says of a call, once it is as wished. */
async function recordOf(bridge: BridgeProcess, callSid: string, isThere: (record: CallRecord) => boolean) {
  return vi.waitFor(
    async () => {
      const { body } = await bridge.api('GET', `/calls/${callSid}`);
      if (!isThere(body)) throw new Error(`not yet: ${JSON.stringify(body)}`);
      return body as CallRecord;
    },
    { interval: 50, timeout: 60_000 },
  );
}

/** Resolves when every call is live on its so many-th media stream, and so many words of its agent were heard. */
async function live(bridge: BridgeProcess, calls: readonly PhoneCall[], streamCount: number, heard: readonly string[]) {
  const isThere = (record: CallRecord) =>
    record.streams?.length === streamCount &&
    record.streams.at(-1)!.closed === null &&
    words(record).join() === heard.join();
  await Promise.all(calls.map(({ callSid }) => recordOf(bridge, callSid, isThere)));
}

async function hungUp(bridge: BridgeProcess, calls: readonly PhoneCall[]) {
  const ends = await Promise.all(calls.map((call) => call.hangUp()));
  expect(ends.map(({ by }) => by)).toEqual(calls.map(() => 'caller'));
  return Promise.all(calls.map(({ callSid }) => recordOf(bridge, callSid, ({ state }) => state === 'ended')));
}

it(
  'no call is dropped when one process after the other is stopped and replaced',
  async () => {
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
  },
  LIMIT_MS,
);

it(
  'every call of a process that is killed goes on at another one, with all that was said',
  async () => {
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
  },
  LIMIT_MS,
);
