import type { CallerLine } from './caller-line.js';
import type { Situation } from './ports.js';
import type { Moment } from './renewal.js';
import type { CallState, Phase } from './state.js';

/** The call as the model's side needs to know it. */
export function situationOf(
  { phase, openTools }: CallState,
  { open, floor }: Pick<CallerLine, 'open' | 'floor'>,
  agentQuietMs: number,
): Situation {
  open.look();
  return {
    consumedMs: open.consumedMs,
    openSpeechFromMs: open.fromMs,
    openSpeechMs: open.speechMs,
    isInDoubt: open.isInDoubt,
    isCallerSpeaking: floor.isSpeaking,
    agent: agentIn(phase),
    agentQuietMs,
    isAnswerOwed: phase.at === 'thinking' || (phase.at === 'closing' && phase.words === 'awaited'),
    openTools,
  };
}

function agentIn(phase: Phase): Situation['agent'] {
  if (phase.at === 'speaking') return phase.generated ? 'sounding' : 'speaking';
  if (phase.at !== 'closing' || phase.words === 'awaited') return 'silent';
  return phase.words === 'generated' ? 'sounding' : 'speaking';
}

/** Less speech than this may be a noise that nobody waits for an answer to, in ms. */
const SPEECH_MS = 500;

/** Whether the caller waits for something to be said. Of tools the agent's version decides what is heard meanwhile. */
export function isCallerWaiting(situation: Situation, isServed: boolean): boolean {
  if (situation.isCallerSpeaking) return false;
  if (situation.openTools > 0) return !isServed;
  return situation.isAnswerOwed || situation.openSpeechMs >= SPEECH_MS;
}

/** What kind of a moment it is for another stream to take over. */
export function momentOf(situation: Situation): Moment {
  const { agent, openSpeechFromMs, isCallerSpeaking, isInDoubt, isAnswerOwed, openTools } = situation;
  if (agent === 'speaking' || isInDoubt || (openSpeechFromMs !== undefined && !isCallerSpeaking)) return 'speaking';
  const isOpen = openSpeechFromMs !== undefined || isCallerSpeaking || isAnswerOwed || openTools > 0;
  return agent === 'silent' && !isOpen ? 'quiet' : 'busy';
}
