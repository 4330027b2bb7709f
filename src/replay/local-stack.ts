import type { AddressInfo } from 'node:net';
import { type App, createApp } from '../app.js';
import type { CallListener } from '../call/events.js';
import type { CallRecord } from '../call/record.js';
import type { Clock } from '../clock.js';
import { readConfig } from '../config.js';
import type { ModelSession, SessionEvent } from '../emulator/bedrock/model-session.js';
import { type BedrockEmulator, type SessionInfo, startBedrock } from '../emulator/bedrock/server.js';
import type { PhoneEvent } from '../emulator/phone/contract.js';
import { createPhone, type Phone, TwilioFault } from '../emulator/phone/phone.js';
import { startTwilioRest } from '../emulator/twilio/server.js';
import { BridgeError } from '../errors.js';
import { createLog } from '../log.js';
import { temporaryDataDir } from '../store/embedded/temp-folder.js';
import { adminClient } from './admin-client.js';
import { AFTERMATH_LIMIT_MS, endedRecord } from './ended-record.js';
import { type Fixture, VOICE_DIR } from './fixture.js';
import { pauseUntil } from './moments.js';
import { lineOf } from './network-line.js';
import type { ModelNews, PlacedCall, ReplayTarget } from './runner.js';
import { steadyClock } from './steady-clock.js';

/**
 * Pause that ends the caller's turn at the local model, in ms. The service waits 1.5 to 2 s; recorded calls have no pauses as
 * long as this inside an utterance, and nobody wants to wait for the rest.
 */
const ENDPOINTING_MS = 800;
export interface LocalStackOptions {
  /** Multiple of real time, up to about 9; default 1. Ignored when `clock` is given. */
  speed?: number;
  /** Default: a steady clock, which the stack stops when it is closed. */
  clock?: Clock;
  /** Default 0: any free port. */
  port?: number;
  /** What the bridge is known by; default an address that nothing else reaches. */
  publicUrl?: string;
  /** Hears the bridge's own events, for live display. */
  onCallEvent?: CallListener;
  /** Gets every log line of the bridge beside `logLines`. */
  onLogLine?: (line: string) => void;
  /** Environment of the bridge beyond what the stack sets. */
  environment?: Readonly<Record<string, string>>;
}

/** Bridge, voice model and telephone on loopback, on one clock. */
export interface LocalStack extends ReplayTarget {
  /** Where the bridge listens. */
  readonly url: string;
  readonly publicUrl: string;
  readonly adminToken: string;
  readonly twilio: { accountSid: string; authToken: string };
  readonly bedrock: BedrockEmulator;
  readonly phone: Phone;
  readonly admin: ReturnType<typeof adminClient>;
  /** Streams to the model that are open on either side. */
  readonly openStreams: number;
  /** How long the machine kept the stack from running while its time stood still, in ms. */
  readonly stalledMs: number;
  /** Ends what is left of calls and releases everything. May be called twice. */
  close(): Promise<void>;
}

const PUBLIC_URL = 'https://bridge.local.test';
const TWILIO = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'auth-token-of-the-local-stack' } as const;
/** The account's number at the stand-in for Twilio's REST API: outbound calls come from it, and it can be synced. */
const NUMBER = '+14155550199';
const ADMIN_TOKEN = 'admin-token-of-the-local-stack-01';

/** Starts the local stack. Everything on it runs on its clock, so also faster than real time. */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const { port = 0, onCallEvent, onLogLine, environment = {} } = options;
  const ownClock = options.clock ? undefined : steadyClock({ speed: options.speed ?? 1 });
  const clock = options.clock ?? (ownClock as Clock);
  // The AWS SDK is pinned to a version that runs on Node 20; its notice about later ones is no news here.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const logLines: string[] = [];
  const runs = new Map<string, StackedCall>();
  const bedrock = await startBedrock({ clock, voiceDir: VOICE_DIR, endpointingMs: ENDPOINTING_MS });
  bedrock.useFor((info) => runs.get(markerIn(info.systemPrompt) ?? '')?.joined(bedrock.sessions, info));
  const twilio = await startTwilioRest({ ...TWILIO, numbers: [{ phone_number: NUMBER }], phone: () => phone });
  const data = await temporaryDataDir();
  const config = readConfig({
    PORT: String(port),
    PUBLIC_URL: options.publicUrl ?? PUBLIC_URL,
    DATA_DIR: data.path,
    TWILIO_ACCOUNT_SID: TWILIO.accountSid,
    TWILIO_AUTH_TOKEN: TWILIO.authToken,
    TWILIO_API_URL: twilio.url,
    ADMIN_TOKEN,
    AWS_REGION: bedrock.region,
    ...environment,
  });
  const log = createLog('debug', {
    write(line) {
      logLines.push(line);
      onLogLine?.(line);
    },
  });
  let app: App | undefined;
  const closeAll = async () => {
    await app?.close();
    await twilio.close();
    await bedrock.close();
    await data.remove();
    ownClock?.stop();
  };
  try {
    app = await createApp({
      config,
      log,
      clock,
      bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
      ...(onCallEvent && { listeners: [onCallEvent] }),
    });
    await app.listen();
  } catch (error) {
    await closeAll();
    throw error;
  }
  const url = `http://127.0.0.1:${(app.server.server.address() as AddressInfo).port}`;
  const phone: Phone = createPhone({ bridgeUrl: url, publicUrl: config.publicUrl, ...TWILIO, clock });
  const admin = adminClient(url, ADMIN_TOKEN);
  /** A number serves one fixture after the other: the next one waits until the call before is connected. */
  const connecting = new Map<string, Promise<unknown>>();
  let runCount = 0;

  const connect = async (run: StackedCall, listen: (event: PhoneEvent) => void): Promise<PlacedCall> => {
    const { fixture, marker } = run;
    const { from, to, network } = fixture.call;
    const agentId = await agentFor(fixture, marker, admin);
    await admin.put(`/numbers/${encodeURIComponent(to)}`, { ...fixture.agent?.number, agentId });
    const firstLine = logLines.length;
    const call = await phone.call({ from, to, listen, ...lineOf(network) }).catch((error: unknown) => {
      if (error instanceof TwilioFault && error.call) return error.call;
      throw error;
    });
    return {
      phone: call,
      record: () => endedRecord<CallRecord>(admin, call.callSid, clock),
      leftOpen: () => run.leftOpen(clock),
      logLines: () => logLines.slice(firstLine),
    };
  };

  return {
    clock,
    url,
    publicUrl: config.publicUrl,
    adminToken: ADMIN_TOKEN,
    twilio: TWILIO,
    bedrock,
    phone,
    admin,
    get openStreams() {
      return bedrock.openStreams;
    },
    get stalledMs() {
      return ownClock?.stalledMs ?? 0;
    },
    async place(fixture, listeners) {
      const run = new StackedCall(fixture, `(replay ${++runCount})`, listeners.model);
      runs.set(run.marker, run);
      const { to } = fixture.call;
      const placed = (connecting.get(to) ?? Promise.resolve()).then(() => connect(run, listeners.phone));
      connecting.set(
        to,
        placed.catch(() => undefined),
      );
      return placed;
    },
    close: closeAll,
  };
}

/** One call of a fixture, found again at the model by a marker at the end of its system prompt. */
class StackedCall {
  readonly fixture: Fixture;
  readonly marker: string;
  readonly #tell: (news: ModelNews) => void;
  readonly #sessions: ModelSession[] = [];

  constructor(fixture: Fixture, marker: string, tell: (news: ModelNews) => void) {
    this.fixture = fixture;
    this.marker = marker;
    this.#tell = tell;
  }

  /** A stream to the model has this call's prompt: follows it, and answers the lines it is to say. */
  joined(sessions: readonly ModelSession[], info: SessionInfo): Fixture['model'] {
    const session = sessions.findLast((each) => each.systemPrompt === info.systemPrompt);
    if (session && !this.#sessions.includes(session)) {
      this.#sessions.push(session);
      const names = new Map<string, string>();
      session.listen((event) => this.#hear(event, names));
    }
    return this.fixture.model;
  }

  async leftOpen(clock: Clock): Promise<string[]> {
    const limit = new AbortController();
    const closing = Promise.all(this.#sessions.map((session) => session.closed)).then(() => limit.abort());
    await pauseUntil(clock, clock.now() + AFTERMATH_LIMIT_MS, limit.signal);
    const open = this.#sessions.filter((session) => session.endedBy === undefined);
    if (open.length === 0) await closing;
    return open.map(
      (session) => `the stream ${session.sessionId} is still open ${AFTERMATH_LIMIT_MS} ms after the call`,
    );
  }

  #hear(event: SessionEvent, names: Map<string, string>): void {
    switch (event.kind) {
      case 'toolCalled':
        names.set(event.toolUseId, event.name);
        this.#tell({ kind: 'toolCalled', name: event.name });
        break;
      case 'toolAnswered':
        this.#tell({ kind: 'toolAnswered', name: names.get(event.toolUseId) ?? '' });
        break;
      case 'interrupted':
        this.#tell({ kind: 'interrupted' });
        break;
      case 'violated':
        this.#tell({ kind: 'violated', message: `${event.message} (${event.detail})` });
        break;
    }
  }
}

async function agentFor(fixture: Fixture, marker: string, admin: LocalStack['admin']): Promise<string> {
  if (!fixture.agent) {
    const message = `${fixture.call.agent} is the id of an agent on another bridge; the local stack has agents of fixtures/agents only`;
    throw new BridgeError('FIXTURE_INVALID', message);
  }
  const { agent } = fixture.agent;
  const created = await admin.post<{ id: string }>('/agents', {
    ...agent,
    systemPrompt: `${agent.systemPrompt}\n\n${marker}`,
  });
  return created.id;
}

function markerIn(systemPrompt: string): string | undefined {
  return /\(replay \d+\)/.exec(systemPrompt)?.[0];
}
