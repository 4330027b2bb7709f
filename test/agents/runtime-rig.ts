import { type AgentRuntimes, agentRuntimes } from '../../src/agents/agent-runtimes.js';
import { FakeClock } from '../../src/clock.js';
import {
  type Answer,
  CALL_SID,
  closedAfterTests,
  countedTokens,
  listeningLog,
  OAUTH,
  type PlainServer,
  placeOf,
  RUNTIME_ARN,
  startPlainServer,
} from './rig.js';

export const SIGNED = { agentRuntimeArn: RUNTIME_ARN, qualifier: 'DEFAULT', auth: { kind: 'sigv4' } } as const;
export const WITH_TOKEN = { ...SIGNED, auth: OAUTH } as const;
export const BOTH = [
  ['signed', SIGNED],
  ['with a token', WITH_TOKEN],
] as const;
export const INVOCATIONS = `/runtimes/${encodeURIComponent(RUNTIME_ARN)}/invocations?qualifier=DEFAULT`;

/** Runtimes at a plain server; everything is closed after the test. */
export function runtimesForTests() {
  const open = closedAfterTests();
  return async function rig(answer: Answer) {
    const server: PlainServer = await startPlainServer(answer);
    const clock = new FakeClock();
    const tokens = countedTokens();
    const { lines, log } = listeningLog();
    const runtimes: AgentRuntimes = agentRuntimes({ place: placeOf(server.url), tokens, clock, log });
    open.push(server, runtimes);
    const hangUp = new AbortController();
    const context = { sessionId: CALL_SID, signal: hangUp.signal };
    return { server, clock, tokens, lines, runtimes, hangUp, context };
  };
}
