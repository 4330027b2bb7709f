import type { CallRules, CallState, HandOverMoment, Signal, Step } from './state.js';

/** Both sides have been silent for this long, in ms: what the caller said has been understood, and an answer is not due. */
export const TURN_QUIET_MS = 3000;
/** A caller who has said nothing for this long is between two words at least, in ms. */
export const WORD_QUIET_MS = 300;

/**
 * Adds to what was decided on a signal that the call leaves this instance, when that is wanted and the moment is good enough.
 * The best one is when the caller's turn is over and nothing of the answer has begun: the other instance gives it. Pure, as
 * `step`.
 */
export function handOverNext({ takesText }: Pick<CallRules, 'takesText'>, signal: Signal, decided: Step): Step {
  const { state } = decided;
  if (state.handOver === undefined || state.phase.at === 'ended') return decided;
  // Only a model that takes text can be told that it owes an answer.
  if (signal.kind === 'callerSpoke' && !takesText && state.handOver !== 'now') return decided;
  if (!isMoment(state.handOver, signal, state)) return decided;
  return {
    state: { ...state, phase: { at: 'ended', reason: 'handed-over' } },
    effects: [...decided.effects, { do: 'end', reason: 'handed-over', next: { kind: 'connect-again' } }],
  };
}

function isMoment(wanted: HandOverMoment, signal: Signal, { phase, openTools, leavingAs }: CallState): boolean {
  // Last words are short, and what comes after them is decided.
  if (phase.at === 'closing') return false;
  if (wanted === 'now') return true;
  // What a tool has done cannot be undone, and its answer would be lost.
  if (openTools > 0 || leavingAs !== undefined) return false;
  if (signal.kind === 'callerSpoke') return phase.at === 'thinking';
  if (signal.kind !== 'handOver') return false;
  if (phase.at === 'listening' && signal.quietMs >= TURN_QUIET_MS) return true;
  if (wanted === 'turn' || signal.callerQuietMs < WORD_QUIET_MS) return false;
  // Words of the caller that the model has not understood yet would be lost with its stream.
  return phase.at === 'speaking' || signal.callerQuietMs >= TURN_QUIET_MS;
}
