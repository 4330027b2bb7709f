import type { CallRecord, Turn } from '../../call/record.js';
import type { CallScript, Expectations, ExpectedTurn } from '../fixture/schema.js';
import { type ExpectedWords, shownWords } from '../fixture/words.js';
import type { Failure, ReplayedCall } from '../replayed-call.js';
import { inOrder } from './failure-order.js';
import { bounds, failure, forbiddenWords, missingWords, ms, withTurns, wordFailures } from './failure-words.js';
import { heardFailures, limitFailures } from './heard-expectations.js';
import { modelFailures } from './model-expectations.js';
import { toolFailures } from './tool-expectations.js';

/** Twilio's words for messages that the bridge may never send. */
const FORBIDDEN_WARNINGS: readonly number[] = [31921, 31931, 31950, 31951];

/** Fewer keys than this could stand in a log by chance. */
const SHORTEST_CHECKED_ENTRY = 4;

/**
 * Everything that does not hold, by its time in the call and mere consequences last; empty when the call is as expected. No
 * fixture has to ask that every step was taken, and that neither carrier nor model had a complaint. What words mean only a
 * judge can tell (`judged`): until then such an expectation fails.
 */
export function failuresOf(script: CallScript, call: ReplayedCall, record: CallRecord | undefined): Failure[] {
  const { expect } = script;
  const failures = [
    ...call.missed.map(({ message, atMs }) => ({ field: 'caller', message, atMs: Math.round(atMs) })),
    ...call.warnings
      .filter(({ code }) => FORBIDDEN_WARNINGS.includes(code))
      .map(({ code, text, atMs }) => ({
        field: 'carrier',
        message: `warning ${code}: ${text}`,
        atMs: Math.round(atMs),
      })),
    ...call.modelFaults.map(({ message, atMs }) => ({ field: 'model', message, atMs: Math.round(atMs) })),
    ...recordFailures(expect, call, record),
    ...heardFailures(expect, call, record),
    ...wordsInOrder('spoken', expect.spoken, call),
    ...dialFailures(expect.dialled, call),
    ...(expect.known ?? []).flatMap((words, index) => missingWords(`known[${index}]`, words, call.prompts[0] ?? '', 0)),
    ...limitFailures(expect, call),
    ...clearFailures(expect, call),
    ...keyFailures(expect, call),
  ];
  return inOrder(withTurns(failures, record?.turns ?? []));
}

function recordFailures(expect: Expectations, call: ReplayedCall, record: CallRecord | undefined): Failure[] {
  if (!record) {
    const message = 'the bridge has no record of the call';
    return [{ field: 'record', message, atMs: Math.round(call.mediaEndMs) }];
  }
  return [
    ...turnFailures(expect, record.turns, call.mediaEndMs),
    ...(expect.said?.not ?? []).flatMap((words, index) =>
      record.turns.flatMap((turn, position) => (turn.role === 'agent' ? unsaid(words, index, turn, position) : [])),
    ),
    ...toolFailures(expect, record.toolCalls, call),
    ...(expect.endReason === undefined || record.endReason === expect.endReason
      ? []
      : [failure('endReason', expect.endReason, String(record.endReason), record.durationMs ?? call.mediaEndMs)]),
    ...modelFailures(expect, record, call),
    ...audioFailures(expect.audio, record, call.mediaEndMs),
  ];
}

function unsaid(words: ExpectedWords, index: number, turn: Turn, position: number): Failure[] {
  const failures = forbiddenWords(`said.not[${index}]`, words, turn.text, turn.startMs);
  return failures.map((each) => ({ ...each, turn: position + 1 }));
}

function turnFailures(expect: Expectations, turns: readonly Turn[], mediaEndMs: number): Failure[] {
  const failures = (expect.turns ?? []).flatMap((expected, index) => {
    const turn = turns[index];
    const found = turn
      ? oneTurn(expected, turn, `turns[${index}]`)
      : [failure(`turns[${index}]`, `a turn of the ${expected.role}`, 'no more turns', mediaEndMs)];
    return found.map((each) => ({ ...each, turn: index + 1 }));
  });
  const { turnCount } = expect;
  if (turnCount !== undefined && turns.length !== turnCount) {
    const atMs = turns[turnCount]?.startMs ?? mediaEndMs;
    const found = `${turns.length}: ${turns.map(shownTurn).join(', ')}`;
    failures.push({
      ...failure('turnCount', `${turnCount} turns`, found, atMs),
      turn: Math.min(turnCount, turns.length) + 1,
    });
  }
  return failures;
}

function oneTurn(expected: ExpectedTurn, turn: Turn, field: string): Failure[] {
  if (turn.role !== expected.role) return [failure(`${field}.role`, expected.role, shownTurn(turn), turn.startMs)];
  const words = (name: 'text' | 'heardText', wanted: ExpectedWords | undefined, found: string) =>
    wanted ? wordFailures(`${field}.${name}`, wanted, found, turn.startMs) : [];
  const failures = words('text', expected.text, turn.text);
  if (expected.role !== 'agent' || turn.role !== 'agent') return failures;
  failures.push(...words('heardText', expected.heardText, turn.heardText));
  if (expected.interrupted !== undefined && turn.interrupted !== expected.interrupted) {
    const said = (interrupted: boolean) => (interrupted ? 'an interrupted turn' : 'a turn heard to its end');
    failures.push(failure(`${field}.interrupted`, said(expected.interrupted), said(turn.interrupted), turn.endMs));
  }
  return failures;
}

function audioFailures(expected: Expectations['audio'], record: CallRecord, atMs: number): Failure[] {
  if (!expected) return [];
  const { filledMs, droppedMs } = record.audio;
  return [
    ...bounds('audio.filled', filledMs, { atLeast: expected.filledAtLeast, atMost: expected.filledAtMost }, { atMs }),
    ...bounds('audio.dropped', droppedMs, { atMost: expected.droppedAtMost }, { atMs }),
  ];
}

function wordsInOrder(
  field: string,
  expected: readonly ExpectedWords[] | undefined,
  { spoken, end }: ReplayedCall,
): Failure[] {
  if (!expected) return [];
  const failures = expected.flatMap((wanted, index) => {
    const words = spoken[index];
    if (words) return wordFailures(`${field}[${index}]`, wanted, words.text, words.atMs);
    return [failure(`${field}[${index}]`, shownWords(wanted), 'nothing', end.endedMs)];
  });
  const extra = spoken.slice(expected.length);
  return [...failures, ...extra.map(({ text, atMs }) => failure(field, 'no more words', `"${text}"`, atMs))];
}

function dialFailures(expected: Expectations['dialled'], { dialled, end }: ReplayedCall): Failure[] {
  if (!expected) return [];
  const failures = expected.flatMap(({ to, whisper }, index) => {
    const field = `dialled[${index}]`;
    const person = dialled[index];
    if (person?.to !== to) return [failure(field, to, person?.to ?? 'nobody', person?.atMs ?? end.endedMs)];
    return whisper ? wordFailures(`${field}.whisper`, whisper, person.whisper, person.atMs) : [];
  });
  const extra = dialled.slice(expected.length);
  return [...failures, ...extra.map(({ to, atMs }) => failure('dialled', 'nobody else', to, atMs))];
}

function clearFailures(expect: Expectations, call: ReplayedCall): Failure[] {
  if (expect.clears === undefined || expect.clears === call.clears.length) return [];
  const times = call.clears.map(({ atMs }) => ms(atMs)).join(', ');
  const found = times === '' ? 'none' : `${call.clears.length}, at ${times}`;
  const atMs = call.clears[expect.clears]?.atMs ?? call.mediaEndMs;
  return [failure('clears', String(expect.clears), found, atMs)];
}

function keyFailures(expect: Expectations, call: ReplayedCall): Failure[] {
  if (expect.keysNotInLog !== true) return [];
  const entries = call.callerActs
    .filter(({ kind }) => kind === 'press')
    .map(({ words, startMs }) => ({ digits: words.replace(/[^0-9]/g, ''), startMs }))
    .filter(({ digits }) => digits.length >= SHORTEST_CHECKED_ENTRY);
  if (entries.length === 0) {
    const wanted = `an entry of ${SHORTEST_CHECKED_ENTRY} digits or more`;
    return [failure('keysNotInLog', wanted, 'none: nothing can be told', call.end.endedMs)];
  }
  const lines = call.logLines.map((line) => line.replace(/"time":\d+/, ''));
  for (const { digits, startMs } of entries) {
    const leaking = lines.find((line) => line.includes(digits));
    if (leaking) return [failure('keysNotInLog', 'no log line with the keys', leaking.slice(0, 200), startMs)];
  }
  return [];
}

function shownTurn(turn: Turn): string {
  return `${turn.role} "${turn.text}"`;
}
