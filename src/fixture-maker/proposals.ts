import type { Turn } from '../call/record.js';
import type { AgentLines } from './lines.js';
import type { RecordedCall, Span } from './recorded-call.js';
import type { Redaction } from './redaction.js';
import type { Said } from './said.js';
import { BYTES_PER_MS } from './sound.js';

/** Ends that a caller and a model can bring about again. */
export const REPEATABLE_ENDS = ['caller-hung-up', 'agent-hung-up', 'transferred', 'silence', 'max-duration'] as const;

/** Limits are what was measured, and this much more, rounded up to half seconds. */
const ROOM_MS = 1000;
const STEP_MS = 500;
/** Of each line so much may be missing: less than a word. */
const TAIL_ROOM_MS = 60;

/** Expectations that the call itself would meet, for a person to edit. */
export function proposedExpectations(
  call: RecordedCall,
  said: readonly Said[],
  lines: AgentLines,
  redaction: Redaction,
): object {
  const turns = expectedTurns(call.turns, said, redaction);
  const toolCalls = call.exchanges.flatMap(({ tools }) => tools).filter(({ sensitive }) => !sensitive);
  const gapsMs = call.turns.flatMap((turn) => (turn.role === 'agent' ? (turn.responseGapMs ?? []) : []));
  return {
    turns,
    turnCount: turns.length,
    toolCalls: toolCalls.map(({ name, input, outcome }) => ({
      name,
      input: redaction.data(input),
      ...(outcome !== 'running' && { outcome }),
    })),
    ...expectedSound(call, lines),
    limits: {
      ...(gapsMs.length > 0 && { responseGap: roundedUp(Math.max(...gapsMs)) }),
      deadAir: roundedUp(longestSilence(call, said, lines)),
    },
    ...(isRepeatable(call.endReason) && { endReason: call.endReason }),
    clears: call.clears,
  };
}

/** What was said to its end is heard to its end: a reply whose tail is lost is found by nothing else. */
function expectedSound({ clears }: RecordedCall, { spoken }: AgentLines): object {
  const wholeMs = spoken
    .filter(({ isCut }) => !isCut)
    .reduce((sum, { startMs, endMs }) => sum + endMs - startMs - TAIL_ROOM_MS, 0);
  const heard = {
    ...(wholeMs > 0 && { atLeast: `${Math.floor(wholeMs / 100) * 100}ms` }),
    ...(clears > 0 && { notAfterInterruption: '300ms' }),
  };
  return Object.keys(heard).length === 0 ? {} : { heard };
}

export function isRepeatable(endReason: RecordedCall['endReason']): boolean {
  return REPEATABLE_ENDS.some((each) => each === endReason);
}

/** The turns as the local model will make them: what it hears as one utterance is one turn. */
function expectedTurns(turns: readonly Turn[], said: readonly Said[], redaction: Redaction): object[] {
  const firsts = new Map<number, Said>();
  let index = 0;
  for (const utterance of said) {
    firsts.set(index, utterance);
    index += utterance.exchanges.length;
  }
  let callerIndex = 0;
  return turns.flatMap((turn): object[] => {
    if (turn.role === 'caller') {
      const utterance = firsts.get(callerIndex++);
      return utterance ? [{ role: 'caller', text: utterance.text || '(inaudible)' }] : [];
    }
    if (turn.interrupted) return [{ role: 'agent', interrupted: true }];
    const heardText = redaction.text(turn.heardText);
    return [{ role: 'agent', ...(heardText && { heardText }), interrupted: false }];
  });
}

function longestSilence({ durationMs, waits }: RecordedCall, said: readonly Said[], { spoken }: AgentLines): number {
  const voices: Span[] = said.map(({ startMs, mulaw }) => ({ startMs, endMs: startMs + mulaw.length / BYTES_PER_MS }));
  const sounds = [...voices, ...waits, ...spoken, { startMs: durationMs, endMs: durationMs }];
  let longestMs = 0;
  let quietSinceMs = 0;
  for (const { startMs, endMs } of sounds.sort((a, b) => a.startMs - b.startMs)) {
    longestMs = Math.max(longestMs, startMs - quietSinceMs);
    quietSinceMs = Math.max(quietSinceMs, endMs);
  }
  return longestMs;
}

function roundedUp(ms: number): string {
  return `${Math.ceil((ms + ROOM_MS) / STEP_MS) * STEP_MS}ms`;
}
