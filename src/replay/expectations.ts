import type { CallRecord, Turn } from '../call/record.js';
import { bounds, failure, ms } from './failure-words.js';
import { heardInterruptions, longestDeadAir, responseGaps } from './measures.js';
import type { Failure, ReplayedCall } from './replayed-call.js';
import type { CallScript, Expectations, ExpectedTurn } from './schema.js';
import { toolFailures, waitingFailures } from './tool-expectations.js';
import { type ExpectedWords, holdsWords, matchesWords, shownWords } from './words.js';

/** Twilio's words for messages that the bridge may never send. */
const FORBIDDEN_WARNINGS: readonly number[] = [31921, 31931, 31950, 31951];

/** Fewer keys than this could stand in a log by chance. */
const SHORTEST_CHECKED_ENTRY = 4;

/**
 * Everything that does not hold, in the order of the fixture's fields; empty when the call is as expected. What no fixture
 * has to ask for comes first: every step was taken, and neither carrier nor model had a complaint.
 */
export function failuresOf(script: CallScript, call: ReplayedCall, record: CallRecord | undefined): Failure[] {
  const { expect } = script;
  return [
    ...call.missed.map((message) => ({ field: 'caller', message })),
    ...call.warnings
      .filter(({ code }) => FORBIDDEN_WARNINGS.includes(code))
      .map(({ code, text, atMs }) => ({ field: 'carrier', message: `warning ${code}: ${text}`, atMs })),
    ...call.modelFaults.map((message) => ({ field: 'model', message })),
    ...recordFailures(expect, record),
    ...heardFailures(expect, call, record),
    ...wordsInOrder('spoken', expect.spoken, call.spoken),
    ...dialFailures(expect.dialled, call.dialled),
    ...knownFailures(expect.known, call.prompts),
    ...limitFailures(expect, call),
    ...clearFailures(expect, call),
    ...keyFailures(expect, call),
  ];
}

function recordFailures(expect: Expectations, record: CallRecord | undefined): Failure[] {
  if (!record) return [{ field: 'record', message: 'the bridge has no record of the call' }];
  return [
    ...turnFailures(expect, record.turns),
    ...toolFailures(expect.toolCalls, record.toolCalls),
    ...(expect.endReason === undefined || record.endReason === expect.endReason
      ? []
      : [failure('endReason', expect.endReason, String(record.endReason), record.durationMs ?? undefined)]),
    ...audioFailures(expect.audio, record),
  ];
}

function turnFailures(expect: Expectations, turns: readonly Turn[]): Failure[] {
  const failures = (expect.turns ?? []).flatMap((expected, index) => {
    const turn = turns[index];
    if (!turn) return [failure(`turns[${index}]`, `a turn of the ${expected.role}`, 'no more turns')];
    return oneTurn(expected, turn, `turns[${index}]`);
  });
  if (expect.turnCount !== undefined && turns.length !== expect.turnCount) {
    failures.push(
      failure('turnCount', `${expect.turnCount} turns`, `${turns.length}: ${turns.map(shownTurn).join(', ')}`),
    );
  }
  return failures;
}

function oneTurn(expected: ExpectedTurn, turn: Turn, field: string): Failure[] {
  const failures: Failure[] = [];
  const words = (name: 'text' | 'heardText', wanted: ExpectedWords | undefined, found: string) => {
    if (wanted && !matchesWords(wanted, found)) {
      failures.push(failure(`${field}.${name}`, shownWords(wanted), `"${found}"`, turn.startMs));
    }
  };
  if (turn.role !== expected.role) {
    return [failure(`${field}.role`, expected.role, shownTurn(turn), turn.startMs)];
  }
  words('text', expected.text, turn.text);
  if (expected.role === 'agent' && turn.role === 'agent') {
    words('heardText', expected.heardText, turn.heardText);
    if (expected.interrupted !== undefined && turn.interrupted !== expected.interrupted) {
      const said = (interrupted: boolean) => (interrupted ? 'an interrupted turn' : 'a turn heard to its end');
      failures.push(failure(`${field}.interrupted`, said(expected.interrupted), said(turn.interrupted), turn.endMs));
    }
  }
  return failures;
}

function audioFailures(expected: Expectations['audio'], record: CallRecord): Failure[] {
  if (!expected) return [];
  const { filledMs, droppedMs } = record.audio;
  return [
    ...bounds('audio.filled', filledMs, { atLeast: expected.filledAtLeast, atMost: expected.filledAtMost }),
    ...bounds('audio.dropped', droppedMs, { atMost: expected.droppedAtMost }),
  ];
}

function heardFailures(expect: Expectations, call: ReplayedCall, record: CallRecord | undefined): Failure[] {
  const { heard } = expect;
  if (!heard) return [];
  const failures = [
    ...bounds('heard.', call.heardMs, heard),
    ...waitingFailures(heard.waiting, call, record?.toolCalls ?? []),
  ];
  const { noGapOver, notAfterInterruption } = heard;
  if (noGapOver !== undefined) {
    for (const gap of call.gaps.filter(({ forMs }) => forMs > noGapOver)) {
      failures.push(failure('heard.noGapOver', `gaps up to ${noGapOver} ms`, `a gap of ${ms(gap.forMs)}`, gap.atMs));
    }
  }
  if (notAfterInterruption !== undefined) {
    const wanted = `silence ${notAfterInterruption} ms after the interruption`;
    for (const each of heardInterruptions(call)) {
      if (each.stoppedAfterMs > notAfterInterruption) {
        const found = `agent turn ${each.agentTurn} was heard for ${ms(each.stoppedAfterMs)}`;
        failures.push(failure('heard.notAfterInterruption', wanted, found, each.atMs));
      }
      if (each.resumedAtMs !== undefined) {
        const found = 'the agent was heard again while the caller spoke';
        failures.push(failure('heard.notAfterInterruption', wanted, found, each.resumedAtMs));
      }
    }
  }
  if (heard.text) {
    const agentTurns = record?.turns.filter((turn) => turn.role === 'agent') ?? [];
    const text = agentTurns
      .map((turn) => turn.heardText)
      .filter(Boolean)
      .join(' ');
    if (!matchesWords(heard.text, text)) failures.push(failure('heard.text', shownWords(heard.text), `"${text}"`));
  }
  return failures;
}

function wordsInOrder(
  field: string,
  expected: readonly ExpectedWords[] | undefined,
  found: ReplayedCall['spoken'],
): Failure[] {
  if (!expected) return [];
  const failures = expected.flatMap((wanted, index) => {
    const words = found[index];
    if (words && matchesWords(wanted, words.text)) return [];
    return [failure(`${field}[${index}]`, shownWords(wanted), words ? `"${words.text}"` : 'nothing', words?.atMs)];
  });
  const extra = found.slice(expected.length);
  return [...failures, ...extra.map(({ text, atMs }) => failure(field, 'no more words', `"${text}"`, atMs))];
}

function dialFailures(expected: Expectations['dialled'], found: ReplayedCall['dialled']): Failure[] {
  if (!expected) return [];
  const failures = expected.flatMap(({ to, whisper }, index) => {
    const field = `dialled[${index}]`;
    const person = found[index];
    if (person?.to !== to) return [failure(field, to, person?.to ?? 'nobody', person?.atMs)];
    if (!whisper || matchesWords(whisper, person.whisper)) return [];
    return [failure(`${field}.whisper`, shownWords(whisper), `"${person.whisper}"`, person.atMs)];
  });
  const extra = found.slice(expected.length);
  return [...failures, ...extra.map(({ to, atMs }) => failure('dialled', 'nobody else', to, atMs))];
}

function knownFailures(expected: Expectations['known'], prompts: readonly string[]): Failure[] {
  const [prompt = ''] = prompts;
  return (expected ?? []).flatMap((words, index) =>
    holdsWords(words, prompt) ? [] : [failure(`known[${index}]`, shownWords(words), `"${prompt}"`)],
  );
}

function limitFailures(expect: Expectations, call: ReplayedCall): Failure[] {
  const failures: Failure[] = [];
  const { responseGap, deadAir } = expect.limits ?? {};
  if (responseGap !== undefined) {
    for (const gap of responseGaps(call).filter(({ gapMs }) => gapMs > responseGap)) {
      const found = `${ms(gap.gapMs)} before agent turn ${gap.agentTurn}`;
      failures.push(failure('limits.responseGap', `at most ${responseGap} ms`, found, gap.atMs));
    }
  }
  if (deadAir !== undefined) {
    const longest = longestDeadAir(call);
    if (longest.forMs > deadAir) {
      failures.push(failure('limits.deadAir', `at most ${deadAir} ms`, ms(longest.forMs), longest.atMs));
    }
  }
  return failures;
}

function clearFailures(expect: Expectations, call: ReplayedCall): Failure[] {
  if (expect.clears === undefined || expect.clears === call.clears.length) return [];
  const times = call.clears.map(({ atMs }) => ms(atMs)).join(', ');
  return [failure('clears', String(expect.clears), times === '' ? 'none' : `${call.clears.length}, at ${times}`)];
}

function keyFailures(expect: Expectations, call: ReplayedCall): Failure[] {
  if (expect.keysNotInLog !== true) return [];
  const keys = call.callerActs.filter(({ kind }) => kind === 'press').map(({ words }) => words.replace(/[^0-9]/g, ''));
  const checked = keys.filter((entry) => entry.length >= SHORTEST_CHECKED_ENTRY);
  if (checked.length === 0) {
    return [
      failure('keysNotInLog', `an entry of ${SHORTEST_CHECKED_ENTRY} digits or more`, 'none: nothing can be told'),
    ];
  }
  const lines = call.logLines.map((line) => line.replace(/"time":\d+/, ''));
  const leaking = lines.find((line) => checked.some((entry) => line.includes(entry)));
  return leaking === undefined ? [] : [failure('keysNotInLog', 'no log line with the keys', leaking.slice(0, 200))];
}

function shownTurn(turn: Turn): string {
  return `${turn.role} "${turn.text}"`;
}
