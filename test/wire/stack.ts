import { readFileSync } from 'node:fs';
import type { AgentTurn } from '../../src/call/record.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { type BedrockOptions, startBedrock } from '../../src/emulator/bedrock/server.js';
import type { CalleeAnswer, CallOptions, Dialled, DialOutcome, Phone } from '../../src/emulator/phone/contract.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { startTwilioRest } from '../../src/emulator/twilio/server.js';
import { steadyClock } from '../../src/replay/stack/steady-clock.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL, startBridge } from './bridge.js';
import { SPEECH_DIR } from './places.js';

/** How many times faster than real time these calls run; everything is timed by the same clock. */
export const SPEED = 4;

/** Bridge, model and telephone on real sockets, with a script for the model. */
export async function startStack(
  script: string,
  options: {
    agent?: Record<string, unknown>;
    number?: Record<string, unknown>;
    bedrock?: BedrockOptions;
    environment?: Record<string, string>;
    /** Services that the agent asks; left out, none of them can be reached. */
    places?: NonNullable<Parameters<typeof startBridge>[0]>['places'];
    speed?: number;
    callee?: (to: string) => CalleeAnswer;
    dial?: (dialled: Dialled) => DialOutcome;
  } = {},
) {
  const clock = steadyClock({ speed: options.speed ?? SPEED });
  const logLines: string[] = [];
  // Answers come in one piece, so that a busy machine at several times real time does not tear them apart.
  const bedrock = await startBedrock({ clock, endpointingMs: 500, delivery: { burst: 0 }, ...options.bedrock });
  bedrock.use(parseModelScript(script, { dir: SPEECH_DIR }));
  const twilio = await startTwilioRest({
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: AUTH_TOKEN,
    numbers: [{ phone_number: NUMBER }],
    phone: () => phone,
    callee: options.callee ?? (() => ({ status: 'answered' })),
  });
  const bridge = await startBridge({
    clock,
    logLines,
    bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
    environment: { TWILIO_API_URL: twilio.url, ...options.environment },
    ...(options.places && { places: options.places }),
  });
  await bridge.assign(options.agent, options.number);
  const phone: Phone = createPhone({
    bridgeUrl: bridge.base,
    publicUrl: PUBLIC_URL,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: AUTH_TOKEN,
    clock,
    seed: 7,
    ...(options.dial && { dial: options.dial }),
  });
  return {
    clock,
    bedrock,
    bridge,
    twilio,
    phone,
    logLines,
    call: (more: Partial<CallOptions> = {}) => phone.call({ from: CALLER, to: NUMBER, ...more }),
    /** The call's record once it has ended. */
    async record(callSid: string) {
      await bridge.fact(callSid, 'ended');
      return bridge.record(callSid);
    },
    wait: (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve)),
    /** Resolves when that turn of the agent is over: heard to its end, or cut. */
    turnOver: (callSid: string, number: number) =>
      bridge.when(() => {
        const turns = new Map<number, AgentTurn>();
        for (const event of bridge.events) {
          if (event.callSid !== callSid || event.kind !== 'turnChanged' || event.turn.role !== 'agent') continue;
          turns.set(event.index, event.turn);
        }
        const turn = [...turns.values()][number - 1];
        return turn && (turn.interrupted || turn.heardMs > 0) ? turn : undefined;
      }),
    /** Resolves when the caller has heard these words of the agent. */
    heard: (callSid: string, text: string) =>
      bridge.when(() =>
        bridge.events.find(
          (event) =>
            event.callSid === callSid &&
            event.kind === 'turnChanged' &&
            event.turn.role === 'agent' &&
            event.turn.heardText === text,
        ),
      ),
    /** What the log says of model streams that were lost, and why: for the message of a test that counts them. */
    losses: () => logLines.filter((line) => line.includes('model stream')).join(''),
    /** Resolves when no model stream is open any more; every wait in it is bounded by the test's own limit. */
    async allStreamsClosed() {
      await Promise.all(bedrock.sessions.map((session) => session.closed));
      while (bedrock.openStreams > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async close() {
      await bridge.close();
      await twilio.close();
      await bedrock.close();
      clock.stop();
    },
  };
}

export const SPEECH = {
  goForward: `${SPEECH_DIR}/goforward.wav`,
  something: `${SPEECH_DIR}/something.wav`,
  numbers: `${SPEECH_DIR}/numbers.wav`,
} as const;

export const agentTurns = (record: { turns: readonly { role: string }[] }) =>
  record.turns.filter((turn): turn is AgentTurn => turn.role === 'agent');

export function readFixture(path: string): Buffer {
  return readFileSync(path);
}
