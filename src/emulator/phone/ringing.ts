import type { CalleeAnswer, PlaceOptions } from './contract.js';
import type { Leg } from './leg.js';
import type { Line } from './line.js';
import { waitFor, waitOn } from './timeline.js';

export type Ring = Pick<
  PlaceOptions,
  'callee' | 'queueMs' | 'queuedUntil' | 'ringLimitMs' | 'timeLimitMs' | 'detection'
>;

/** Twilio drops a call that waits for a day. */
const QUEUE_LIMIT_MS = 24 * 3_600_000;
const RING_LIMIT_MS = 60_000;
const DETECTION_MS = 1000;

/** Dials the callee and waits how the call is met. Undefined when the signal aborts before. */
export async function ringCallee(ring: Ring, line: Line, signal: AbortSignal): Promise<CalleeAnswer | undefined> {
  const { clock, leg } = line.home;
  const limitMs = ring.ringLimitMs ?? RING_LIMIT_MS;
  if (ring.queuedUntil) await waitFor(ring.queuedUntil, clock, QUEUE_LIMIT_MS, signal);
  await waitOn(clock, ring.queueMs ?? 0, signal);
  if (signal.aborted) return undefined;
  line.reports.reportStatus(leg, 'initiated');
  const startMs = clock.now();
  const meeting = ring.callee();
  // A number that does not exist never rings.
  if (meeting instanceof Promise || meeting.status !== 'failed') {
    leg.move('ringing');
    line.reports.reportStatus(leg, 'ringing');
  }
  const answer = await within(meeting, limitMs, line, signal);
  if (answer === undefined || signal.aborted) return undefined;
  const afterMs = answer.afterMs ?? 0;
  await waitOn(clock, Math.min(afterMs, limitMs - (clock.now() - startMs)), signal);
  if (signal.aborted) return undefined;
  return afterMs > limitMs ? { status: 'no-answer' } : answer;
}

async function within(
  meeting: CalleeAnswer | Promise<CalleeAnswer>,
  limitMs: number,
  line: Line,
  signal: AbortSignal,
): Promise<CalleeAnswer | undefined> {
  if (!(meeting instanceof Promise)) return meeting;
  const met = new AbortController();
  const limit = waitOn(line.home.clock, limitMs, AbortSignal.any([signal, met.signal]));
  const unmet = limit.then(() => (signal.aborted ? undefined : ({ status: 'no-answer' } as const)));
  try {
    return await Promise.race([meeting, unmet]);
  } finally {
    met.abort();
  }
}

/** What detection says of an answer, as webhook fields. Source: Twilio, Answering machine detection. */
export function detectionOf({ answeredBy = 'human', detectionMs = DETECTION_MS }: CalleeAnswer) {
  return {
    detectionMs,
    answeredBy,
    fields: { AnsweredBy: answeredBy, MachineDetectionDuration: String(Math.round(detectionMs)) },
  };
}

/** Reports the asynchronous result unless the call is over before; returns what cancels it. */
export function detectLater(
  leg: Leg,
  { url, method }: { url: string; method: 'GET' | 'POST' },
  answer: CalleeAnswer,
  line: Line,
): () => void {
  const { detectionMs, answeredBy, fields } = detectionOf(answer);
  return line.home.clock.after(detectionMs, () => {
    if (leg.isOver) return;
    leg.answeredBy = answeredBy;
    line.reports.report(url, method, fields);
  });
}
