import type { CallFact } from '../call/events.js';

/** Calls that only tell what happens to them, as those of many lines at once would. */
export interface SyntheticPlan {
  calls: number;
  /** Facts of all of them together. */
  eventsPerSecond: number;
  /** So many end and give way to new ones. */
  endingPerSecond: number;
  /** Which agent they are with. */
  agentId: string;
}

type Emit = (callSid: string, fact: CallFact, atMs: number) => void;

interface Line {
  callSid: string;
  startedMs: number;
  step: number;
}

const TICK_MS = 20;
const TURNS_KEPT = 12;
const PHONES = 9000;
/** What the words on the board end with, before the moment at which they became known (epoch ms). */
export const KNOWN_AT = 'known at ';

/**
 * Lets so many calls ring, be answered and go on: the caller speaks, a tool runs, the agent answers in words that grow, as long
 * as the process lives.
 */
export function playCalls(plan: SyntheticPlan, emit: Emit, now: () => number): void {
  const { calls, eventsPerSecond, endingPerSecond, agentId } = plan;
  let count = 0;
  const begin = (): Line => {
    const index = count++;
    const callSid = `CA${index.toString(16).padStart(32, 'b')}`;
    const from = `+1628555${String(1000 + (index % PHONES)).padStart(4, '0')}`;
    const shared = { direction: 'inbound', from, to: '+14155550199', agentId, agentVersion: 1 } as const;
    emit(callSid, { kind: 'rang', ...shared, variables: {}, test: false }, 0);
    emit(callSid, { kind: 'answered' }, 0);
    const stream = { modelId: 'amazon.nova-2-sonic-v1:0', region: 'us-east-1', openedMs: 0, closedMs: null };
    emit(callSid, { kind: 'streamChanged', index: 0, stream: { ...stream, closed: null } }, 0);
    return { callSid, startedMs: now(), step: index };
  };
  const end = ({ callSid, startedMs: sinceMs }: Line) =>
    emit(callSid, { kind: 'ended', endReason: 'caller-hung-up' }, now() - sinceMs);
  const lines = Array.from({ length: calls }, begin);
  const startedMs = now();
  let told = 0;
  let ended = 0;
  setInterval(() => {
    const seconds = (now() - startedMs) / 1000;
    for (; told < eventsPerSecond * seconds; told++) {
      const line = lines[told % lines.length]!;
      line.step++;
      emit(line.callSid, factOf(line), now() - line.startedMs);
    }
    for (; ended < endingPerSecond * seconds; ended++) {
      // Not the neighbours of those that have just changed.
      const place = (ended * 7919) % lines.length;
      end(lines[place]!);
      lines[place] = begin();
    }
  }, TICK_MS);
}

const STEPS = 6;

function factOf({ step }: Line): CallFact {
  const round = Math.floor(step / STEPS);
  const atMs = round * 12_000;
  const known = `${KNOWN_AT}${Date.now()}`;
  const index = (2 * round) % TURNS_KEPT;
  const toolCall = { id: `tool-${round}`, name: 'findOrder', kind: 'webhook', input: { order: round }, startMs: atMs };
  const answer = `The order left the warehouse this morning and arrives on Friday, ${known}`;
  const agentTurn = (text: string, interrupted = false) => {
    const times = { startMs: atMs, endMs: atMs, heardMs: 0 };
    const turn = { role: 'agent', text, heardText: interrupted ? text : '', interrupted, ...times } as const;
    return { kind: 'turnChanged', index: index + 1, turn } as const;
  };
  switch (step % STEPS) {
    case 0: {
      const text = `Where is my order number ${round}, please, ${known}`;
      return { kind: 'turnChanged', index, turn: { role: 'caller', text, startMs: atMs, endMs: atMs + 1500 } };
    }
    case 1:
      return { kind: 'toolChanged', toolCall: { ...toolCall, output: {}, durationMs: 0, outcome: 'running' } };
    case 2: {
      const output = { state: 'sent', arrives: 'Friday' };
      return { kind: 'toolChanged', toolCall: { ...toolCall, output, durationMs: 640, outcome: 'answered' } };
    }
    case 3:
      return agentTurn(`I have found it, ${known}`);
    case 4:
      return agentTurn(`I have found it. ${answer}`);
    default:
      return agentTurn(`I have found it. ${answer}`, true);
  }
}
