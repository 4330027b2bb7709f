import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { aligned } from '../../src/replay/run/align.js';
import { comparedCall, differencesOf } from '../../src/replay/run/compare.js';
import { readRunFile, runJson } from '../../src/replay/run/run-file.js';
import { differenceLines } from '../../src/replay/run/run-table.js';
import { agentTurn, CALLER_TURN, callRecord, toolCall } from './calls.js';
import { runCall, runOf, WRONG_ENDING } from './runs.js';

const before = (record: Partial<CallRecord> = {}) => ({
  startedAt: '2026-01-01T09:00:00.000Z',
  calls: [comparedCall(runCall({ record: callRecord(record) }))],
});
const now = (record: Partial<CallRecord> = {}) => runOf([runCall({ record: callRecord(record) })]);
const found = (was: Partial<CallRecord>, is: Partial<CallRecord>) =>
  differencesOf(before(was), now(is))[0]?.differences;

describe('two runs turn by turn', () => {
  it('are the same but for case, punctuation, ids and 100 ms', () => {
    const was = { turns: [CALLER_TURN, agentTurn({ responseGapMs: 1000 })], toolCalls: [toolCall()] };
    const is = {
      turns: [{ ...CALLER_TURN, text: 'Go forward, ten meters!' }, agentTurn({ responseGapMs: 1100 })],
      toolCalls: [toolCall({ id: 't2', startMs: 3400, durationMs: 900 })],
    };

    expect(found(was, is)).toEqual([]);
  });

  it('differ in words, as heard or as generated', () => {
    expect(found({}, { turns: [CALLER_TURN, agentTurn({ text: 'No.', heardText: 'No.' })] })).toEqual([
      { kind: 'text', about: 'turn 2 (agent)', before: 'Thank you. You entered ten.', now: 'No.', atMs: 4000 },
    ]);
    expect(found({}, { turns: [CALLER_TURN, agentTurn({ heardText: 'Thank', interrupted: true })] })).toMatchObject([
      { kind: 'text', about: 'turn 2 (agent), as heard', now: 'Thank' },
      { kind: 'interrupted', before: 'heard to its end', now: 'interrupted' },
    ]);
  });

  it('differ in a wait that is longer or shorter by more than 100 ms', () => {
    const turns = (responseGapMs: number) => ({ turns: [CALLER_TURN, agentTurn({ responseGapMs })] });

    expect(found(turns(1000), turns(1101))).toMatchObject([
      { kind: 'gap', about: 'the wait for turn 2 (agent)', before: '1000 ms', now: '1101 ms' },
    ]);
    expect(found(turns(1000), turns(890))).toHaveLength(1);
  });

  it('differ in one turn when one came in between', () => {
    const wait = agentTurn({ text: 'One moment.', heardText: 'One moment.', startMs: 3500 });

    expect(found({}, { turns: [CALLER_TURN, wait, agentTurn()] })).toEqual([
      { kind: 'turn', about: 'turn 2 (agent)', before: 'no such turn', now: 'One moment.', atMs: 3500 },
    ]);
    expect(found({ turns: [CALLER_TURN, wait, agentTurn()] }, {})).toMatchObject([
      { kind: 'turn', before: 'One moment.', now: 'no such turn' },
    ]);
  });

  it('differ in tools and in the ending', () => {
    const is = { toolCalls: [toolCall({ input: { order: '7' }, outcome: 'failed' })], endReason: 'silence' as const };

    expect(found({ toolCalls: [toolCall({ input: { order: '6' } }), toolCall({ name: 'other' })] }, is)).toMatchObject([
      { about: 'tool order_status, outcome', before: 'answered', now: 'failed' },
      { about: 'tool order_status, input', before: '{"order":"6"}', now: '{"order":"7"}' },
      { about: 'tool other', now: 'not called' },
      { kind: 'ending', before: 'caller-hung-up', now: 'silence' },
    ]);
  });

  it('differ in what is expected, and in which calls there are', () => {
    const earlier = { startedAt: '', calls: [...before().calls, { ...before().calls[0]!, name: 'gone-call' }] };
    const run = runOf([runCall({ failures: [WRONG_ENDING] }), runCall({ name: 'new-call' })]);

    const calls = differencesOf(earlier, run);

    expect(calls.map(({ name, state }) => [name, state])).toEqual([
      ['question-gets-an-answer', 'compared'],
      ['new-call', 'new'],
      ['gone-call', 'gone'],
    ]);
    expect(calls[0]?.differences).toMatchObject([{ kind: 'verdict', before: 'as expected', now: 'not as expected' }]);
    expect(differenceLines(earlier, calls)).toMatch(
      /not in that run: new-call\n.*only in that run: gone-call\n.*1 of 1 calls/,
    );
  });

  it('are compared with the variant that comes nearest', () => {
    const run = runOf([runCall({}, { variant: 'loss=2', round: 3 })]);

    expect(differencesOf(before(), run)).toMatchObject([{ state: 'compared', differences: [] }]);
  });
});

describe('the JSON file of a run', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'run-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('is read back as it was, and holds no sound and no log', () => {
    const path = join(dir, 'run.json');
    const run = runOf([
      runCall({ record: callRecord({ toolCalls: [toolCall()] }) }),
      runCall({ name: 'b', call: undefined, record: undefined, failures: [{ field: 'call', message: 'no' }] }),
    ]);
    const text = JSON.stringify(runJson(run));
    writeFileSync(path, text);

    expect(differencesOf(readRunFile(path), run).flatMap(({ state, differences }) => [state, ...differences])).toEqual([
      'compared',
      'compared',
    ]);
    expect(text).not.toMatch(/"heard":|"said":|"logLines":/);
    expect(JSON.parse(text)).toMatchObject({ format: 1, counts: { wanted: 2, passed: 1, failed: 0, notRun: 1 } });
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"format":2,"startedAt":"","calls":[]}'],
    ['a report of one call', '{"name":"a","passed":true}'],
  ])('is refused with its name when it is %s', (_name, text) => {
    const path = join(dir, 'bad.json');
    writeFileSync(path, text);

    expect(() => readRunFile(path)).toThrow(
      expect.objectContaining({ code: 'FIXTURE_INVALID', message: expect.stringContaining('bad.json') }),
    );
  });

  it('is refused when it is not there', () => {
    expect(() => readRunFile(join(dir, 'nowhere.json'))).toThrow(/nowhere\.json.*ENOENT/);
  });
});

describe('two lists side by side', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  const cost = (a: string, b: string) => (a === b ? 0 : 3);

  it('lose nothing and keep their order', () => {
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const pairs = aligned(one, other, cost);

        expect(pairs.flatMap(({ before: item }) => item ?? [])).toEqual(one);
        expect(pairs.flatMap(({ now: item }) => item ?? [])).toEqual(other);
      }),
    );
  });

  it('put together only what is the same, and as much of it as there is', () => {
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const together = aligned(one, other, cost).filter(
          (pair) => pair.before !== undefined && pair.now !== undefined,
        );

        expect(together.every((pair) => pair.before === pair.now)).toBe(true);
        expect(together.length).toBe(longestCommon(one, other));
      }),
    );
  });
});

function longestCommon(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return 0;
  const row = new Array<number>(other.length + 1).fill(0);
  for (const a of one) {
    let diagonal = 0;
    for (const [index, b] of other.entries()) {
      const above = row[index + 1]!;
      row[index + 1] = a === b ? diagonal + 1 : Math.max(above, row[index]!);
      diagonal = above;
    }
  }
  return row.at(-1)!;
}
