import type { CallRecord } from '../call/record.js';
import { adminClient } from '../replay/admin-client.js';
import { ChaosCall, type Stretch } from './call.js';
import { converse } from './caller.js';
import { type Change, changesOf } from './continuity.js';
import { heardWords, type LateWord, lateWords } from './ear.js';
import type { Injector } from './injector.js';
import { judge, type Violation } from './judge.js';
import { stalledWithin } from './lateness.js';
import type { CallPlan } from './plan.js';
import { longestGapIn, type Reconnection, type Recovery, reconnectionsOf, recoveriesOf } from './recovery.js';
import { ADMIN_TOKEN, type Site } from './site.js';
import { storyOf } from './story.js';
import { wait } from './wait.js';

/** What one call came to. */
export interface CallResult {
  readonly plan: CallPlan;
  readonly callSid: string;
  readonly violations: readonly Violation[];
  /** Turns that a killed instance kept from the record, as it may: 0 or 1. */
  readonly uncommitted: number;
  readonly recoveries: readonly Recovery[];
  /** How the caller's audio crossed from one model stream to the next. */
  readonly changes: readonly Change[];
  /** Silences within the agent's speech because its audio came late, in ms. */
  readonly gapsMs: readonly number[];
  /** The same where callers, models or bridges were given no processor in that moment. */
  readonly stalledGapsMs: readonly number[];
  /** The longest silence in an answer that outlasted its stream, in ms; undefined in other calls. */
  readonly cutMs: number | undefined;
  readonly reconnections: readonly Reconnection[];
  readonly streams: readonly { readonly openedMs: number; readonly closed: string | null }[];
  readonly durationMs: number;
  /** What happened, moment by moment, when something is to be looked into. */
  readonly story: readonly string[];
}

export interface RoundOptions {
  readonly plans: readonly CallPlan[];
  readonly atOnce: number;
  readonly injector: Injector;
  /** Told of every call as it begins and ends. */
  readonly began?: (call: ChaosCall) => void;
  readonly ended?: (call: ChaosCall) => void;
  /** A call was not taken because the bridge has its hands full; it is made again. */
  readonly refused?: (call: ChaosCall) => void;
  /** When, in ms of the call, the last turn may be missing from the record. */
  readonly killed?: (call: ChaosCall) => Stretch | undefined;
}

/** A record is complete when its call has ended and its recording is kept; both may wait for what is away. */
const RECORD_LIMIT_MS = 60_000;
const LOOK_MS = 250;
/** Shorter ones nobody hears. */
const LEAST_GAP_MS = 40;
/** What is late was held up a little before its time, in ms. */
const BEFORE_A_GAP_MS = 100;
const MOST_RINGS = 20;
const RING_AGAIN_MS = 2000;
/** Between the beginnings of calls, in ms: a carrier does not ring forty times in one instant. */
const APART_MS = 60;

/** Carries calls, so many at once, and judges each when it is over and its record is complete. */
export async function runCalls(site: Site, options: RoundOptions): Promise<CallResult[]> {
  const { plans, atOnce } = options;
  const results: Promise<CallResult>[] = [];
  const waiting = [...plans];
  const lane = async (index: number) => {
    await wait(site, index * APART_MS);
    for (let plan = waiting.shift(); plan; plan = waiting.shift()) {
      const call = await carry(site, plan, options);
      // The next call does not wait for the record of this one.
      results.push(examine(site, call, options));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, plans.length) }, (_, index) => lane(index)));
  return Promise.all(results);
}

/** A caller who is told that nobody is free rings again after a while. */
async function carry(site: Site, plan: CallPlan, options: RoundOptions): Promise<ChaosCall> {
  for (let rings = 1; ; rings++) {
    const call = await ring(site, plan, options);
    const isRefused = call.end?.by === 'bridge' && Number.isNaN(call.startedAtMs);
    if (!isRefused || rings >= MOST_RINGS) return call;
    options.refused?.(call);
    site.leave(call);
    await wait(site, RING_AGAIN_MS);
  }
}

async function ring(site: Site, plan: CallPlan, { injector, began, ended }: RoundOptions): Promise<ChaosCall> {
  const { clock } = site;
  const call = new ChaosCall(plan, clock);
  const { from, to } = site.enter(call);
  began?.(call);
  const phone = await call.begin(site.phone, from, to);
  const cancels = plan.faults.map(({ name, atMs }) => clock.after(atMs, () => injector.strike(name, call)));
  if (phone && !Number.isNaN(call.startedAtMs)) await converse(call, phone, clock);
  await phone?.ended;
  for (const cancel of cancels) cancel();
  ended?.(call);
  return call;
}

async function examine(site: Site, call: ChaosCall, { killed }: RoundOptions): Promise<CallResult> {
  const callSid = call.phone?.callSid ?? '';
  const record = await completeRecord(site, callSid);
  site.leave(call);
  const heard = heardWords(Buffer.from(call.phone?.heardMulaw() ?? []), call.questions);
  const { violations, uncommitted } = judge({
    ...{ call, heard, record, toolRuns: site.toolRuns, killed: killed?.(call) },
    stalls: site.lateness.stalls,
    fullDisk: site.fullDisk,
  });
  const changes = changesOf(call);
  const isLong = call.plan.kind === 'agent speaks long';
  // Where an answer is cut by plan, the gap is measured by itself.
  const late = isLong ? [] : lateWords(heard, call.questions, LEAST_GAP_MS);
  const stalls = [...site.lateness.all, ...site.starved];
  const isStalled = ({ lateMs, fromMs, toMs }: LateWord) => {
    const [sinceMs, untilMs] = [fromMs + call.startedAtMs - BEFORE_A_GAP_MS, toMs + call.startedAtMs];
    return lateMs - stalledWithin(stalls, sinceMs, untilMs) <= LEAST_GAP_MS;
  };
  const gapsMs = late.filter((word) => !isStalled(word)).map(({ lateMs }) => lateMs);
  const stalledGapsMs = late.filter(isStalled).map(({ lateMs }) => lateMs);
  const isOdd = violations.length + gapsMs.length > 0 || changes.some(({ lost, repeated }) => lost + repeated > 0);
  const recoveries = recoveriesOf(call, heard);
  const story = isOdd ? storyOf(call, record, stalls) : [];
  call.microphone.release();
  return {
    plan: call.plan,
    callSid,
    violations,
    uncommitted,
    changes,
    recoveries,
    gapsMs,
    stalledGapsMs,
    cutMs: isLong ? longestGapIn(call, heard, 0) : undefined,
    reconnections: reconnectionsOf(call),
    streams: record?.streams ?? [],
    durationMs: call.end?.endedMs ?? 0,
    story,
  };
}

async function completeRecord(site: Site, callSid: string): Promise<CallRecord | undefined> {
  const untilMs = site.clock.now() + RECORD_LIMIT_MS;
  let known: CallRecord | undefined;
  for (;;) {
    const admin = adminClient(site.balancer.next(), ADMIN_TOKEN, { clock: site.clock, limitMs: 2000 });
    // Nobody answers there while an instance is being replaced.
    const record = await admin.find<CallRecord>(`/calls/${callSid}`).catch(() => known);
    known = record ?? known;
    // One whose line broke has ended here and may go on elsewhere, until the carrier says that the call is over.
    const isOver = record?.state === 'ended' && record.carrierStatus === 'completed';
    const isComplete = isOver && record.recording !== null && record.recording.state !== 'recording';
    if (isComplete || site.clock.now() >= untilMs) return known;
    await wait(site, LOOK_MS);
  }
}
