import type { LoopHealth, LoopLoad } from '../loop-health.js';
import type { ModelSessions } from './model-sessions.js';
import type { CallRegistry } from './registry.js';

/** Why a call is not taken: what this instance has too little of. */
export const REFUSALS = ['draining', 'max-calls', 'model-sessions', 'model-throttled', 'event-loop'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What there is to decide by, at one moment. */
export interface Room {
  isDraining: boolean;
  /** Calls that are live, ring, or are being decided about. */
  calls: number;
  maxCalls: number;
  /** Streams to the model that are open or opening, and how many there may be; undefined: nobody knows. */
  sessions: { open: number; limit: number | undefined };
  /** The model has refused streams for being too many a moment ago, in every region. */
  isThrottled: boolean;
  /** Undefined where nobody measures it. */
  loop: LoopLoad | undefined;
}

/** Part of the streams that is kept free of new calls: a live call opens its next stream before it gives the old one up. */
const RENEWAL_RESERVE = 0.1;

/** No call is added that would bring the loop here, by what calls cost of it. */
export const FULL_LOOP = 0.7;

/**
 * What one call takes of the loop until it is measured: twice what it took in the bench, at 3 ms of CPU a second. Few calls
 * say little about one, and no measurement is believed beyond these bounds.
 */
const LOOP_PER_CALL = { assumed: 0.006, least: 0.002, most: 0.05 } as const;
const FEWEST_TO_MEASURE = 5;

/**
 * Whether one more call is taken: undefined, or what stands against it. Only for calls that are new: one that exists is
 * never given up for load.
 */
export function refusalOf({ isDraining, calls, maxCalls, sessions, isThrottled, loop }: Room): Refusal | undefined {
  if (isDraining) return 'draining';
  if (calls >= maxCalls) return 'max-calls';
  // A call that was just taken has no stream yet, and one that renews has two.
  const inUse = Math.max(sessions.open, calls);
  if (sessions.limit !== undefined && inUse >= sessionsForCalls(sessions.limit)) return 'model-sessions';
  if (isThrottled) return 'model-throttled';
  // Without calls there is nobody to suffer; and whatever else keeps the loop busy must not refuse everybody for ever.
  if (!loop || calls === 0) return undefined;
  return loop.isStrained || utilizationWith(calls + 1, loop) > FULL_LOOP ? 'event-loop' : undefined;
}

/** How many of so many streams calls may have: the reserve is one stream at least, but where there is only one. */
function sessionsForCalls(limit: number): number {
  return Math.max(1, limit - Math.max(1, Math.ceil(limit * RENEWAL_RESERVE)));
}

/** How busy the loop will be with so many calls. What came since it was measured, many at once, is not in it yet. */
function utilizationWith(calls: number, loop: LoopLoad): number {
  const measured = loop.utilization / loop.calls;
  const perCall =
    loop.calls < FEWEST_TO_MEASURE
      ? LOOP_PER_CALL.assumed
      : Math.min(LOOP_PER_CALL.most, Math.max(LOOP_PER_CALL.least, measured));
  return loop.utilization + Math.max(0, calls - loop.calls) * perCall;
}

/** Who decides whether one more call is taken, and keeps count of those that are not. */
export interface Admission {
  /** What stands against one more call; undefined: nothing. */
  refusal(): Refusal | undefined;
  /** Somebody was refused for this. */
  refused(reason: Refusal): void;
}

export interface AdmissionOptions {
  registry: () => Pick<CallRegistry, 'isDraining' | 'activeCount'>;
  maxCalls: number;
  /** Left out: streams are neither counted nor limited. */
  sessions?: Pick<ModelSessions, 'openCount' | 'isThrottled'>;
  maxSessions?: number | undefined;
  /** Left out: the loop stands against no call. */
  loop?: Pick<LoopHealth, 'load'> | undefined;
  /** Hears of everybody who was refused. */
  refused?: (reason: Refusal) => void;
}

/** Decides from what there is at the moment of each question. */
export function admission(options: AdmissionOptions): Admission {
  const { registry, maxCalls, sessions, maxSessions, loop, refused } = options;
  return {
    refusal: () =>
      refusalOf({
        isDraining: registry().isDraining,
        calls: registry().activeCount,
        maxCalls,
        sessions: { open: sessions?.openCount ?? 0, limit: maxSessions },
        isThrottled: sessions?.isThrottled ?? false,
        loop: loop?.load,
      }),
    refused: (reason) => refused?.(reason),
  };
}
