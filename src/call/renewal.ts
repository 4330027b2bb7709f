import type { VoiceLoss } from './ports.js';

/**
 * Replacing the model stream of a call: planned before its time is up, or because it was lost. Pure, as `step`: which stream
 * there is, which is on its way, and what follows from what happens to them.
 */
export interface RenewalState {
  /** Whether a stream serves the call now. */
  readonly isServed: boolean;
  /** The stream that is to take over. `pausing`: the next attempt waits. */
  readonly next: 'none' | 'opening' | 'ready' | 'pausing';
  /** How urgently the serving stream is to be replaced. */
  readonly urgency: Urgency;
  /** Streams lost, or not opened while none served, since the model last spoke. */
  readonly failures: number;
  /** Streams that could not be opened beside the serving one. */
  readonly misses: number;
  /** Whether the last of them was not opened because two are too many. */
  readonly isCrowded: boolean;
  readonly isOver: boolean;
}

/** `due`: at a quiet moment; `forced`: unless the agent is in the middle of its words; `overdue`: now. */
export type Urgency = 'none' | 'due' | 'forced' | 'overdue';

const URGENCIES: readonly Urgency[] = ['none', 'due', 'forced', 'overdue'];

export type RenewalSignal =
  /** The serving stream has reached an age. */
  | { kind: 'aged'; urgency: Exclude<Urgency, 'none'> }
  /** What goes on in the call now, told while the next stream is ready. */
  | { kind: 'moment'; moment: Moment }
  | { kind: 'nextReady' }
  | { kind: 'nextLost'; loss: VoiceLoss }
  /** The next stream has been ready for so long that the service may give it up. */
  | { kind: 'nextStale' }
  | { kind: 'lost'; loss: VoiceLoss }
  | { kind: 'pauseOver' }
  /** The model has begun to speak. */
  | { kind: 'progress' }
  | { kind: 'closed' };

/** `quiet`: nothing is outstanding on either side; `speaking`: the agent's words are still coming, or the caller's are just being understood. */
export type Moment = 'quiet' | 'speaking' | 'busy';

export type RenewalEffect =
  /** Open the next stream. */
  | { do: 'open' }
  /** The next stream takes over: history, unconsumed audio, what is owed. The old one, if any, is closed after it. */
  | { do: 'swap' }
  /** No stream serves while the next is on its way: there is no room for two. */
  | { do: 'closeServing' }
  | { do: 'dropNext' }
  | { do: 'pause'; ms: number }
  /** No stream can be had. */
  | { do: 'giveUp'; loss: VoiceLoss };

export interface RenewalStep {
  readonly state: RenewalState;
  readonly effects: readonly RenewalEffect[];
}

export const FIRST_STREAM: RenewalState = {
  isServed: true,
  next: 'none',
  urgency: 'none',
  failures: 0,
  misses: 0,
  isCrowded: false,
  isOver: false,
};

/** Attempts after a loss without any progress; then the call is served otherwise. */
export const MAX_FAILURES = 8;
/** No rights, no such model, nothing that the service would take: trying again helps little. */
const MAX_REFUSALS = 4;
/** Without the last words, and without all that was said before: then it is the agent's own words that are not taken. */
const MAX_FILTERED = 3;
/** Each has cost the caller seconds of waiting already. */
const MAX_STALLS = 3;
/** Pauses before an attempt, in ms, by the number of failures before it. A caller waits meanwhile: short and few. */
const PAUSES_MS = [0, 0, 250, 750, 1500, 2500, 2500, 2500];
/** Pauses while another stream serves, in ms: nobody waits. */
const SERVED_PAUSES_MS = [1000, 2000, 4000, 8000];
/** The same when the serving one is about to end. */
const LAST_PAUSE_MS = 1000;

const OPEN: RenewalEffect = { do: 'open' };

/** Decides what follows. The same state and signal give the same answer. */
export function renew(state: RenewalState, signal: RenewalSignal): RenewalStep {
  if (state.isOver) return stay(state);
  switch (signal.kind) {
    case 'aged':
      return aged(state, signal.urgency);
    case 'moment':
      return state.next === 'ready' && maySwap(state, signal.moment) ? swap(state) : stay(state);
    case 'nextReady': {
      if (state.next !== 'opening') return stay(state);
      const ready: RenewalState = { ...state, next: 'ready' };
      return ready.isServed && ready.urgency !== 'overdue' ? stay(ready) : swap(ready);
    }
    case 'nextLost':
      return state.next === 'opening' || state.next === 'ready' ? nextLost(state, signal.loss) : stay(state);
    case 'nextStale':
      if (state.next !== 'ready' || !state.isServed) return stay(state);
      return { state: { ...state, next: 'opening' }, effects: [{ do: 'dropNext' }, OPEN] };
    case 'lost':
      return state.isServed ? lost(state, signal.loss) : stay(state);
    case 'pauseOver':
      if (state.next !== 'pausing') return stay(state);
      return { state: { ...state, next: 'opening' }, effects: [OPEN] };
    case 'progress':
      return stay(state.failures === 0 ? state : { ...state, failures: 0 });
    case 'closed':
      return {
        state: { ...state, isOver: true, next: 'none' },
        effects: state.next === 'opening' || state.next === 'ready' ? [{ do: 'dropNext' }] : [],
      };
  }
}

function aged(before: RenewalState, urgency: Urgency): RenewalStep {
  if (!before.isServed || URGENCIES.indexOf(urgency) <= URGENCIES.indexOf(before.urgency)) return stay(before);
  const state: RenewalState = { ...before, urgency };
  if (state.next === 'none') return { state: { ...state, next: 'opening' }, effects: [OPEN] };
  if (state.urgency !== 'overdue') return stay(state);
  if (state.next === 'ready') return swap(state);
  if (state.next === 'opening') return stay(state);
  return state.isCrowded ? breakBeforeMake(state) : { state: { ...state, next: 'opening' }, effects: [OPEN] };
}

function maySwap({ urgency, isServed }: RenewalState, moment: Moment): boolean {
  if (!isServed || urgency === 'overdue' || moment === 'quiet') return true;
  return urgency === 'forced' && moment === 'busy';
}

function swap(state: RenewalState): RenewalStep {
  return {
    state: { ...state, isServed: true, next: 'none', urgency: 'none', misses: 0, isCrowded: false },
    effects: [{ do: 'swap' }],
  };
}

function nextLost(state: RenewalState, loss: VoiceLoss): RenewalStep {
  if (!state.isServed) return again({ ...state, failures: state.failures + 1 }, loss);
  const isCrowded = loss === 'throttled';
  const missed: RenewalState = { ...state, misses: state.misses + 1, isCrowded, next: 'pausing' };
  const isOverdue = state.urgency === 'overdue';
  // For every other cause the serving stream is the best that there is, as long as it lasts.
  if (isOverdue && isCrowded) return breakBeforeMake(missed);
  return {
    state: missed,
    effects: [{ do: 'pause', ms: isOverdue ? LAST_PAUSE_MS : pauseOf(SERVED_PAUSES_MS, state.misses) }],
  };
}

/** There is no room for a second stream beside the serving one. */
function breakBeforeMake(state: RenewalState): RenewalStep {
  return { state: { ...state, isServed: false, next: 'opening' }, effects: [{ do: 'closeServing' }, OPEN] };
}

function lost(state: RenewalState, loss: VoiceLoss): RenewalStep {
  const failed: RenewalState = { ...state, isServed: false, failures: state.failures + 1 };
  if (failed.next === 'ready') return swap(failed);
  // One that is on its way comes sooner than a new one would.
  if (failed.next === 'opening') return stay(failed);
  return again(failed, loss);
}

function again(state: RenewalState, loss: VoiceLoss): RenewalStep {
  if (state.failures >= maxFailures(loss)) {
    return { state: { ...state, isOver: true, next: 'none' }, effects: [{ do: 'giveUp', loss }] };
  }
  const ms = pauseOf(PAUSES_MS, state.failures);
  if (ms === 0) return { state: { ...state, next: 'opening' }, effects: [OPEN] };
  return { state: { ...state, next: 'pausing' }, effects: [{ do: 'pause', ms }] };
}

function maxFailures(loss: VoiceLoss): number {
  if (loss === 'refused' || loss === 'rejected') return MAX_REFUSALS;
  if (loss === 'filtered') return MAX_FILTERED;
  return loss === 'stalled' ? MAX_STALLS : MAX_FAILURES;
}

function pauseOf(pausesMs: readonly number[], failures: number): number {
  return pausesMs[Math.min(Math.max(0, failures), pausesMs.length - 1)]!;
}

function stay(state: RenewalState): RenewalStep {
  return { state, effects: [] };
}
