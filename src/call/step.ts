import { handOverNext } from './handing-over.js';
import type { EndReason } from './record.js';
import type { AfterStream, CallRules, CallState, Effect, Phase, Signal, Step, Timer } from './state.js';
import { waitingNext } from './waiting.js';

/** How long the model may take to begin its goodbye before the call ends without it, in ms. */
export const GOODBYE_WAIT_MS = 6000;
/** How long the model may take for last words after it has asked for the end itself, in ms. */
export const LAST_WORDS_WAIT_MS = 3000;
/** The same when it was speaking as it asked, in ms from the end of that: most likely its last words were among it. */
export const MORE_WORDS_WAIT_MS = 1500;
/** Longest silence within last words that have begun, in ms. */
export const LAST_WORDS_LIMIT_MS = 30_000;
/** How long after the estimated end of playout a mark may stay away, in ms: network and the carrier's own jitter. */
export const PLAYOUT_GRACE_MS = 2000;
/** How long before the end of an endless call the caller is warned, in ms; never more than half of the call. */
export const MAX_CALL_WARNING_MS = 30_000;

/** Said by the carrier where the model cannot say it any more. */
export const GOODBYE_WORDS = 'Goodbye.';

const ASK_SILENT_CALLER =
  'The caller has been silent for a while. Ask in one short sentence whether they are still there.';
const SAY_GOODBYE_TO_SILENCE =
  'The caller does not answer any more. Say a short goodbye; the call ends when you have spoken.';
const WARN_OF_END = 'The call has to end soon. Tell the caller so in one short sentence and help them to finish.';
const SAY_GOODBYE_AT_LIMIT = 'The time for this call is over. Say a short goodbye; the call ends when you have spoken.';

/** Decides what follows from a signal. Pure: the same state and signal give the same answer, and nothing is touched. */
export function step(rules: CallRules, state: CallState, signal: Signal): Step {
  if (state.phase.at === 'ended') return stay(state);
  return waitingNext(signal, handOverNext(rules, signal, decided(rules, state, signal)));
}

function decided(rules: CallRules, state: CallState, signal: Signal): Step {
  const { phase } = state;
  switch (signal.kind) {
    case 'started':
      return begin(rules, state);
    case 'callerGone':
      if (state.leavingAs) return end(state, state.leavingAs);
      return end(state, phase.at === 'closing' && phase.next.kind === 'fallback' ? phase.reason : 'caller-hung-up');
    case 'hungUp':
      if (signal.reason === 'failed') return end(state, lostReason(rules), { kind: 'fallback' });
      return end(state, signal.reason, { kind: 'hang-up' });
    case 'leaving':
      return stay({ ...state, leavingAs: signal.reason });
    case 'handOver':
      // No time is left for last words.
      if (signal.moment === 'now' && phase.at === 'closing') return end(state, phase.reason, goodbyeOf(phase));
      return stay({ ...state, handOver: signal.moment });
    case 'voiceLost':
      return voiceLost(rules, state, signal.unheardMs);
    case 'toolCalled':
      return { state: { ...state, openTools: state.openTools + 1 }, effects: [cancel('silence')] };
    case 'toolAnswered':
      return toolAnswered(rules, state, signal);
    case 'toolWaits':
    case 'answerLate':
      return stay(state);
    case 'personWanted': {
      const clear: Effect[] = phase.at === 'speaking' || phase.at === 'closing' ? [{ do: 'clearPlayout' }] : [];
      return end(state, 'transferred', { kind: 'dial', to: signal.to, warm: signal.warm }, clear);
    }
    case 'timeUp':
      return timeUp(rules, state, signal.timer);
    case 'interrupted':
    case 'keysEntered':
    case 'callerSpoke':
      // Keys that cannot reach the model take no floor, but somebody is there.
      if (signal.kind === 'keysEntered' && !rules.takesText) return stay({ ...state, silencePrompts: 0 });
      return phase.at === 'closing' ? spokeWhileClosing(rules, state, phase, signal) : spoke(rules, state, signal);
    case 'agentCut':
      return phase.at === 'speaking' ? stay({ ...state, phase: { ...phase, owesMore: true } }) : stay(state);
    case 'agentPaused':
      if (phase.at !== 'speaking' || phase.turnId !== signal.turnId) return stay(state);
      return stay({ ...state, phase: { ...phase, paused: true } });
    case 'agentStarted':
    case 'agentGenerated':
    case 'agentHeard':
      return phase.at === 'closing' ? lastWords(state, phase, signal) : agentTurn(rules, state, signal);
  }
}

function begin(rules: CallRules, state: CallState): Step {
  const { maxCallMs, elapsedMs } = rules;
  const warningMs = maxCallMs - Math.min(MAX_CALL_WARNING_MS, maxCallMs / 2) - elapsedMs;
  const effects: Effect[] = [
    { do: 'setTimer', timer: 'maxCall', ms: Math.max(0, maxCallMs - elapsedMs) },
    // One that was given on an earlier media stream is not given again.
    ...(warningMs > 0 ? [{ do: 'setTimer', timer: 'warning', ms: warningMs } as const] : []),
    silenceTimer(rules),
  ];
  if (rules.greeting === undefined || !rules.takesText) return { state, effects };
  return {
    state: { ...state, phase: { at: 'thinking' } },
    effects: [{ do: 'tell', text: rules.greeting }, ...effects],
  };
}

/** The caller took the floor, by voice or by keys, while the call goes on. */
function spoke(
  rules: CallRules,
  state: CallState,
  signal: Extract<Signal, { kind: 'interrupted' | 'keysEntered' | 'callerSpoke' }>,
): Step {
  const { phase } = state;
  const effects: Effect[] = [];
  let nextPhase: Phase = phase;
  const cuts = signal.kind !== 'callerSpoke' || signal.overAgent;
  if (phase.at === 'speaking') {
    if (cuts) {
      effects.push(cancel('playout'), { do: 'clearPlayout' });
      nextPhase = signal.kind === 'interrupted' ? { at: 'listening' } : { at: 'thinking' };
    }
  } else if (signal.kind !== 'interrupted') {
    nextPhase = { at: 'thinking' };
  }
  if (signal.kind === 'keysEntered') {
    effects.push({ do: 'tell', text: `The caller pressed these keys on the telephone: ${signal.digits}` });
  }
  if (nextPhase.at !== 'speaking' && state.openTools === 0) effects.push(silenceTimer(rules));
  return { state: { ...state, phase: nextPhase, silencePrompts: 0 }, effects };
}

/** A caller who speaks into the goodbye is still there: the call goes on, unless its time is over or the model is lost. */
function spokeWhileClosing(
  rules: CallRules,
  state: CallState,
  phase: Extract<Phase, { at: 'closing' }>,
  signal: Extract<Signal, { kind: 'interrupted' | 'keysEntered' | 'callerSpoke' }>,
): Step {
  if (phase.next.kind === 'fallback') return stay(state);
  if (signal.kind === 'interrupted' && !signal.byCaller) {
    // Told to say goodbye, the model breaks off what it was saying: the goodbye is still to come.
    const clear: Effect[] = phase.words === 'awaited' ? [] : [{ do: 'clearPlayout' }];
    return {
      state: { ...state, phase: { ...phase, words: 'awaited' } },
      effects: [...clear, { do: 'setTimer', timer: 'closing', ms: GOODBYE_WAIT_MS }],
    };
  }
  const speaksOver = signal.kind !== 'callerSpoke' || signal.overAgent;
  // Time is over, or a person is waiting: nothing that is said now changes that.
  if (phase.reason === 'max-duration' || phase.next.kind === 'dial') {
    return speaksOver ? end(state, phase.reason, phase.next, [{ do: 'clearPlayout' }]) : stay(state);
  }
  if (!speaksOver && phase.reason !== 'silence') return stay(state);
  const floor: Phase = speaksOver ? { at: 'speaking', turnId: -1, generated: true } : { at: 'thinking' };
  const resumed = spoke(rules, { ...state, phase: floor }, signal);
  return { state: resumed.state, effects: [cancel('closing'), ...resumed.effects] };
}

function agentTurn(
  rules: CallRules,
  state: CallState,
  signal: Extract<Signal, { kind: 'agentStarted' | 'agentGenerated' | 'agentHeard' }>,
): Step {
  const { phase } = state;
  if (signal.kind === 'agentStarted') {
    return {
      state: { ...state, phase: { at: 'speaking', turnId: signal.turnId, generated: false } },
      effects: [cancel('silence'), cancel('playout')],
    };
  }
  if (phase.at !== 'speaking' || phase.turnId !== signal.turnId) return stay(state);
  if (signal.kind === 'agentGenerated') {
    const limit: Effect = { do: 'setTimer', timer: 'playout', ms: signal.unheardMs + PLAYOUT_GRACE_MS };
    return { state: { ...state, phase: { ...phase, generated: true } }, effects: [limit] };
  }
  return phase.generated ? afterTurn(rules, state, [cancel('playout')]) : stay(state);
}

/** The agent has spoken and was heard, as far as that can be known. */
function afterTurn(rules: CallRules, state: CallState, first: readonly Effect[]): Step {
  if (state.phase.at === 'speaking' && state.phase.owesMore) {
    return { state: { ...state, phase: { at: 'thinking' } }, effects: [...first, silenceTimer(rules)] };
  }
  if (state.warningDue && rules.takesText) {
    const next: CallState = { ...state, phase: { at: 'thinking' }, warningDue: false };
    return { state: next, effects: [...first, { do: 'tell', text: WARN_OF_END }, silenceTimer(rules)] };
  }
  return {
    state: { ...state, phase: { at: 'listening' } },
    effects: state.openTools === 0 ? [...first, silenceTimer(rules)] : first,
  };
}

/** The agent's last words, on their way to the caller's ear. */
function lastWords(
  state: CallState,
  phase: Extract<Phase, { at: 'closing' }>,
  signal: Extract<Signal, { kind: 'agentStarted' | 'agentGenerated' | 'agentHeard' }>,
): Step {
  switch (signal.kind) {
    case 'agentStarted':
      return {
        state: { ...state, phase: { ...phase, words: 'sounding' } },
        effects: [{ do: 'setTimer', timer: 'closing', ms: LAST_WORDS_LIMIT_MS }],
      };
    case 'agentGenerated':
      return {
        state: { ...state, phase: { ...phase, words: 'generated' } },
        effects: [{ do: 'setTimer', timer: 'closing', ms: signal.unheardMs + PLAYOUT_GRACE_MS }],
      };
    case 'agentHeard':
      return phase.words === 'generated' ? end(state, phase.reason, phase.next) : stay(state);
  }
}

function toolAnswered(rules: CallRules, state: CallState, signal: Extract<Signal, { kind: 'toolAnswered' }>): Step {
  const next: CallState = { ...state, openTools: Math.max(0, state.openTools - 1) };
  const { phase } = next;
  if (phase.at === 'closing') return stay(next);
  const { last } = signal;
  if (last) {
    // Words said before the tool was called are heard first; after them the model may still say goodbye.
    const words = phase.at === 'speaking' && !phase.generated ? 'sounding' : 'awaited';
    const waitMs = signal.unheardMs + (phase.at === 'speaking' ? MORE_WORDS_WAIT_MS : LAST_WORDS_WAIT_MS);
    return {
      state: { ...next, phase: { at: 'closing', ...last, words } },
      effects: [cancel('silence'), cancel('playout'), { do: 'setTimer', timer: 'closing', ms: waitMs }],
    };
  }
  if (next.openTools === 0 && phase.at !== 'speaking') {
    return { state: { ...next, phase: { at: 'thinking' } }, effects: [silenceTimer(rules)] };
  }
  // What the model makes of it is owed once the caller has heard what was said before.
  if (next.openTools === 0 && phase.at === 'speaking' && phase.generated) {
    return stay({ ...next, phase: { ...phase, owesMore: true } });
  }
  return stay(next);
}

function voiceLost(rules: CallRules, state: CallState, unheardMs: number): Step {
  const { phase } = state;
  if (phase.at === 'closing') {
    if (unheardMs <= 0) return end(state, phase.reason, goodbyeOf(phase));
    return {
      state: { ...state, phase: { ...phase, words: 'generated' } },
      effects: [{ do: 'setTimer', timer: 'closing', ms: unheardMs + PLAYOUT_GRACE_MS }],
    };
  }
  const reason = lostReason(rules);
  if (unheardMs <= 0) return end(state, reason, { kind: 'fallback' });
  // What was already spoken is heard to its end before the apology.
  return {
    state: { ...state, phase: { at: 'closing', reason, next: { kind: 'fallback' }, words: 'generated' } },
    effects: [
      cancel('silence'),
      cancel('playout'),
      { do: 'setTimer', timer: 'closing', ms: unheardMs + PLAYOUT_GRACE_MS },
    ],
  };
}

/** Why a call ends that no agent serves any more. */
function lostReason({ hasFallback }: CallRules): EndReason {
  return hasFallback ? 'fallback' : 'failed';
}

function timeUp(rules: CallRules, state: CallState, timer: Timer): Step {
  const { phase } = state;
  switch (timer) {
    case 'silence':
      return phase.at === 'listening' || phase.at === 'thinking' ? silent(rules, state) : stay(state);
    case 'playout':
      if (phase.at !== 'speaking' || !phase.generated) return stay(state);
      return afterTurn(rules, state, [{ do: 'giveUpMarks' }]);
    case 'warning':
      if (phase.at === 'closing' || !rules.takesText) return stay(state);
      if (phase.at === 'speaking') return stay({ ...state, warningDue: true });
      return {
        state: { ...state, phase: { at: 'thinking' } },
        effects: [{ do: 'tell', text: WARN_OF_END }, silenceTimer(rules)],
      };
    case 'maxCall':
      if (phase.at === 'closing') return stay(state);
      return sayGoodbye(rules, state, 'max-duration', SAY_GOODBYE_AT_LIMIT);
    case 'wait':
      return stay(state);
    case 'closing':
      return phase.at === 'closing' ? end(state, phase.reason, goodbyeOf(phase)) : stay(state);
  }
}

function silent(rules: CallRules, state: CallState): Step {
  if (state.silencePrompts >= rules.silenceHangUpAfter) {
    return sayGoodbye(rules, state, 'silence', SAY_GOODBYE_TO_SILENCE);
  }
  const phase: Phase = rules.takesText ? { at: 'thinking' } : state.phase;
  const asked: CallState = { ...state, phase, silencePrompts: state.silencePrompts + 1 };
  const ask: Effect[] = rules.takesText ? [{ do: 'tell', text: ASK_SILENT_CALLER }] : [];
  return { state: asked, effects: [...ask, silenceTimer(rules)] };
}

/** The model is asked for a goodbye; where it cannot be, the carrier says it. */
function sayGoodbye(rules: CallRules, state: CallState, reason: EndReason, instruction: string): Step {
  if (!rules.takesText) return end(state, reason, { kind: 'say-and-hang-up', text: GOODBYE_WORDS });
  const clear: Effect[] = state.phase.at === 'speaking' ? [{ do: 'clearPlayout' }] : [];
  return {
    state: { ...state, phase: { at: 'closing', reason, next: { kind: 'hang-up' }, words: 'awaited' } },
    effects: [
      cancel('silence'),
      cancel('playout'),
      ...clear,
      { do: 'tell', text: instruction },
      { do: 'setTimer', timer: 'closing', ms: GOODBYE_WAIT_MS },
    ],
  };
}

/** A goodbye that was asked for and never came is said by the carrier; an agent that hung up has had its words. */
function goodbyeOf(phase: Extract<Phase, { at: 'closing' }>): AfterStream {
  const isMissing = phase.words === 'awaited' && phase.next.kind === 'hang-up' && phase.reason !== 'agent-hung-up';
  return isMissing ? { kind: 'say-and-hang-up', text: GOODBYE_WORDS } : phase.next;
}

function end(state: CallState, reason: EndReason, next?: AfterStream, first: readonly Effect[] = []): Step {
  return {
    state: { ...state, phase: { at: 'ended', reason } },
    effects: [...first, { do: 'end', reason, ...(next && { next }) }],
  };
}

function stay(state: CallState): Step {
  return { state, effects: [] };
}

function silenceTimer(rules: CallRules): Effect {
  return { do: 'setTimer', timer: 'silence', ms: rules.silencePromptAfterMs };
}

function cancel(timer: Timer): Effect {
  return { do: 'cancelTimer', timer };
}
