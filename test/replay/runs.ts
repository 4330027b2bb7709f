import type { RunOptions } from '../../src/replay/run/run-options.js';
import type { Run, RunCall } from '../../src/replay/run/run-results.js';
import type { Terminal } from '../../src/replay/run/terminal.js';
import { replayResult } from './calls.js';

export function runCall(
  changes: Partial<RunCall['result']> = {},
  place: Partial<Omit<RunCall, 'result'>> = {},
): RunCall {
  return { result: replayResult(changes), variant: '', round: 1, ...place };
}

/** Of calls that were replayed once, in whatever variants they name. */
export function runOf(calls: readonly RunCall[], changes: Partial<Run> = {}): Run {
  return {
    startedAt: '2026-01-01T10:00:00.000Z',
    tookMs: 12_000,
    where: 'the local stack',
    variants: [...new Set(calls.map(({ variant }) => variant))],
    rounds: 1,
    wanted: calls.length,
    calls,
    ...changes,
  };
}

export const WRONG_WORDS = {
  field: 'turns[1].heardText',
  message: 'expected "Thank you.", found "Thank you. You entered ten."',
  expected: '"Thank you."',
  found: '"Thank you. You entered ten."',
  atMs: 4000,
};
export const WRONG_ENDING = {
  field: 'endReason',
  message: 'expected silence, found caller-hung-up',
  expected: 'silence',
  found: 'caller-hung-up',
  atMs: 8000,
};

/** A terminal that keeps what it is told and answers what it is given. */
export function fakeTerminal(
  answers: readonly string[] = [],
): Terminal & { printed(): string; told(): string; questions: string[] } {
  const printed: string[] = [];
  const told: string[] = [];
  const questions: string[] = [];
  const left = [...answers];
  return {
    print: (text) => void printed.push(text),
    tell: (text) => void told.push(text),
    bar: undefined,
    isInteractive: answers.length > 0,
    async ask(question) {
      questions.push(question);
      const answer = left.shift();
      if (answer === undefined) throw new Error(`nobody answers: ${question}`);
      return answer;
    },
    printed: () => printed.join(''),
    told: () => told.join(''),
    questions,
  };
}

/** What a tester who gives no option asks for. */
export function runOptions(changes: Partial<RunOptions> = {}): RunOptions {
  return {
    places: [],
    bail: false,
    repeat: 1,
    speed: 1,
    virtual: false,
    webhook: false,
    agents: [],
    agentVersions: [],
    impairments: [],
    update: false,
    yes: false,
    ...changes,
  };
}
