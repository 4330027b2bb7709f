import { expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import { FakeClock } from '../../src/clock.js';
import { prewarm, SESSIONS_KEPT_MS } from '../../src/tools/prewarm.js';
import { AGENTCORE, agentWith, CALL_SID, MCP } from './rig.js';

const CLASSIC = {
  kind: 'bedrock-agent',
  name: 'billing',
  description: 'd',
  agentId: 'AGENT12345',
  agentAliasId: 'ALIAS12345',
};
const RANG: Extract<CallFact, { kind: 'rang' }> = {
  kind: 'rang',
  direction: 'inbound',
  from: '+14155550101',
  to: '+14155550199',
  agentId: 'agent-1',
  agentVersion: 1,
  variables: {},
  test: false,
};

function warming(...tools: object[]) {
  const clock = new FakeClock();
  const done: string[] = [];
  const note = (what: string) => async (_target: unknown, sessionId: string) => void done.push(`${what} ${sessionId}`);
  const listener = prewarm({
    findAgent: () => agentWith(...tools),
    runtimes: { warm: note('warm'), stop: note('stop') },
    bedrockAgents: { end: note('end') },
    mcp: {
      toolsOf({ url }) {
        done.push(`list ${url}`);
        return [];
      },
    },
    load: async ({ name }) => void done.push(`load for ${name}`),
    clock,
  });
  return { clock, done, tell: (fact: CallFact) => listener({ callSid: CALL_SID, atMs: 0, ...fact }, clock.now()) };
}

it('the session of an agent is opened when the call rings, what its tools need is loaded, and closed some time after its end', () => {
  const { clock, done, tell } = warming(AGENTCORE, MCP);
  tell(RANG);
  expect(done).toEqual(['load for A', `list ${MCP.url}`, `warm ${CALL_SID}`]);
  done.length = 0;

  tell({ kind: 'ended', endReason: 'caller-hung-up' });
  clock.advance(SESSIONS_KEPT_MS - 1);
  expect(done).toEqual([]);
  clock.advance(1);

  expect(done).toEqual([`stop ${CALL_SID}`]);
});

it('a line that comes back finds its session', () => {
  const { clock, done, tell } = warming(AGENTCORE);
  tell(RANG);
  tell({ kind: 'ended', endReason: 'caller-hung-up' });
  clock.advance(1000);
  tell({ kind: 'answered' });
  clock.advance(SESSIONS_KEPT_MS * 2);

  expect(done).toEqual(['load for A', `warm ${CALL_SID}`]);
  tell({ kind: 'ended', endReason: 'caller-hung-up' });
  clock.advance(SESSIONS_KEPT_MS);
  expect(done).toEqual(['load for A', `warm ${CALL_SID}`, `stop ${CALL_SID}`]);
});

it('the session of a call that another instance may carry is left alone', () => {
  const { clock, done, tell } = warming(AGENTCORE);
  tell(RANG);
  tell({ kind: 'ended', endReason: 'failed' });
  clock.advance(SESSIONS_KEPT_MS);

  expect(done).toEqual(['load for A', `warm ${CALL_SID}`]);
  expect(clock.pendingTimers).toBe(0);
});

it('the session of a call that was given away is left to the instance that goes on with it', () => {
  const { clock, done, tell } = warming(AGENTCORE);
  tell(RANG);
  tell({ kind: 'answered' });
  tell({ kind: 'handedOver' });
  clock.advance(SESSIONS_KEPT_MS);

  expect(done.filter((each) => each.startsWith('stop'))).toEqual([]);
});

it('the session of a call that was taken up is opened here and closed after its end, unless it had ended', () => {
  const { clock, done, tell } = warming(AGENTCORE);
  const { variables: _variables, test: _test, ...call } = RANG;
  tell({ ...call, kind: 'takenUp', state: 'ended' });
  expect(done).toEqual([]);

  tell({ ...call, kind: 'takenUp', state: 'live' });
  tell({ kind: 'answered' });
  tell({ kind: 'ended', endReason: 'caller-hung-up' });
  clock.advance(SESSIONS_KEPT_MS);

  expect(done.slice(1)).toEqual([`warm ${CALL_SID}`, `stop ${CALL_SID}`]);
});

it('a classic agent costs nothing before it is asked: only then its session is ended', () => {
  const idle = warming(CLASSIC);
  idle.tell(RANG);
  idle.tell({ kind: 'ended', endReason: 'caller-hung-up' });
  idle.clock.advance(SESSIONS_KEPT_MS);
  const asked = warming(CLASSIC);
  asked.tell(RANG);
  asked.tell({
    kind: 'toolChanged',
    toolCall: {
      id: 't',
      name: 'Billing',
      kind: 'bedrock-agent',
      input: {},
      output: {},
      startMs: 0,
      durationMs: 0,
      outcome: 'running',
    },
  });
  asked.tell({ kind: 'ended', endReason: 'caller-hung-up' });
  asked.clock.advance(SESSIONS_KEPT_MS);

  expect([idle.done, asked.done]).toEqual([['load for A'], ['load for A', `end ${CALL_SID}`]]);
});
