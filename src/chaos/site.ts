import type { Clock } from '../clock.js';
import { startAgentCore } from '../emulator/agentcore/server.js';
import { type BedrockEmulator, startBedrock } from '../emulator/bedrock/server.js';
import { createPhone, type Phone } from '../emulator/phone/phone.js';
import { networkWire } from '../emulator/phone/wire.js';
import type { S3Emulator } from '../emulator/s3/contract.js';
import { startS3 } from '../emulator/s3/server.js';
import { adminClient } from '../replay/admin-client.js';
import { VOICE_DIR } from '../replay/fixture/fixture.js';
import { Balancer } from './balancer.js';
import type { ChaosCall } from './call.js';
import { type CredentialsOffice, openCredentialsOffice } from './credentials.js';
import { Lateness, type Stall } from './lateness.js';
import { HELLO } from './lines.js';
import { TOOL_NAME } from './mind.js';
import type { CallKind } from './plan.js';

export const PUBLIC_URL = 'https://bridge.chaos.test';
/** Another way to the same bridges, for what fails on the first. */
export const PUBLIC_FALLBACK_URL = 'https://other-way.chaos.test';
/** What a number is set to at Twilio when it is synced. */
const VOICE_FALLBACK_URL = `${PUBLIC_FALLBACK_URL}/twilio/fallback#rc=5&rp=all`;
export const TWILIO = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'auth-token-of-the-chaos' } as const;
export const ADMIN_TOKEN = 'admin-token-of-the-chaos-0123456789';
export const BUCKET = 'recordings';
const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/chaos-Ab12Cd34Ef';

/** Pause that ends the caller's turn at the model, in ms: no caller of ours pauses as long within a sentence. */
export const ENDPOINTING_MS = 600;

/** The numbers that are called, by who answers there. */
const NUMBERS = { plain: '+14155550190', tool: '+14155550191', greeted: '+14155550192' } as const;

/** Callers' numbers: one call at a time has each. */
const CALLERS = Array.from({ length: 80 }, (_, index) => `+14155550${100 + index}`);

/** Everything of a run but the bridges: carrier, model, agents, storage, and what stands before the bridges. */
export interface Site {
  readonly clock: Clock;
  /** The model in its regions; the first is preferred. */
  readonly models: readonly [BedrockEmulator, BedrockEmulator];
  readonly credentials: CredentialsOffice;
  readonly agentCore: { readonly url: string };
  readonly s3: S3Emulator;
  readonly balancer: Balancer;
  readonly phone: Phone;
  readonly lateness: Lateness;
  /** When bridges were given no processor. */
  readonly starved: Stall[];
  /** When the disk of the bridges was full, ms of the clock; one that still is has no end. */
  readonly fullDisk: { readonly fromMs: number; toMs: number }[];
  /** How often the tool was asked with a token. */
  readonly toolRuns: ReadonlyMap<string, number>;
  /** Agents and numbers, through the instance at that address. */
  furnish(url: string): Promise<void>;
  /** Lets the call be found by its model streams; answers from where and where to it is made. */
  enter(call: ChaosCall): { from: string; to: string };
  leave(call: ChaosCall): void;
  close(): Promise<void>;
}

export async function startSite(clock: Clock, { sessionLimitMs }: { sessionLimitMs: number }): Promise<Site> {
  const calls = new Map<string, ChaosCall>();
  const toolRuns = new Map<string, number>();
  const startModel = async (region: string) => {
    const model = await startBedrock({
      clock,
      region,
      voiceDir: VOICE_DIR,
      endpointingMs: ENDPOINTING_MS,
      limits: { sessionMs: sessionLimitMs },
    });
    model.useFor(({ systemPrompt }) => {
      const call = calls.get(/\+1415555\d{4}/.exec(systemPrompt)?.[0] ?? '');
      const session = model.sessions.findLast(
        (each) => each.systemPrompt === systemPrompt && !call?.streams.includes(each),
      );
      return call && session ? call.joined(session) : undefined;
    });
    return model;
  };
  const models = [await startModel('us-east-1'), await startModel('us-west-2')] as const;
  const credentials = await openCredentialsOffice(clock, models);
  const agentCore = await startAgentCore({
    clock,
    runtimes: [
      {
        arn: RUNTIME_ARN,
        answer(payload) {
          const prompt = String((payload as { prompt?: unknown }).prompt);
          toolRuns.set(prompt, (toolRuns.get(prompt) ?? 0) + 1);
          return { json: { found: prompt }, delayMs: Number(/takes (\d+)/.exec(prompt)?.[1] ?? 0) };
        },
      },
    ],
  });
  const s3 = await startS3({ clock, buckets: [BUCKET] });
  const balancer = new Balancer(clock);
  const lateness = new Lateness(clock);
  const phone = createPhone({
    bridgeUrl: ({ host }) =>
      host === new URL(PUBLIC_FALLBACK_URL).host ? balancer.nextOnSecondWay() : balancer.next(),
    publicUrl: PUBLIC_URL,
    fallbackUrl: VOICE_FALLBACK_URL,
    ...TWILIO,
    clock,
    wire: balancer.watch(networkWire),
    keepMessages: false,
  });

  const free = [...CALLERS];
  return {
    clock,
    models: [models[0], models[1]],
    credentials,
    agentCore,
    s3,
    balancer,
    phone,
    lateness,
    starved: [],
    fullDisk: [],
    toolRuns,
    async furnish(url) {
      const admin = adminClient(url, ADMIN_TOKEN);
      for (const [kind, number] of Object.entries(NUMBERS)) {
        const { id } = await admin.post<{ id: string }>('/agents', agentOf(kind as keyof typeof NUMBERS));
        await admin.put(`/numbers/${encodeURIComponent(number)}`, { agentId: id, recording: true });
      }
    },
    enter(call) {
      const from = free.shift();
      if (from === undefined) throw new Error('more calls at once than there are callers');
      calls.set(from, call);
      return { from, to: numberOf(call.plan.kind) };
    },
    leave(call) {
      for (const [from, each] of calls) {
        if (each !== call) continue;
        calls.delete(from);
        free.push(from);
      }
    },
    async close() {
      balancer.close();
      lateness.stop();
      await Promise.all([...models, credentials, agentCore, s3].map((each) => each.close()));
    },
  };
}

function numberOf(kind: CallKind): string {
  if (kind === 'tool' || kind === 'tool works') return NUMBERS.tool;
  return kind === 'greeted' ? NUMBERS.greeted : NUMBERS.plain;
}

/** At the telephone's rate on both sides: what the model hears and what callers hear can be compared byte by byte. */
function agentOf(kind: keyof typeof NUMBERS) {
  return {
    name: `Chaos ${kind}`,
    systemPrompt: 'You help {{caller}}.',
    audio: { inputRateHz: 8000, outputRateHz: 8000 },
    ...(kind === 'greeted' && { greeting: `Greet the caller with: ${HELLO}` }),
    ...(kind === 'tool' && {
      tools: [
        { kind: 'agentcore', name: TOOL_NAME, description: 'Looks up what is asked.', agentRuntimeArn: RUNTIME_ARN },
      ],
    }),
  };
}
