import type { AgentTurn, CallRecord, Turn } from '../../src/call/record.js';
import { type CallScript, callSchema } from '../../src/replay/fixture/schema.js';
import { parseYamlFile } from '../../src/replay/fixture/yaml-file.js';
import type { ReplayedCall, ReplayResult } from '../../src/replay/replayed-call.js';

/** A call of eight seconds: the caller speaks, the agent answers and is not interrupted. */
export function replayedCall(changes: Partial<ReplayedCall> = {}): ReplayedCall {
  return {
    callSid: 'CA1',
    end: { by: 'caller', endedMs: 8000 },
    mediaEndMs: 8000,
    heard: new Uint8Array(8 * 8000).fill(0xff),
    said: new Uint8Array(8 * 8000).fill(0xff),
    heardMs: 3000,
    agentStretches: [{ startMs: 4000, endMs: 7000, cut: false }],
    callerActs: [
      {
        kind: 'say',
        words: 'go forward ten meters',
        startMs: 600,
        endMs: 3400,
        voice: { startMs: 1100, endMs: 2900 },
      },
      { kind: 'hang-up', words: '', startMs: 7900, endMs: 7900 },
    ],
    moments: [],
    gaps: [],
    marks: [],
    clears: [],
    warnings: [],
    spoken: [],
    dialled: [],
    waits: [],
    prompts: [],
    histories: [],
    interruptions: [],
    modelFaults: [],
    missed: [],
    logLines: [],
    ...changes,
  };
}

export function agentTurn(changes: Partial<AgentTurn> = {}): AgentTurn {
  const text = 'Thank you. You entered ten.';
  return {
    role: 'agent',
    text,
    heardText: text,
    interrupted: false,
    startMs: 4000,
    endMs: 7000,
    heardMs: 3000,
    ...changes,
  };
}

export const CALLER_TURN: Turn = { role: 'caller', text: 'go forward ten meters', startMs: 1100, endMs: 2900 };

export function callRecord(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    callSid: 'CA1',
    direction: 'inbound',
    from: '+14155550100',
    to: '+14155550110',
    agentId: 'agent_1',
    agentVersion: 1,
    state: 'ended',
    endReason: 'caller-hung-up',
    mediaStartedAt: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:08.000Z',
    durationMs: 8000,
    turns: [CALLER_TURN, agentTurn()],
    toolCalls: [],
    streams: [],
    usage: { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } },
    audio: { deadAirMs: 0, filledMs: 0, droppedMs: 0, clears: 0 },
    recording: null,
    variables: {},
    test: false,
    answeredBy: null,
    carrierStatus: null,
    transferredTo: null,
    reconnections: [],
    faults: {},
    ...changes,
  };
}

export function toolCall(changes: Partial<CallRecord['toolCalls'][number]> = {}): CallRecord['toolCalls'][number] {
  return {
    id: 't1',
    name: 'order_status',
    kind: 'scripted',
    input: { order: '334692', urgent: false },
    output: {},
    startMs: 3300,
    durationMs: 200,
    outcome: 'answered',
    ...changes,
  };
}

export const CALL_YAML = `description: The caller gives an order.
from: "+14155550100"
to: "+14155550110"
agent: rover
caller:
  - say: goforward.wav
    text: go forward ten meters
    at: 600ms
  - press: "2#"
    after: agent-turn 1 ended
  - hang-up: true
    after: agent-turn 1 ended + 0.5s
network: { jitterMs: 15, seed: 7, gaps: [ { at: 2s, for: 300ms } ] }
expect:
  turns: [ { role: caller, text: go forward ten meters }, { role: agent, interrupted: true } ]
  limits: { responseGap: 1500ms, deadAir: 4s }
  endReason: caller-hung-up
`;

/** A script with these expectations, in YAML. */
export function scriptExpecting(expectYaml: string): CallScript {
  const head = 'description: d\nfrom: "+14155550100"\nto: "+14155550110"\nagent: rover\n';
  return parseYamlFile(`${head}expect: ${expectYaml}\n`, 'call.yaml', callSchema).value;
}

export function replayResult(changes: Partial<ReplayResult> = {}): ReplayResult {
  return {
    name: 'question-gets-an-answer',
    description: 'The caller gives an order.',
    call: replayedCall(),
    record: callRecord(),
    failures: [],
    tookMs: 8400,
    ...changes,
  };
}
