import type { AgentTurn, CallRecord } from '../call/record.js';
import type { Stretch } from './call.js';
import { type HeardWord, textOf } from './ear.js';
import { isLineFault } from './faults.js';
import { wordsOf } from './lines.js';
import { turnsOnRecord } from './on-record.js';
import type { SeenCall } from './seen.js';
import { ENDPOINTING_MS } from './site.js';

/** A promise that was not kept in one call. */
export interface Violation {
  readonly rule:
    | 'lost'
    | 'not answered'
    | 'answered twice'
    | 'asked twice'
    | 'credited unheard'
    | 'silence'
    | 'missing on record'
    | 'twice on record'
    | 'carrier warned'
    | 'model rule broken'
    | 'recording';
  readonly words: string;
}

/** The longest time without a sound or a word, in ms. */
export const SILENCE_LIMIT_MS = 4000;
/** A recording that is further behind than this may be given up, in ms. */
const BEHIND_LIMIT_MS = 30_000;
/** What waits is written this often, in ms. */
const CAUGHT_UP_MS = 700;
/** Words that may come again when an answer goes on after a loss: less is credited than was heard, never more. */
const WORDS_SAID_AGAIN = 2;

/** Everything that is known of a call when it is over. */
export interface Evidence {
  readonly call: SeenCall;
  /** What sounded at the caller's ear. */
  readonly heard: readonly HeardWord[];
  readonly record: CallRecord | undefined;
  readonly toolRuns: ReadonlyMap<string, number>;
  /** Around when an instance was killed, ms of the call: the last turn of then need not be on record. */
  readonly killed?: Stretch | undefined;
  /** When callers and models were kept from running, ms of the clock. */
  readonly stalls: readonly Stretch[];
  /** When the disk of the bridges was full, ms of the clock. */
  readonly fullDisk: readonly Stretch[];
}

/** What came of a call. */
export interface Verdict {
  readonly violations: readonly Violation[];
  /** Turns that a killed instance kept from the record, as it may: at most one. */
  readonly uncommitted: number;
}

/** Holds a call against what every call is promised. */
export function judge(evidence: Evidence): Verdict {
  const { call, record, heard } = evidence;
  const { violations, uncommitted } = onRecord(evidence, heard);
  return {
    violations: [
      ...lost(call),
      ...unanswered(call),
      ...answeredTwice(call, heard),
      ...toolsAskedTwice(evidence),
      ...(record ? credited(record, heard) : []),
      ...silences(call, evidence.stalls),
      ...violations,
      ...warned(call),
      ...rulesBroken(call),
      ...recorded(evidence),
    ],
    uncommitted,
  };
}

function lost({ end, phone, plan }: SeenCall): Violation[] {
  // What is announced before the agent answers is no apology.
  const apologies = (phone?.spoken ?? []).filter(({ atMs }) => atMs > 0);
  const said = apologies.map(({ text, atMs }) => ({
    rule: 'lost' as const,
    words: `the carrier said "${text}" at ${Math.round(atMs)} ms`,
  }));
  if (end?.by === 'caller') return said;
  const how = end
    ? `${end.by}, ${end.fault ?? `after <${end.lastVerb}>`}, at ${Math.round(end.endedMs)} ms`
    : 'never began';
  return [{ rule: 'lost', words: `call ${plan.index} did not end with its caller: ${how}` }, ...said];
}

/**
 * Whoever is cut off while they speak has to say it again: what no bridge had cannot be answered. So has once whoever said
 * what a filter of the model did not let through.
 */
function unanswered({ complaints, plan, phone, strikes, startedAtMs }: SeenCall): Violation[] {
  if (plan.faults.some(({ name }) => isLineFault(name))) return [];
  const streams = phone?.streams ?? [];
  const isCutOff = ({ fromMs, toMs }: Stretch) =>
    streams.some(({ closedMs = Number.POSITIVE_INFINITY }, index) => {
      const nextMs = streams[index + 1]?.startedMs;
      return nextMs !== undefined && closedMs < toMs + ENDPOINTING_MS && nextMs > fromMs;
    });
  const filteredMs = strikes.flatMap(({ name, atMs }) => (name === 'content-filter' ? [atMs - startedAtMs] : []));
  const filtered = filteredMs.map((atMs) => complaints.findLast(({ asked }) => asked && asked.fromMs <= atMs));
  return complaints
    .filter((complaint) => !filtered.includes(complaint) && !(complaint.asked && isCutOff(complaint.asked)))
    .map(({ words }) => ({ rule: 'not answered', words }));
}

function answeredTwice({ questions }: SeenCall, heard: readonly HeardWord[]): Violation[] {
  return questions.flatMap(({ answer }, question) => {
    const counts = answer.words.map((_, word) =>
      heard.filter((each) => each.question === question && each.word === word),
    );
    const again = counts.filter(({ length }) => length > 1);
    if (again.length <= WORDS_SAID_AGAIN) return [];
    const times = again[0]!.map(({ atMs }) => `${Math.round(atMs)} ms`).join(' and ');
    return [{ rule: 'answered twice' as const, words: `question ${question}: from ${times}` }];
  });
}

function toolsAskedTwice({ call, toolRuns }: Evidence): Violation[] {
  return call.questions.flatMap(({ toolToken }, question) => {
    const runs = toolToken === undefined ? 0 : (toolRuns.get(toolToken) ?? 0);
    if (runs <= 1 || call.questions[question]!.asked.length > 1) return [];
    return [{ rule: 'asked twice' as const, words: `the tool for question ${question} ran ${runs} times` }];
  });
}

/** Every word that the record says was heard was heard, as often as it says. */
function credited({ turns }: CallRecord, heard: readonly HeardWord[]): Violation[] {
  const counts = new Map<string, number>();
  for (const word of heard) {
    const text = textOf(word);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const unheard = turns
    .filter((turn): turn is AgentTurn => turn.role === 'agent')
    .flatMap(({ heardText, startMs }) =>
      wordsOf(heardText).flatMap((word) => {
        const left = counts.get(word) ?? 0;
        counts.set(word, left - 1);
        return left > 0 ? [] : [`"${word}" of "${heardText}" at ${Math.round(startMs)} ms`];
      }),
    );
  return unheard.length === 0 ? [] : [{ rule: 'credited unheard', words: unheard.join(', ') }];
}

function silences(call: SeenCall, stalls: readonly Stretch[]): Violation[] {
  const { end, playing, holds, microphone, microphoneFromMs, phone } = call;
  const endMs = end?.endedMs ?? 0;
  const spoken = microphone.spoken.map(({ from, to }) => ({
    fromMs: microphoneFromMs + from / 8,
    toMs: microphoneFromMs + to / 8,
  }));
  const said = (phone?.spoken ?? []).map(({ atMs, text }) => ({ fromMs: atMs, toMs: atMs + text.length * 60 }));
  return gapsBetween([...playing, ...spoken, ...said, ...holds], 0, endMs)
    .filter(({ fromMs, toMs }) => {
      // Who is kept from speaking does not count.
      const stalledMs = stalls.reduce((sum, stall) => {
        const startMs = Math.max(fromMs, stall.fromMs - call.startedAtMs);
        return sum + Math.max(0, Math.min(toMs, stall.toMs - call.startedAtMs) - startMs);
      }, 0);
      return toMs - fromMs - stalledMs > SILENCE_LIMIT_MS;
    })
    .map(({ fromMs, toMs }) => ({
      rule: 'silence',
      words: `nothing from ${Math.round(fromMs)} to ${Math.round(toMs)} ms`,
    }));
}

/** What lies between stretches, from a beginning to an end. */
export function gapsBetween(stretches: readonly Stretch[], fromMs: number, toMs: number): Stretch[] {
  const gaps: Stretch[] = [];
  let atMs = fromMs;
  for (const stretch of [...stretches].sort((a, b) => a.fromMs - b.fromMs)) {
    if (stretch.fromMs > atMs) gaps.push({ fromMs: atMs, toMs: Math.min(stretch.fromMs, toMs) });
    atMs = Math.max(atMs, stretch.toMs);
  }
  if (toMs > atMs) gaps.push({ fromMs: atMs, toMs });
  return gaps;
}

/** What the record lacks or tells twice; and whether a turn may be missing, because an instance was killed before it was committed. */
function onRecord({ call, record, killed }: Evidence, heard: readonly HeardWord[]): Verdict {
  if (!record) {
    const whole: Violation = { rule: 'missing on record', words: 'the whole call' };
    return { violations: call.phone?.streams.length ? [whole] : [], uncommitted: 0 };
  }
  const { missing, uncommitted, twice } = turnsOnRecord(call, record, heard, killed);
  return {
    violations: [
      ...missing.map(({ words }) => ({ rule: 'missing on record' as const, words })),
      ...twice.map((words) => ({ rule: 'twice on record' as const, words })),
    ],
    uncommitted: uncommitted ? 1 : 0,
  };
}

function warned({ phone, plan }: SeenCall): Violation[] {
  const isExpected = (code: number) => plan.faults.some(({ name }) => isLineFault(name)) && code === 31_903;
  return (
    (phone?.warnings ?? [])
      // That a stream broke off, or could not be opened where an instance was lost, is no mistake of the bridge's; nor is
      // what the balancer answers there.
      .filter(({ code }) => !isExpected(code) && ![31_903, 31_902, 31_920, 31_901, 11_205].includes(code))
      .filter(({ code, text }) => !(code === 11_200 && / answered 502\b/.test(text)))
      .map(({ code, text }) => ({ rule: 'carrier warned', words: `${code}: ${text}` }))
  );
}

/** What a bridge does that gives up a stream on which nothing comes, as it may. */
const GIVEN_UP = /^the input ended/;

function rulesBroken({ streams }: SeenCall): Violation[] {
  return streams.flatMap(({ violations }, stream) =>
    violations
      .filter((words) => !GIVEN_UP.test(words))
      .map((words) => ({ rule: 'model rule broken' as const, words: `stream ${stream}: ${words}` })),
  );
}

/**
 * A recording waits for a full disk, and is given up, as `failed`, when it is behind by half a minute. Anything else that is
 * not kept is lost.
 */
function recorded({ call, record, fullDisk }: Evidence): Violation[] {
  if (!record || record.recording?.state === 'ready') return [];
  const endMs = call.startedAtMs + (call.end?.endedMs ?? 0);
  const isGivenUp = unbroken(fullDisk).some(
    ({ fromMs, toMs }) => Math.min(toMs, endMs) - Math.max(fromMs, call.startedAtMs) > BEHIND_LIMIT_MS,
  );
  if (isGivenUp && record.recording?.state === 'failed') return [];
  return [{ rule: 'recording', words: `the recording is ${record.recording?.state ?? 'not there'}` }];
}

/** Stretches without the pauses between them that are too short for anything to be caught up. */
function unbroken(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const stretch of [...stretches].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    const isPaused = !last || stretch.fromMs - last.toMs >= CAUGHT_UP_MS;
    if (isPaused) joined.push(stretch);
    else joined.splice(-1, 1, { fromMs: last.fromMs, toMs: Math.max(last.toMs, stretch.toMs) });
  }
  return joined;
}
