import { type Random, seededRandom, shuffled } from '../emulator/phone/random.js';
import { CALL_FAULTS, type CallFault } from './faults.js';
import type { UtteranceName } from './lines.js';

/**
 * What a caller does besides asking and listening. `tool`: an answer comes from a tool; `interruption`: speaks into an
 * answer; `hold`: stays away from the telephone for a while; `greeted`: waits for the agent's greeting.
 */
export const CALL_KINDS = ['plain', 'tool', 'interruption', 'hold', 'greeted'] as const;
/**
 * What goes on when a model stream is renewed by plan. `agent speaks long`: an answer is made while it is spoken, and not done
 * when the time of its stream is up. `no room`: the model takes no more streams than there are calls.
 */
export const RENEWAL_STATES = [
  'caller speaks',
  'agent speaks',
  'agent speaks long',
  'silence',
  'hold',
  'tool works',
  'interruption',
  'credentials',
  'no room',
] as const;
export type RenewalState = (typeof RENEWAL_STATES)[number];
export type CallKind = (typeof CALL_KINDS)[number] | RenewalState;

export interface TurnPlan {
  readonly say: readonly UtteranceName[];
  /** Speaks this long after the answer before has begun; without it, when that was heard to its end. */
  readonly interruptsAfterMs?: number;
  /** Says nothing for so long before. */
  readonly holdMs?: number;
  /** The answer comes from a tool, which takes so long. */
  readonly toolMs?: number;
  /** Words in the answer; without it as many as usual. */
  readonly answerWords?: number;
  /** The model makes the answer as fast as it sounds; without it, all of it at once. */
  readonly isRealTime?: boolean;
}

export interface CallPlan {
  readonly index: number;
  readonly kind: CallKind;
  readonly turns: readonly TurnPlan[];
  /** What befalls it, and when, in ms from the beginning of its first media stream. */
  readonly faults: readonly { readonly name: CallFault; readonly atMs: number }[];
  /** Seeds its microphone, its line and the model's answers. */
  readonly seed: number;
}

/** Calls last 10 to 20 s: faults strike from the first moment to about the end. */
const EARLIEST_FAULT_MS = 200;
const LATEST_FAULT_MS = 14_000;
/** Of those that are short enough for a short call. */
const QUESTIONS: readonly UtteranceName[] = ['goforward', 'numbers', 'something', 'librivox-0880', 'librivox-0890'];

/** So long do streams live in the renewal round, in ms: they are due for renewal at three quarters of it. */
export const SHORT_SESSION_MS = 12_000;

const MOST_TURNS = 3;

export interface PlanOptions {
  readonly kinds?: readonly (typeof CALL_KINDS)[number][];
  /** From 2. */
  readonly mostTurns?: number;
  readonly latestFaultMs?: number;
}

/**
 * The calls of a run by its seed: every fault of the list strikes in turn, in calls of every kind, at moments that the seed
 * picks. The same seed gives the same plan; more calls only add to it.
 */
export function plannedCalls(
  seed: number,
  count: number,
  faults: readonly CallFault[] = CALL_FAULTS,
  { kinds = CALL_KINDS, mostTurns = MOST_TURNS, latestFaultMs = LATEST_FAULT_MS }: PlanOptions = {},
): CallPlan[] {
  return Array.from({ length: count }, (_, index) => {
    const callSeed = seedOf(seed, index);
    const random = seededRandom(callSeed);
    const kind = kinds[index % kinds.length]!;
    const round = Math.floor(index / Math.max(1, faults.length));
    // Another order in every round, so that faults and kinds of calls meet in all pairs.
    const order = shuffled(faults, seededRandom(Math.imul(seed, 31) + round));
    const name = order[index % Math.max(1, order.length)];
    const turns = turnsOf(kind, mostTurns, random);
    const atMs = Math.round(EARLIEST_FAULT_MS + random() * (latestFaultMs - EARLIEST_FAULT_MS));
    return { index, kind, turns, faults: name === undefined ? [] : [{ name, atMs }], seed: callSeed };
  });
}

/** Calls in which streams are renewed, in every state, without any fault. */
export function renewalCalls(seed: number, count: number): CallPlan[] {
  return Array.from({ length: count }, (_, index) => {
    const callSeed = seedOf(seed + 1, index);
    const kind = RENEWAL_STATES[index % RENEWAL_STATES.length]!;
    return { index, kind, turns: renewedTurns(kind, seededRandom(callSeed)), faults: [], seed: callSeed };
  });
}

function seedOf(seed: number, index: number): number {
  return (Math.imul(seed, 7919) + Math.imul(index, 104_729)) >>> 0;
}

/** Turns that keep the state going from well before a stream is due until after it is overdue. */
function renewedTurns(state: RenewalState, random: Random): TurnPlan[] {
  const last: TurnPlan = { say: ['goforward'] };
  const jitterMs = Math.floor(random() * 1500);
  switch (state) {
    case 'caller speaks':
      return [{ say: ['librivox-0870', 'librivox-0890', 'numbers'] }, last];
    case 'agent speaks':
      return [{ say: ['something'], holdMs: jitterMs, answerWords: 20 }, last];
    case 'agent speaks long':
      return [{ say: ['something'], holdMs: 3000 + jitterMs, answerWords: 24, isRealTime: true }, last];
    case 'silence':
      return [{ say: ['something'], holdMs: 13_500 }, last];
    case 'hold':
    case 'credentials':
    case 'no room':
      return [{ say: ['something'] }, { ...last, holdMs: 6500 + jitterMs }];
    case 'tool works':
      return [{ say: ['something'], holdMs: 1500 + jitterMs, toolMs: 6500 }, last];
    case 'interruption':
      return [
        { say: ['something'], answerWords: 20 },
        { ...last, interruptsAfterMs: 2500 + 2 * jitterMs },
      ];
  }
}

function turnsOf(kind: (typeof CALL_KINDS)[number], mostTurns: number, random: Random): TurnPlan[] {
  const names = shuffled(QUESTIONS, random);
  const count = 2 + Math.floor(random() * (mostTurns - 1));
  const special = 1 + Math.floor(random() * (count - 1));
  return Array.from({ length: count }, (_, index): TurnPlan => {
    const say = [names[index]!];
    if (kind === 'tool' && index === special) return { say, toolMs: 800 + Math.floor(random() * 2000) };
    if (kind === 'interruption' && index === special) {
      return { say, interruptsAfterMs: 700 + Math.floor(random() * 800) };
    }
    if (kind === 'hold' && index === special) return { say, holdMs: 4500 + Math.floor(random() * 2000) };
    return { say };
  });
}
