import type { CallState, Effect, Signal, Step, Waiting } from './state.js';

/** After the last tool has answered the sound goes on for this long at most, in ms: then the model will not speak. */
export const SOUND_AFTER_TOOLS_MS = 4000;

/** A sound that no tool keeps up lasts no longer than this, in ms: then nobody will speak, and it is asked again. */
export const LATE_SOUND_MS = 10_000;

/**
 * Adds to what was decided on a signal what the caller hears of the wait: a sound from the moment a tool takes too long
 * until the agent speaks, never beside the agent's own voice. Pure, as `step`.
 */
export function waitingNext(signal: Signal, decided: Step): Step {
  const { state, effects } = decided;
  const waiting = next(signal, state);
  const own = effectsOf(state.waiting, waiting, signal, state.openTools);
  if (waiting === state.waiting && own.length === 0) return decided;
  // The sound stops before the agent is heard.
  return { state: { ...state, waiting }, effects: [...own, ...effects] };
}

function next(signal: Signal, { phase, openTools, waiting }: CallState): Waiting {
  // A goodbye that does not come is waited for like an answer.
  if (phase.at === 'ended' || (phase.at === 'closing' && phase.words !== 'awaited')) return QUIET;
  const isFree = phase.at !== 'speaking' || phase.paused === true;
  if (signal.kind === 'toolWaits' && openTools > 0 && waiting.at === 'quiet') {
    return { at: isFree ? 'sounding' : 'due', clip: signal.clip };
  }
  if (signal.kind === 'answerLate' && waiting.at === 'quiet')
    return isFree ? { at: 'sounding', clip: undefined } : waiting;
  switch (waiting.at) {
    case 'quiet':
      return waiting;
    case 'due':
      if (openTools === 0) return QUIET;
      return isFree ? { ...waiting, at: 'sounding' } : waiting;
    case 'sounding':
      if (!isFree) return openTools > 0 ? { ...waiting, at: 'due' } : QUIET;
      return signal.kind === 'timeUp' && signal.timer === 'wait' ? QUIET : waiting;
  }
}

const QUIET: Waiting = { at: 'quiet' };

function effectsOf(before: Waiting, after: Waiting, signal: Signal, openTools: number): Effect[] {
  const effects: Effect[] = [];
  if (after.at === 'sounding' && before.at !== 'sounding') {
    effects.push({ do: 'cancelTimer', timer: 'wait' }, { do: 'startWaitSound', clip: after.clip });
    if (openTools === 0) effects.push({ do: 'setTimer', timer: 'wait', ms: LATE_SOUND_MS });
  }
  if (before.at === 'sounding' && after.at !== 'sounding') {
    effects.push({ do: 'cancelTimer', timer: 'wait' }, { do: 'stopWaitSound' });
  }
  if (after.at === 'sounding' && before.at === 'sounding') {
    if (signal.kind === 'toolAnswered' && openTools === 0) {
      effects.push({ do: 'setTimer', timer: 'wait', ms: SOUND_AFTER_TOOLS_MS });
    }
    if (signal.kind === 'toolCalled') effects.push({ do: 'cancelTimer', timer: 'wait' });
  }
  return effects;
}
