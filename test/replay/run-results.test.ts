import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { exitCodeOf, failureCounts, rowsOf, runSentence } from '../../src/replay/run/run-results.js';
import { runTable } from '../../src/replay/run/run-table.js';
import { replayedCall } from './calls.js';
import { runCall, runOf, WRONG_ENDING, WRONG_WORDS } from './runs.js';

const NOT_RUN = {
  call: undefined,
  record: undefined,
  failures: [{ field: 'call', message: 'could not be replayed: 11200' }],
};
const SLOW = replayedCall({ agentStretches: [{ startMs: 5000, endMs: 7000, cut: false }] });

const table = (run: Parameters<typeof runTable>[0]) => stripVTControlCharacters(runTable(run));

describe('the exit code', () => {
  it.each([
    ['0 when all is as expected', [runCall()], 0],
    ['1 when an expectation failed', [runCall(), runCall({ failures: [WRONG_ENDING] })], 1],
    [
      '2 when a call could not be placed, whatever else failed',
      [runCall({ failures: [WRONG_ENDING] }), runCall(NOT_RUN)],
      2,
    ],
  ] as const)('is %s', (_name, calls, code) => {
    expect(exitCodeOf({ calls })).toBe(code);
  });
});

describe('a run', () => {
  it('counts how many of the rounds passed, and how often each expectation failed', () => {
    const both = { failures: [WRONG_WORDS, WRONG_ENDING, { ...WRONG_ENDING, message: 'again' }] };
    const calls = [runCall(), runCall(both, { round: 2 }), runCall({ failures: [WRONG_ENDING] }, { round: 3 })];
    const run = runOf(calls, { rounds: 3 });

    expect(rowsOf(run)).toMatchObject([{ verdict: 'failed', cells: [{ passedCount: 1, verdict: 'failed' }] }]);
    expect(failureCounts(calls.map(({ result }) => result))).toMatchObject([
      { field: 'endReason', count: 2, example: WRONG_ENDING },
      { field: 'turns[1].heardText', count: 1 },
    ]);
    expect(table(run)).toMatch(/✗ question-gets-an-answer {2}1\/3\s.*\n\s+2 of 3 times {2}endReason: expected silence/);
  });

  it('has a cell for each variant, with the longest wait in it', () => {
    const calls = [runCall({}, { variant: 'none' }), runCall({ call: SLOW }, { variant: 'loss=2' })];

    const [row] = rowsOf(runOf(calls));

    expect(row?.cells.map(({ slowestGapMs }) => slowestGapMs)).toEqual([1100, 2100]);
    expect(table(runOf(calls))).toMatch(
      /call\s+none\s+loss=2\n✓ question-gets-an-answer\s+✓ {2}1100 ms\s+✓ {2}2100 ms/,
    );
  });

  it('says in one sentence what failed, what could not be run and what was not begun', () => {
    const calls = [runCall(), runCall({ name: 'b', failures: [WRONG_ENDING] }), runCall({ name: 'c', ...NOT_RUN })];

    expect(runSentence(runOf(calls, { wanted: 5 }))).toBe(
      '1 of 3 calls not as expected, 1 could not be run, 2 not begun',
    );
    expect(runSentence(runOf([runCall()]))).toBe('1 calls as expected');
  });
});

describe('the terminal table', () => {
  it('names every call and what does not hold', () => {
    const run = runOf([runCall(), runCall({ name: 'b', failures: [WRONG_WORDS, WRONG_ENDING] })]);

    expect(table(run)).toMatch(/✓ question-gets-an-answer\s+8\.0 s\s+1100 ms/);
    expect(table(run)).toContain('endReason: expected silence, found caller-hung-up (at 8.00 s)');
    expect(table(run)).toContain('1 of 2 calls not as expected');
  });

  it('says with what all calls were replayed', () => {
    expect(table(runOf([runCall({}, { variant: 'jitter=40' })]))).toMatch(/^ {2}with jitter=40\n/);
  });

  it('stands without a call', () => {
    expect(table(runOf([runCall(NOT_RUN)]))).toMatch(/! question-gets-an-answer\s+-\s+-\n.*11200/);
  });
});
