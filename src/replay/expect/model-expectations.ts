import type { CallRecord, StreamRecord } from '../../call/record.js';
import type { Expectations } from '../fixture/schema.js';
import { patternIn } from '../fixture/words.js';
import type { Failure, HistoryTurn, ReplayedCall } from '../replayed-call.js';
import { bounds, failure, wordFailures } from './failure-words.js';

/** How a stream closed when the next one had taken over. */
const RENEWED = 'renewed';

type ExpectedHistory = NonNullable<NonNullable<Expectations['streams']>[number]['history']>;

/** What differs in the streams to the voice model and in what it counted. */
export function modelFailures(
  expect: Expectations,
  { streams, usage }: Pick<CallRecord, 'streams' | 'usage'>,
  { mediaEndMs, histories }: Pick<ReplayedCall, 'mediaEndMs' | 'histories'>,
): Failure[] {
  return [
    ...streamFailures(expect.streams, streams, mediaEndMs),
    ...historyFailures(expect.streams, streams, histories),
    ...renewalFailures(expect.renewals, streams, mediaEndMs),
    ...usageFailures(expect.usage, usage, mediaEndMs),
  ];
}

function streamFailures(
  expected: Expectations['streams'],
  streams: readonly StreamRecord[],
  mediaEndMs: number,
): Failure[] {
  if (!expected) return [];
  const failures = expected.flatMap((wanted, index) => {
    const field = `streams[${index}]`;
    const stream = streams[index];
    if (!stream) return [failure(field, 'a stream', 'no more streams', mediaEndMs)];
    return (['closed', 'modelId', 'region'] as const).flatMap((name) => {
      const text = wanted[name];
      const found = stream[name];
      if (text === undefined || found === text || patternIn(text)?.test(found ?? '')) return [];
      const atMs = name === 'closed' ? (stream.closedMs ?? mediaEndMs) : stream.openedMs;
      return [failure(`${field}.${name}`, text, found ?? 'a stream that is open', atMs)];
    });
  });
  const extra = streams.slice(expected.length);
  return [...failures, ...extra.map(({ openedMs }) => failure('streams', 'no more streams', 'another', openedMs))];
}

function historyFailures(
  expected: Expectations['streams'] = [],
  streams: readonly StreamRecord[],
  histories: ReplayedCall['histories'],
): Failure[] {
  return expected.flatMap(({ history }, index) => {
    const stream = streams[index];
    if (!history || !stream) return [];
    const field = `streams[${index}].history`;
    const told = histories[index];
    if (!told) return [failure(field, 'what the stream was told', 'nothing: it is not known here', stream.openedMs)];
    return oneHistory(field, history, told, stream.openedMs);
  });
}

function oneHistory(
  field: string,
  expected: ExpectedHistory,
  told: readonly HistoryTurn[],
  openedMs: number,
): Failure[] {
  const failures = expected.flatMap(({ role, text }, index) => {
    const at = `${field}[${index}]`;
    const turn = told[index];
    if (!turn) return [failure(at, `a turn of the ${role}`, 'no more turns', openedMs)];
    if (turn.role !== role) return [failure(`${at}.role`, role, `${turn.role} "${turn.text}"`, openedMs)];
    return text ? wordFailures(`${at}.text`, text, turn.text, openedMs) : [];
  });
  const extra = told.slice(expected.length);
  const tooMany = extra.map(({ role, text }) => failure(field, 'no more turns', `${role} "${text}"`, openedMs));
  return [...failures, ...tooMany];
}

function renewalFailures(
  expected: number | undefined,
  streams: readonly StreamRecord[],
  mediaEndMs: number,
): Failure[] {
  const renewed = streams.filter(({ closed }) => closed === RENEWED);
  if (expected === undefined || renewed.length === expected) return [];
  const found = `${renewed.length}: the streams closed as ${streams.map(({ closed }) => closed ?? 'open').join(', ')}`;
  return [failure('renewals', String(expected), found, renewed[expected]?.closedMs ?? mediaEndMs)];
}

function usageFailures(expected: Expectations['usage'], usage: CallRecord['usage'], mediaEndMs: number): Failure[] {
  const sides = ['input', 'output'] as const;
  const kinds = ['speechTokens', 'textTokens'] as const;
  return sides.flatMap((side) =>
    kinds.flatMap((kind) => {
      const limits = expected?.[side]?.[kind];
      return limits
        ? bounds(`usage.${side}.${kind}.`, usage[side][kind], limits, { shown: String, atMs: mediaEndMs })
        : [];
    }),
  );
}
