import type { CallFact } from '../../src/call/events.js';
import type { AgentTurn, CallerTurn, StreamRecord, ToolCallRecord } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { openTraces } from '../../src/telemetry/traces.js';

export const CALL_SID = `CA${'0'.repeat(32)}`;

export const RANG: CallFact = {
  kind: 'rang',
  direction: 'inbound',
  from: '+14155550101',
  to: '+14155550102',
  agentId: 'agent_1',
  agentVersion: 3,
  variables: {},
  test: false,
};

export const STREAM: StreamRecord = {
  modelId: 'amazon.nova-2-sonic-v1:0',
  region: 'us-east-1',
  openedMs: 0,
  closedMs: null,
  closed: null,
};

export const TOOL: ToolCallRecord = {
  id: 'tool-use-1',
  name: 'orders',
  kind: 'agentcore',
  input: {},
  output: {},
  startMs: 4000,
  durationMs: 0,
  outcome: 'running',
};

export function callerTurn(more: Partial<CallerTurn> = {}): CallerTurn {
  return { role: 'caller', text: 'Hello?', startMs: 1000, endMs: 2000, ...more };
}

export function agentTurn(more: Partial<AgentTurn> = {}): AgentTurn {
  const heard = { text: 'Good day.', heardText: 'Good day.', heardMs: 900, interrupted: false };
  return { role: 'agent', ...heard, startMs: 3000, endMs: 3900, ...more };
}

/** Traces of calls on a clock that stands still, sent to a collector. */
export async function traced(url: string | undefined, batchSize = 128) {
  const clock = new FakeClock();
  const startMs = clock.now();
  const logLines: { msg: string; reason?: string }[] = [];
  const log = createLog('trace', { write: (line) => logLines.push(JSON.parse(line)) });
  const traces = await openTraces({
    collector: url === undefined ? undefined : { url, batchSize },
    instance: 'http://10.0.0.7:3000',
    clock,
    log,
  });
  let answeredMs = startMs;
  const tell = (fact: CallFact, atMs: number, callSid = CALL_SID) => {
    for (const listener of traces.listeners) listener({ callSid, atMs, ...fact }, clock.now());
  };
  return {
    clock,
    /** When the clock began, since the epoch. */
    startMs,
    logLines,
    traces,
    /** A fact of now. */
    tell(fact: CallFact, callSid = CALL_SID) {
      if (fact.kind === 'answered') answeredMs = clock.now();
      tell(fact, clock.now() - answeredMs, callSid);
    },
    /** A fact that the registry tells without a media stream: it counts from nothing. */
    tellOutside: (fact: CallFact) => tell(fact, 0),
    /** A whole call, which rang and was not answered. */
    short(callSid: string) {
      tell(RANG, 0, callSid);
      tell({ kind: 'ended', endReason: 'caller-hung-up' }, 0, callSid);
    },
  };
}
