import type { AdmissionPlan } from './admission.js';
import type { ConsolePlan } from './console.js';
import type { CreatorPlan } from './creator.js';
import type { Load, Timing } from './loads.js';
import type { StoreAudioPlan } from './store-audio.js';
import type { ToolPlan } from './tools.js';

export const PARTS = [
  'audio',
  'heard',
  'calls',
  'store',
  'store-audio',
  'memory',
  'tools',
  'admission',
  'box',
  'creator',
  'console',
] as const;
export type Part = (typeof PARTS)[number];

export function isPart(name: string): name is Part {
  return (PARTS as readonly string[]).includes(name);
}

/** All at 20 ms, with resampling except where it says 8 kHz. */
const LOADS: readonly Load[] = [
  load('1', 1),
  load('20', 20),
  load('40', 40, { extras: ['interruptions'] }),
  load('80', 80, { extras: ['webhooks'] }),
  load('200', 200, { oneCore: true }),
  load('80 at 8 kHz', 80, { inputRateHz: 8000, outputRateHz: 8000 }),
  load('80 standard', 80, { transport: 'standard' }),
];

const QUICK_LOADS: readonly Load[] = [load('20', 20, { extras: ['interruptions', 'webhooks'] })];

function load(name: string, calls: number, more: Partial<Load> = {}): Load {
  return {
    name,
    calls,
    inputRateHz: 16_000,
    outputRateHz: 24_000,
    transport: 'lean',
    oneCore: false,
    extras: [],
    ...more,
  };
}

/** The loads of a run; with `calls` only those of that size, or one of that size that is not in the list. */
export function loadsOf(options: { quick: boolean; calls: number | undefined; profile: boolean }): Load[] {
  const { quick, calls, profile } = options;
  const all = quick ? QUICK_LOADS : LOADS;
  const chosen = calls === undefined ? [...all] : all.filter((each) => each.calls === calls);
  if (chosen.length === 0 && calls !== undefined) chosen.push(load(String(calls), calls));
  if (!profile) return chosen;
  return chosen.map((each) => (each.name === '80' ? { ...each, extras: [...each.extras, 'profile'] } : each));
}

/** What the cost of a black box is held against when no load was measured: the CPU of so many calls on the whole bridge. */
export const BOX_LOAD: Load = load('20', 20);
export const BOX_TIMING: Timing = { warmUpMs: 2000, measureMs: 5000, interruptionsMs: 0, webhookCount: 0 };
/** Calls by turns with and without a box. */
export const BOX_PAIRS = 25;

export function timingOf(quick: boolean, seconds: number | undefined): Timing {
  const measureMs = (seconds ?? (quick ? 3 : 6)) * 1000;
  return quick
    ? { warmUpMs: 1500, measureMs, interruptionsMs: 4000, webhookCount: 30 }
    : { warmUpMs: 3000, measureMs, interruptionsMs: 12_000, webhookCount: 150 };
}

/** How tools are measured: what is given replaces the usual number of calls and length of a window. */
export function toolPlanOf(options: {
  quick: boolean;
  calls: number | undefined;
  seconds: number | undefined;
}): ToolPlan {
  const { quick, calls, seconds } = options;
  const measureMs = (seconds ?? (quick ? 3 : 10)) * 1000;
  const given = { measureMs, calls: calls ?? (quick ? 10 : 40) };
  return quick
    ? { ...given, repeats: 1, warmUpMs: 1000, hangMs: 2000, lookUps: 30, callsOnRecord: 5000, agents: 100 }
    : { ...given, repeats: 7, warmUpMs: 3000, hangMs: 5000, lookUps: 150, callsOnRecord: 200_000, agents: 1000 };
}

/** How sound is measured beside the database: what is given replaces the usual number of calls and length of a window. */
export function storeAudioPlanOf(options: {
  quick: boolean;
  calls: number | undefined;
  seconds: number | undefined;
}): StoreAudioPlan {
  const { quick, calls, seconds } = options;
  const measureMs = (seconds ?? (quick ? 3 : 6)) * 1000;
  // New calls in each round have settled only then.
  const warmUpMs = quick ? 1000 : 8000;
  return { calls: calls ?? (quick ? 10 : 40), warmUpMs, measureMs, repeats: quick ? 1 : 15 };
}

/** As many as this side can make without being late itself. */
const MOST_CALLS = 120;

/** How a full bridge is measured: what is given replaces the usual number of calls and length of a window. */
export function admissionPlanOf(options: {
  quick: boolean;
  calls: number | undefined;
  seconds: number | undefined;
}): AdmissionPlan {
  const { quick, calls, seconds } = options;
  const measureMs = (seconds ?? (quick ? 3 : 6)) * 1000;
  return { calls: calls ?? (quick ? 10 : 40), mostCalls: MOST_CALLS, warmUpMs: quick ? 1000 : 3000, measureMs };
}

/** How calls are measured beside agents that are made: what is given replaces the usual number of calls and length of a window. */
export function creatorPlanOf(options: {
  quick: boolean;
  calls: number | undefined;
  seconds: number | undefined;
}): CreatorPlan {
  const { quick, calls, seconds } = options;
  const measureMs = (seconds ?? (quick ? 5 : 10)) * 1000;
  return { calls: calls ?? (quick ? 10 : 40), warmUpMs: quick ? 1000 : 3000, measureMs, repeats: quick ? 1 : 3 };
}

/** How the console is measured: what is given replaces the usual number of calls on the board and length of a window. */
export function consolePlanOf(options: {
  quick: boolean;
  calls: number | undefined;
  seconds: number | undefined;
  profile: boolean;
}): ConsolePlan {
  const { quick, calls = 1000, seconds, profile } = options;
  return {
    calls,
    // Each call changes every other second and lasts some four minutes.
    eventsPerSecond: Math.round(calls / 2),
    endingPerSecond: Math.round(calls / 250),
    viewers: quick ? [10] : [1, 3, 10],
    measureMs: (seconds ?? (quick ? 3 : 6)) * 1000,
    repeats: quick ? 2 : 3,
    liveCalls: quick ? 5 : 20,
    profile,
  };
}
