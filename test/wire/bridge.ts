import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { WebSocket } from 'ws';
import { type App, createApp } from '../../src/app.js';
import type { CallEvent } from '../../src/call/events.js';
import type { CallRecord } from '../../src/call/record.js';
import { type Clock, realClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { type FreshDatabase, freshDatabase } from '../store/postgres.js';
import { NUMBER } from './places.js';

export const PUBLIC_URL = 'https://bridge.example.com';
export { NUMBER };
export const CALLER = '+14155550100';
export const AUTH_TOKEN = 'auth-token-of-the-tests';
const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789';

type AppOptions = Parameters<typeof createApp>[0];
type Bedrock = NonNullable<AppOptions['bedrock']>;
type Places = NonNullable<AppOptions['places']>;

/** An address on which nobody listens: the model cannot be reached. */
const NO_BEDROCK: Bedrock = {
  endpoint: 'http://127.0.0.1:9',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
};

/** Nor on those of the other services of AWS. */
const NO_PLACES: Places = Object.fromEntries(
  ['agentCore', 'agents', 'knowledgeBases', 'models', 'vectors', 'secrets'].map((name) => [name, NO_BEDROCK]),
);

/** Nobody listens there either: the carrier's REST API cannot be reached. */
const NO_TWILIO = 'http://127.0.0.1:9';

/** A bridge on a free port of the loopback, with what a test needs to speak to it as Twilio and as administrator. */
export async function startBridge(
  options: {
    bedrock?: Bedrock;
    environment?: Record<string, string>;
    logLines?: string[];
    clock?: Clock;
    /** Shared with another instance; left out, one of its own. */
    database?: FreshDatabase;
    s3?: AppOptions['s3'];
    places?: Places;
    /** Left out, what the tests do on the same event loop keeps no call away. */
    loop?: AppOptions['loop'];
  } = {},
) {
  const { bedrock = NO_BEDROCK, environment = {}, logLines, clock = realClock(), s3, loop = 'unmeasured' } = options;
  const places = { ...NO_PLACES, ...options.places };
  const database = options.database ?? (await freshDatabase());
  const dataDir = await mkdtemp(join(tmpdir(), 'oratio-'));
  const config = readConfig({
    PORT: '0',
    PUBLIC_URL,
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    ADMIN_TOKEN,
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    TWILIO_API_URL: NO_TWILIO,
    LOG_LEVEL: logLines ? 'trace' : 'silent',
    ...environment,
  });
  const events: CallEvent[] = [];
  const waiters = new Set<() => void>();
  const listener = (event: CallEvent) => {
    events.push(event);
    for (const check of [...waiters]) check();
  };
  /** Resolves with what `find` finds among the facts so far, now or when another one comes. */
  const when = <Found>(find: () => Found | undefined) =>
    new Promise<Found>((resolve) => {
      const check = () => {
        const found = find();
        if (found === undefined) return;
        waiters.delete(check);
        resolve(found);
      };
      waiters.add(check);
      check();
    });
  const log = logLines ? createLog('trace', { write: (line) => logLines.push(line) }) : createLog('silent');
  const app: App = await createApp({
    config,
    log,
    clock,
    bedrock,
    listeners: [listener],
    places,
    loop,
    ...(s3 && { s3 }),
  });
  await app.listen();
  const { port } = app.server.server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;

  const sign = (url: string, form: Record<string, string> = {}) => getExpectedTwilioSignature(AUTH_TOKEN, url, form);

  /** As Twilio does, which neither sends nor signs a fragment. */
  const webhook = async (path: string, form: Record<string, string>, signature?: string) => {
    const sent = path.replace(/#.*$/, '');
    const response = await fetch(base + sent, {
      method: 'POST',
      headers: { 'X-Twilio-Signature': signature ?? sign(PUBLIC_URL + sent, form) },
      body: new URLSearchParams(form),
    });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  const api = async (
    method: string,
    path: string,
    body?: unknown,
    token: string | undefined = ADMIN_TOKEN,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`${base}/api${path}`, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : undefined) as any };
  };

  return {
    app,
    base,
    events,
    webhook,
    api,
    sign,
    form: (callSid: string, more: Record<string, string> = {}) => ({
      CallSid: callSid,
      AccountSid: config.twilio.accountSid,
      From: CALLER,
      To: NUMBER,
      CallStatus: 'ringing',
      Direction: 'inbound',
      CallerCity: '',
      ...more,
    }),
    /** An agent and a number that points to it. */
    async assign(agent: Record<string, unknown> = {}, number: Record<string, unknown> = {}) {
      const created = await api('POST', '/agents', { name: 'Test', systemPrompt: 'You help.', ...agent });
      if (created.status !== 201) throw new Error(JSON.stringify(created.body));
      const assigned = await api('PUT', `/numbers/${NUMBER}`, { agentId: created.body.id, ...number });
      if (assigned.status > 201) throw new Error(JSON.stringify(assigned.body));
      return created.body as { id: string; version: number };
    },
    record: async (callSid: string) => (await api('GET', `/calls/${callSid}`)).body as CallRecord,
    when,
    /** Resolves with the first fact of that kind of a call, past or to come. */
    fact: <Kind extends CallEvent['kind']>(callSid: string, kind: Kind) =>
      when(() => {
        const found = events.find((event) => event.callSid === callSid && event.kind === kind);
        return found as Extract<CallEvent, { kind: Kind }> | undefined;
      }),
    /** Opens the media socket; the signature is right unless another is given. */
    media(signature: string | undefined = sign('wss://bridge.example.com/twilio/media')) {
      const headers = signature ? { 'X-Twilio-Signature': signature } : {};
      return new WebSocket(`${base.replace('http', 'ws')}/twilio/media`, { headers, perMessageDeflate: false });
    },
    adminToken: ADMIN_TOKEN,
    dataDir,
    database,
    async close() {
      await app.close();
      if (!options.database) await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type Bridge = Awaited<ReturnType<typeof startBridge>>;

export function ticketIn(document: string): string {
  return /name="ticket" value="([^"]+)"/.exec(document)?.[1] ?? '';
}

/** A call whose media stream has started, spoken to message by message. */
export async function connectedCall(bridge: Bridge, callSid: string) {
  const { text } = await bridge.webhook('/twilio/voice', bridge.form(callSid));
  return startMedia(bridge, callSid, text);
}

/** The media stream of a call starts at this instance, wherever its TwiML came from. */
export async function startMedia(bridge: Bridge, callSid: string, twiml: string) {
  const socket = bridge.media();
  await once(socket, 'open');
  const streamSid = `MZ${callSid.slice(2)}`;
  const send = (message: unknown) =>
    socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  const start = {
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid: `AC${'0'.repeat(32)}`,
      streamSid,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: { ticket: ticketIn(twiml) },
    },
    streamSid,
  };
  send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  send(start);
  await bridge.fact(callSid, 'answered');
  return { socket, streamSid, send, start };
}
