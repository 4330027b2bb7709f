import type { AddressInfo } from 'node:net';
import { bedrockJudge } from '../../agents/judge.js';
import { type App, createApp } from '../../app.js';
import type { CallListener } from '../../call/events.js';
import type { CallRecord } from '../../call/record.js';
import type { Clock } from '../../clock.js';
import { readConfig } from '../../config.js';
import type { AgentVersion } from '../../directory/agent.js';
import { type BedrockEmulator, startBedrock } from '../../emulator/bedrock/server.js';
import type { PhoneEvent } from '../../emulator/phone/contract.js';
import { createPhone, type Phone } from '../../emulator/phone/phone.js';
import { startTwilioRest } from '../../emulator/twilio/server.js';
import { createLog } from '../../log.js';
import { temporaryDataDir } from '../../store/embedded/temp-folder.js';
import { adminClient } from '../admin-client.js';
import { endedRecord } from '../ended-record.js';
import { VOICE_DIR } from '../fixture/fixture.js';
import { lineOf } from '../network-line.js';
import { calleeOf, orderOf, ownNumberOf } from '../outbound.js';
import { placeCall, placedWithin } from '../placing.js';
import type { PlacedCall, ReplayTarget } from '../runner.js';
import { CREATOR_ENVIRONMENT, type PythonPrograms } from './creator-stand-ins.js';
import { filling } from './filling.js';
import { inTurn } from './in-turn.js';
import { type LocalServices, startLocalServices } from './local-services.js';
import { OutboundLines } from './outbound-lines.js';
import { phoneRehearsal } from './phone-rehearsal.js';
import { ENDPOINTING_MS, StackedCall } from './stacked-call.js';
import { steadyClock } from './steady-clock.js';

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

/** Bridge, voice model, telephone and the services that agents ask on loopback, on one clock. */
export interface LocalStack extends ReplayTarget {
  /** Where the bridge listens. */
  readonly url: string;
  readonly publicUrl: string;
  readonly adminToken: string;
  readonly twilio: { accountSid: string; authToken: string };
  readonly bedrock: BedrockEmulator;
  readonly services: LocalServices;
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
  const runs: StackedCall[] = [];
  const runOf = (systemPrompt: string) => runs.findLast((run) => run.has(systemPrompt));
  const bedrock = await startBedrock({ clock, voiceDir: VOICE_DIR, endpointingMs: ENDPOINTING_MS });
  bedrock.useFor((info) => runOf(info.systemPrompt)?.joined(bedrock.sessions, info));
  const services = await startLocalServices(clock);
  const fill = filling(services, clock);
  const lines = new OutboundLines();
  const twilio = await startTwilioRest({
    ...TWILIO,
    numbers: [{ phone_number: NUMBER }],
    verifiedNumbers: lines.numbers,
    phone: () => lines.on(phone),
  });
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
    ...CREATOR_ENVIRONMENT,
    ...environment,
  });
  const log = createLog('debug', {
    write(line) {
      logLines.push(line);
      onLogLine?.(line);
    },
  });
  const judge = bedrockJudge({ modelId: config.creator.modelId, place: services.places.models });
  const host = async (...program: Parameters<PythonPrograms['host']>) => services.programs?.host(...program);
  let app: App | undefined;
  const closeAll = async () => {
    await app?.close();
    judge.close();
    await twilio.close();
    await bedrock.close();
    fill.close();
    await services.close();
    await data.remove();
    ownClock?.stop();
  };
  try {
    app = await createApp({
      config,
      log,
      clock,
      bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
      s3: services.s3,
      places: services.places,
      rehearsals: [phoneRehearsal({ stack: () => stack, host, judge })],
      loop: 'unmeasured',
      sessionLimitOf: ({ systemPrompt }) => runOf(systemPrompt)?.fixture.call.sessionLimit,
      ...(onCallEvent && { listeners: [onCallEvent] }),
    });
    await app.listen();
  } catch (error) {
    await closeAll();
    throw error;
  }
  const url = `http://127.0.0.1:${(app.server.server.address() as AddressInfo).port}`;
  const phone: Phone = createPhone({
    bridgeUrl: url,
    publicUrl: config.publicUrl,
    ...TWILIO,
    clock,
    // Twilio wants TLS; a bridge that is called from the same machine has none.
    allowInsecureStream: config.publicUrl.startsWith('http:'),
  });
  const admin = adminClient(url, ADMIN_TOKEN);
  const queue = inTurn();
  let runCount = 0;

  const connect = async (run: StackedCall, listen: (event: PhoneEvent) => void): Promise<PlacedCall> => {
    const { fixture } = run;
    const { from, to, outbound, timeout: limitMs } = fixture.call;
    const own = ownNumberOf(fixture.call);
    // All at once, calls that begin together would keep its store from answering on a busy machine.
    const agentId = await queue('administrator', async () => {
      if (!fixture.agent) {
        run.answeredBy(await admin.find<AgentVersion>(`/agents/${fixture.call.agent}`));
        return fixture.call.agent;
      }
      const { id } = await admin.post<{ id: string }>('/agents', await run.agent(services, fill));
      await admin.put(`/numbers/${encodeURIComponent(own)}`, { ...fixture.agent?.number, agentId: id });
      return id;
    });
    const firstLine = logLines.length;
    const line = { listen, ...lineOf(fixture.call, fixture.recordings) };
    const limit = { clock, limitMs };
    const order = async (known: NonNullable<typeof outbound>) => {
      const placed = lines.expect({ from, to, line, callee: calleeOf(known) });
      await admin.post('/calls', orderOf(fixture.call, known, agentId));
      return placedWithin(phone, await placed, limit);
    };
    const call = await (outbound ? order(outbound) : placeCall(phone, { from, to, ...line }, limit));
    return {
      phone: call,
      recordNow: () => admin.find<CallRecord>(`/calls/${call.callSid}`),
      record: () => endedRecord<CallRecord>(admin, call.callSid, clock),
      leftOpen: () => run.leftOpen(clock),
      prompts: () => run.prompts,
      histories: () => run.histories,
      logLines: () => logLines.slice(firstLine),
    };
  };

  const stack: LocalStack = {
    clock,
    url,
    publicUrl: config.publicUrl,
    adminToken: ADMIN_TOKEN,
    twilio: TWILIO,
    bedrock,
    services,
    phone,
    admin,
    get openStreams() {
      return bedrock.openStreams;
    },
    get stalledMs() {
      return ownClock?.stalledMs ?? 0;
    },
    async place(fixture, listeners) {
      const run = new StackedCall(fixture, ++runCount, listeners.model);
      runs.push(run);
      // A number serves one fixture after the other: the next one waits until the call before is connected.
      return queue(ownNumberOf(fixture.call), () => connect(run, listeners.phone));
    },
    close: closeAll,
  };
  return stack;
}
