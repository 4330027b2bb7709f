import { onTestFinished } from 'vitest';
import type { CallEvent } from '../../src/call/events.js';
import type { CallRecord } from '../../src/call/record.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { steadyClock } from '../../src/replay/stack/steady-clock.js';
import type { FreshDatabase } from '../store/postgres.js';
import { AUTH_TOKEN, type Bridge, CALLER, NUMBER, PUBLIC_URL, type startBridge } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { severalInstances } from './several.js';
import { knows, until } from './until.js';

const SPEED = 4;

/** Two instances behind a load balancer that sends everything to one of them, and a telephone. */
export async function behindBalancer(
  script: string,
  options: {
    agent?: Record<string, unknown>;
    number?: Record<string, unknown>;
    environment?: Record<string, string>;
    s3?: NonNullable<Parameters<typeof startBridge>[0]>['s3'];
    database?: FreshDatabase;
  } = {},
) {
  const clock = steadyClock({ speed: SPEED });
  const bedrock = await startBedrock({ clock, endpointingMs: 500, delivery: { burst: 0 } });
  bedrock.use(parseModelScript(script, { dir: SPEECH_DIR }));
  onTestFinished(async () => {
    await bedrock.close();
    clock.stop();
  });
  const { environment, s3 } = options;
  const instance = {
    clock,
    bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
    environment: { DRAIN_DELAY_MS: '0', ...environment },
    ...(s3 && { s3 }),
  };
  const [one, other] = (await severalInstances([instance, instance])) as [Bridge, Bridge];
  await one.assign(options.agent, options.number);
  await knows(other, `/numbers/${NUMBER}`);
  let target = one;
  let mediaBase: string | undefined;
  const phone = createPhone({
    bridgeUrl: ({ pathname }) => (pathname === '/twilio/media' ? mediaBase : undefined) ?? target.base,
    publicUrl: PUBLIC_URL,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: AUTH_TOKEN,
    clock,
    seed: 7,
  });
  return {
    clock,
    bedrock,
    one,
    other,
    call: () => phone.call({ from: CALLER, to: NUMBER }),
    sendTo(bridge: Bridge) {
      target = bridge;
    },
    /** Sockets go there, whatever becomes of webhooks. */
    sendMediaTo(base: string) {
      mediaBase = base;
    },
    wait: (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve)),
    /** Resolves when the agent has been heard saying these words, at that instance. */
    heard: (bridge: Bridge, words: string) => bridge.when(() => bridge.events.find((event) => isHeard(event, words))),
    /** What is on record once it is as wished, asked of that instance. */
    stored: (bridge: Bridge, callSid: string, isThere: (record: CallRecord) => boolean): Promise<CallRecord> =>
      until(() => bridge.record(callSid), isThere),
  };
}

function isHeard(event: CallEvent, words: string): boolean {
  return event.kind === 'turnChanged' && event.turn.role === 'agent' && event.turn.heardText === words;
}

export const words = ({ turns }: CallRecord) =>
  turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text)).filter((text) => text !== '');
