import { isDeepStrictEqual } from 'node:util';
import type { ToolCallRecord } from '../call/record.js';
import { bounds, failure } from './failure-words.js';
import type { Failure, ReplayedCall } from './replayed-call.js';
import type { Expectations, ExpectedToolCall } from './schema.js';
import { patternIn } from './words.js';

/** What differs in the calls of tools: exactly those that are expected, in their order. */
export function toolFailures(expected: Expectations['toolCalls'], found: readonly ToolCallRecord[]): Failure[] {
  if (!expected) return [];
  const failures = expected.flatMap((wanted, index) => {
    const field = `toolCalls[${index}]`;
    const call = found[index];
    return call ? oneCall(field, wanted, call, found[index - 1]) : [failure(field, wanted.name, 'no more tool calls')];
  });
  const extra = found.slice(expected.length);
  return [
    ...failures,
    ...extra.map((call, index) =>
      failure(`toolCalls[${expected.length + index}]`, 'no more tool calls', call.name, call.startMs),
    ),
  ];
}

function oneCall(
  field: string,
  wanted: ExpectedToolCall,
  call: ToolCallRecord,
  before: ToolCallRecord | undefined,
): Failure[] {
  const { startMs } = call;
  if (call.name !== wanted.name) return [failure(`${field}.name`, wanted.name, call.name, startMs)];
  const failures: Failure[] = [];
  for (const name of ['kind', 'outcome'] as const) {
    const text = wanted[name];
    if (text !== undefined && text !== call[name])
      failures.push(failure(`${field}.${name}`, text, call[name], startMs));
  }
  for (const name of ['input', 'output'] as const) {
    if (wanted[name] && !holds(call[name], wanted[name])) {
      failures.push(failure(`${field}.${name}`, JSON.stringify(wanted[name]), JSON.stringify(call[name]), startMs));
    }
  }
  const isAtOnce = before !== undefined && startMs < before.startMs + before.durationMs;
  if (wanted.atOnce !== undefined && wanted.atOnce !== isAtOnce) {
    const said = (atOnce: boolean) => (atOnce ? 'at once with the one before' : 'not beside another');
    failures.push(failure(`${field}.atOnce`, said(wanted.atOnce), said(isAtOnce), startMs));
  }
  return failures;
}

/** What differs in the sound that the caller hears while tools work. */
export function waitingFailures(
  expected: NonNullable<Expectations['heard']>['waiting'],
  { waits }: Pick<ReplayedCall, 'waits'>,
  toolCalls: readonly ToolCallRecord[],
): Failure[] {
  if (!expected) return [];
  const { afterAtLeast, afterAtMost, ...length } = expected;
  const onMs = waits.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const failures = bounds('heard.waiting.', onMs, length);
  if (afterAtLeast === undefined && afterAtMost === undefined) return failures;
  const [wait] = waits;
  const [tool] = toolCalls;
  if (!wait || !tool) return [...failures, failure('heard.waiting.after', 'a sound while a tool works', 'none')];
  const afterMs = wait.startMs - tool.startMs;
  return [...failures, ...bounds('heard.waiting.after', afterMs, { atLeast: afterAtLeast, atMost: afterAtMost })];
}

/** Whether `found` holds all of `wanted`: objects and lists may hold more, texts may be patterns, everything else is equal. */
function holds(found: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string') {
    const pattern = patternIn(wanted);
    return pattern ? typeof found === 'string' && pattern.test(found) : found === wanted;
  }
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(found, wanted);
  if (typeof found !== 'object' || found === null || Array.isArray(found) !== Array.isArray(wanted)) return false;
  return Object.entries(wanted).every(([key, value]) => holds((found as Record<string, unknown>)[key], value));
}
