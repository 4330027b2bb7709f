import { isDeepStrictEqual } from 'node:util';
import type { ToolCallRecord } from '../../call/record.js';
import type { Expectations, ExpectedToolCall } from '../fixture/schema.js';
import { wordsOf } from '../fixture/trigger.js';
import { patternIn } from '../fixture/words.js';
import type { Failure, ReplayedCall } from '../replayed-call.js';
import { aligned } from '../run/align.js';
import { bounds, failure, ms } from './failure-words.js';

/**
 * The bridge counts from when the stream's start reaches it, the telephone from when it was sent: over a network a tool seems
 * to be called this much too early, in ms.
 */
const CLOCK_ROOM_MS = 100;

/** A tool call on record with its number there, and the one that began before it. */
interface FoundCall {
  number: number;
  call: ToolCallRecord;
  before: ToolCallRecord | undefined;
}

/** What differs in the calls of tools: exactly those that are expected, in their order or in any. */
export function toolFailures(
  { toolCalls: expected, toolOrder = 'strict', notCalled = [] }: Expectations,
  found: readonly ToolCallRecord[],
  { moments, mediaEndMs }: Pick<ReplayedCall, 'moments' | 'mediaEndMs'>,
): Failure[] {
  const unwanted = notCalled.flatMap((name, index) =>
    found
      .filter((call) => call.name === name)
      .map((call) =>
        failure(`notCalled[${index}]`, `no call of ${name}`, `one with ${JSON.stringify(call.input)}`, call.startMs),
      ),
  );
  if (!expected) return unwanted;
  const calls = found.map((call, index): FoundCall => ({ number: index + 1, call, before: found[index - 1] }));
  const differences = (wanted: ExpectedToolCall, index: number, each: FoundCall) =>
    oneCall(`toolCalls[${index}]`, wanted, each, moments);
  const partners =
    toolOrder === 'strict'
      ? inSequence(expected, calls, (wanted, each) => differences(wanted, 0, each).length === 0)
      : paired(expected, calls, (wanted, each) => differences(wanted, 0, each).length === 0);
  const failures = expected.flatMap((wanted, index) => {
    const partner = partners[index];
    if (partner) return differences(wanted, index, partner).map((each) => ({ ...each, tool: partner.number }));
    const nextMs = partners.slice(index).find((each) => each !== undefined)?.call.startMs;
    return [missing(expected, index, toolOrder === 'strict' && nextMs !== undefined ? nextMs : mediaEndMs)];
  });
  const extra = calls.filter((each) => !partners.includes(each));
  return [
    ...failures,
    ...extra.map((each, index) => unexpected(`toolCalls[${expected.length + index}]`, each)),
    ...unwanted,
  ];
}

function missing(expected: readonly ExpectedToolCall[], index: number, atMs: number): Failure {
  const name = expected[index]?.name ?? '';
  const again = expected.slice(0, index).some((each) => each.name === name) ? ' again' : '';
  return {
    ...failure(`toolCalls[${index}]`, name, 'no such call', atMs),
    message: `${name} was not called${again} (expected as tool call ${index + 1})`,
  };
}

function unexpected(field: string, { call: { name, startMs }, number }: FoundCall): Failure {
  return {
    ...failure(field, 'no such call', name, startMs),
    message: `${name} was called and not expected (as tool call ${number})`,
    tool: number,
  };
}

/**
 * The call for each expectation in their order, so that as many names as possible meet; of those, who fits in all. Two of
 * different names that are left in the same place are one call of the wrong tool.
 */
function inSequence(
  expected: readonly ExpectedToolCall[],
  calls: readonly FoundCall[],
  fits: (wanted: ExpectedToolCall, call: FoundCall) => boolean,
): (FoundCall | undefined)[] {
  const pairs = aligned(expected, calls, (wanted, each) => {
    if (wanted.name !== each.call.name) return 1.9;
    return fits(wanted, each) ? 0 : 0.01;
  });
  return pairs.filter(({ before }) => before !== undefined).map(({ now }) => now);
}

/**
 * One call for each expectation, so that as many as possible fit. Who finds none gets one of its name that is left, so that
 * the difference can be told.
 */
function paired(
  expected: readonly ExpectedToolCall[],
  calls: readonly FoundCall[],
  fits: (wanted: ExpectedToolCall, call: FoundCall) => boolean,
): (FoundCall | undefined)[] {
  const owners = new Map<FoundCall, number>();
  const place = (index: number, tried: Set<FoundCall>): boolean => {
    for (const call of calls) {
      if (tried.has(call) || !fits(expected[index] as ExpectedToolCall, call)) continue;
      tried.add(call);
      const owner = owners.get(call);
      if (owner !== undefined && !place(owner, tried)) continue;
      owners.set(call, index);
      return true;
    }
    return false;
  };
  for (const index of expected.keys()) place(index, new Set());
  const partners = expected.map((_, index) => calls.find((call) => owners.get(call) === index));
  const left = calls.filter((call) => !owners.has(call));
  return partners.map((partner, index) => {
    if (partner) return partner;
    const near = left.findIndex(({ call }) => call.name === expected[index]?.name);
    return near < 0 ? undefined : left.splice(near, 1)[0];
  });
}

function oneCall(
  field: string,
  wanted: ExpectedToolCall,
  { call, before }: FoundCall,
  moments: ReplayedCall['moments'],
): Failure[] {
  const { startMs } = call;
  if (call.name !== wanted.name) return [failure(`${field}.name`, wanted.name, call.name, startMs)];
  const failures: Failure[] = [];
  for (const name of ['kind', 'outcome'] as const) {
    const text = wanted[name];
    if (text !== undefined && text !== call[name])
      failures.push(failure(`${field}.${name}`, text, call[name], startMs));
  }
  const data = [
    ['input', call.input, false],
    ['output', call.output, false],
    ['exactInput', call.input, true],
    ['exactOutput', call.output, true],
  ] as const;
  for (const [name, given, exactly] of data) {
    const expected = wanted[name];
    if (!expected || holds(given, expected, exactly)) continue;
    const shown = `${exactly ? 'exactly ' : ''}${JSON.stringify(expected)}`;
    failures.push(failure(`${field}.${name}`, shown, JSON.stringify(given), startMs));
  }
  const isAtOnce = before !== undefined && startMs < before.startMs + before.durationMs;
  if (wanted.atOnce !== undefined && wanted.atOnce !== isAtOnce) {
    const said = (atOnce: boolean) => (atOnce ? 'at once with the one before' : 'not beside another');
    failures.push(failure(`${field}.atOnce`, said(wanted.atOnce), said(isAtOnce), startMs));
  }
  return [...failures, ...tooEarly(`${field}.notBefore`, wanted.notBefore, startMs, moments)];
}

function tooEarly(
  field: string,
  notBefore: ExpectedToolCall['notBefore'],
  startMs: number,
  moments: ReplayedCall['moments'],
): Failure[] {
  if (!notBefore) return [];
  const { moment, plusMs } = notBefore;
  const words = wordsOf(moment);
  const wanted = `a call not before ${words}${plusMs > 0 ? ` + ${ms(plusMs)}` : ''}`;
  const happened = moments.find((each) => each.moment === words);
  if (!happened) return [failure(field, wanted, `a call at ${ms(startMs)}, and that never happened`, startMs)];
  const earliestMs = happened.atMs + plusMs;
  if (startMs >= earliestMs - CLOCK_ROOM_MS) return [];
  return [failure(field, `${wanted} (${ms(earliestMs)})`, `a call at ${ms(startMs)}`, startMs)];
}

/** What differs in the sound that the caller hears while tools work. */
export function waitingFailures(
  expected: NonNullable<Expectations['heard']>['waiting'],
  { waits, mediaEndMs }: Pick<ReplayedCall, 'waits' | 'mediaEndMs'>,
  toolCalls: readonly ToolCallRecord[],
): Failure[] {
  if (!expected) return [];
  const { afterAtLeast, afterAtMost, ...length } = expected;
  const [wait] = waits;
  const [tool] = toolCalls;
  const at = { atMs: wait?.startMs ?? tool?.startMs ?? mediaEndMs };
  const onMs = waits.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const failures = bounds('heard.waiting.', onMs, length, at);
  if (afterAtLeast === undefined && afterAtMost === undefined) return failures;
  if (!wait || !tool) {
    return [...failures, failure('heard.waiting.after', 'a sound while a tool works', 'none', at.atMs)];
  }
  const afterMs = wait.startMs - tool.startMs;
  return [...failures, ...bounds('heard.waiting.after', afterMs, { atLeast: afterAtLeast, atMost: afterAtMost }, at)];
}

/**
 * Whether `found` holds all of `wanted`, and nothing else when it must be so exactly. Texts may be patterns, everything else is
 * equal.
 */
function holds(found: unknown, wanted: unknown, exactly: boolean): boolean {
  if (typeof wanted === 'string') {
    const pattern = patternIn(wanted);
    return pattern ? typeof found === 'string' && pattern.test(found) : found === wanted;
  }
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(found, wanted);
  if (typeof found !== 'object' || found === null || Array.isArray(found) !== Array.isArray(wanted)) return false;
  if (exactly && Object.keys(found).length !== Object.keys(wanted).length) return false;
  return Object.entries(wanted).every(([key, value]) => {
    return Object.hasOwn(found, key) && holds((found as Record<string, unknown>)[key], value, exactly);
  });
}
