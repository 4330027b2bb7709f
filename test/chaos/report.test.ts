import { describe, expect, it } from 'vitest';
import { STALLED_MS } from '../../src/call/progress.js';
import { OPENING_LIMIT_MS } from '../../src/call/voice-line.js';
import type { CallFault, Part } from '../../src/chaos/faults.js';
import type { Violation } from '../../src/chaos/judge.js';
import type { CallPlan } from '../../src/chaos/plan.js';
import { figuresOf, formatFigures, formatViolations } from '../../src/chaos/report.js';
import type { CallResult } from '../../src/chaos/round.js';
import type { RunResult } from '../../src/chaos/run.js';

const plan = (kind: CallPlan['kind'] = 'plain'): CallPlan => ({ index: 3, kind, turns: [], faults: [], seed: 1 });

const result = (changes: Partial<CallResult> = {}): CallResult => ({
  plan: plan(),
  callSid: 'CA1',
  violations: [],
  uncommitted: 0,
  recoveries: [],
  changes: [],
  gapsMs: [],
  stalledGapsMs: [],
  cutMs: undefined,
  reconnections: [],
  streams: [],
  durationMs: 1,
  story: [],
  ...changes,
});

const gauge = (heapUsed: number, sockets = 10) => ({ heapUsed, rss: heapUsed, sockets });

const run = (changes: Partial<RunResult> = {}): RunResult => ({
  ...{ seed: 5, calls: 240, atOnce: 40 },
  ...{ rounds: { faults: [result()] }, killed: {}, memory: {} },
  stalls: { count: 0, longestMs: 0 },
  refused: 0,
  left: { streams: 0, sessions: 0 },
  ...changes,
});

const rounds = (part: Part, ...calls: Partial<CallResult>[]) => run({ rounds: { [part]: calls.map(result) } });
const figure = (words: string, given: RunResult) => figuresOf(given).find((each) => each.figure.startsWith(words));
const felt = (...given: [CallFault, number][]) =>
  rounds('faults', {
    recoveries: given.map(([fault, silentMs]) => ({ fault, state: 'answer' as const, silentMs })),
  });

it('a run without a broken promise has no figure that falls short', () => {
  expect(figuresOf(run()).filter(({ met }) => met === false)).toEqual([]);
});

it('a run without calls has no figure that is met by it', () => {
  const met = figuresOf(run({ rounds: {} })).filter((each) => each.met === true);

  expect(met.map((each) => each.figure)).toEqual(['model streams and sessions left open']);
});

describe('a broken rule of one call makes a figure fall short:', () => {
  it.each<[Violation['rule'], string]>([
    ['lost', 'calls lost'],
    ['not answered', 'questions not answered'],
    ['answered twice', 'words answered twice'],
    ['asked twice', 'words answered twice'],
    ['credited unheard', 'words credited'],
    ['silence', 'silences over 4 s'],
    ['missing on record', 'turns missing on record'],
    ['twice on record', 'turns missing on record'],
    ['carrier warned', 'rules of carrier and model'],
    ['model rule broken', 'rules of carrier and model'],
    ['recording', 'recordings not kept'],
  ])('%s', (rule, words) => {
    for (const part of ['faults', 'kill-9', 'kill-9-in-renewal', 'stand-still', 'renewal'] as const) {
      const broken = rounds(part, {}, { violations: [{ rule, words: 'why' }] });

      expect(figure(words, broken)).toMatchObject({ measured: '1 in 2 calls', met: false });
      expect(figure(words, rounds(part, {}))).toMatchObject({ measured: '0 in 1 calls', met: true });
    }
  });
});

describe('the time to the next word', () => {
  const usual = 'stream lost to the agent';
  const goals = (given: RunResult) =>
    [usual, 'the same for a stream that falls silent', 'the same for one whose successor'].map(
      (words) => figure(words, given)?.met,
    );

  it('falls short over a second, unless a loss is only known by waiting', () => {
    expect(goals(felt(['tcp-reset', 1000]))).toEqual([true, undefined, undefined]);
    expect(goals(felt(['tcp-reset', 1001]))).toEqual([false, undefined, undefined]);
    expect(goals(felt(['stall', STALLED_MS + 1000]))).toEqual([undefined, true, undefined]);
    expect(goals(felt(['stall', STALLED_MS + 1001]))).toEqual([undefined, false, undefined]);
    expect(goals(felt(['opening-hang', OPENING_LIMIT_MS + 1000]))).toEqual([undefined, undefined, true]);
    expect(goals(felt(['opening-hang', OPENING_LIMIT_MS + 1001]))).toEqual([undefined, undefined, false]);
  });

  it('is that of 95 in 100', () => {
    const nineteen = Array.from({ length: 19 }, (): [CallFault, number] => ['tcp-reset', 10]);

    expect(figure(usual, felt(...nineteen, ['opening-503', 5000]))).toMatchObject({
      measured: '10 ms (20)',
      met: true,
    });
    expect(figure(usual, felt(['opening-503', 5000], ['tcp-reset', 10]))).toMatchObject({ met: false });
  });
});

describe('a kill', () => {
  it.each([
    ['kill-9', 'calls alive after kill -9 of the one of two that carried them'],
    ['kill-9-in-drain', 'calls alive after kill -9 of the one of two that carried them while it handed calls over'],
    ['kill-9-in-renewal', 'calls alive after kill -9 of the one of two that carried them while streams were renewed'],
  ] as const)('falls short when a call died of it, or it met none: %s', (part, words) => {
    const met = (carried: number, alive: number) =>
      figuresOf(run({ killed: { [part]: { carried, alive } } })).find((each) => each.figure === words)?.met;

    expect(met(8, 8)).toBe(true);
    expect(met(8, 7)).toBe(false);
    expect(met(0, 0)).toBe(false);
    expect(figuresOf(run()).find((each) => each.figure === words)).toMatchObject({ measured: 'not measured' });
  });

  it('is followed by media, and by a model that hears the caller, within a time', () => {
    const back = (mediaMs: number, modelMs: number | undefined) =>
      ['reconnect request to media', 'reconnect request to another model'].map(
        (words) => figure(words, rounds('kill-9', { reconnections: [{ mediaMs, modelMs }] }))?.met,
      );

    expect(back(1500, 1500)).toEqual([true, true]);
    expect(back(1501, 1501)).toEqual([false, false]);
    expect(back(300, undefined)).toEqual([true, undefined]);
  });

  it('may keep the last turn of a call from the record, which is told', () => {
    const given = rounds('kill-9', { uncommitted: 1 }, {}, { uncommitted: 1 });

    expect(figure('last turns that kill -9 kept', given)).toMatchObject({ measured: '2 in 3 calls', met: undefined });
  });
});

describe('renewals', () => {
  const changed = (lost: number, repeated: number) =>
    rounds('renewal', { plan: plan('hold'), changes: [{ stream: 1, lost, repeated }] });
  const ofHold = 'caller audio at a renewal, hold';

  it('fall short by one sample lost or repeated, and when there was none', () => {
    expect(figure(ofHold, changed(0, 0))?.met).toBe(true);
    expect(figure(ofHold, changed(1, 0))?.met).toBe(false);
    expect(figure(ofHold, changed(0, 1))?.met).toBe(false);
    expect(figure(ofHold, rounds('renewal', { plan: plan('hold') }))).toMatchObject({
      measured: 'no renewal',
      met: false,
    });
  });

  it('fall short by a gap in the agent’s speech, but not by one that was nobody’s fault', () => {
    expect(figure('gaps over 40 ms', rounds('renewal', { gapsMs: [90] }))?.met).toBe(false);
    expect(figure('gaps over 40 ms', rounds('renewal', { stalledGapsMs: [90] }))?.met).toBe(true);
    expect(figure('the same while a process', rounds('renewal', { stalledGapsMs: [90] }))?.measured).toBe('1');
  });

  it('have a time of their own for an answer that outlasts its stream', () => {
    expect(figure('gap in an answer', rounds('renewal', { cutMs: 1000 }))).toMatchObject({
      measured: '1000 ms (1)',
      met: true,
    });
    expect(figure('gap in an answer', rounds('renewal', { cutMs: 1001 }))?.met).toBe(false);
    expect(figure('gap in an answer', rounds('renewal', {}))?.met).toBeUndefined();
  });
});

describe('what is left', () => {
  it('must be no stream and no session', () => {
    expect(figure('model streams', run({ left: { streams: 1, sessions: 0 } }))?.met).toBe(false);
    expect(figure('model streams', run({ left: { streams: 0, sessions: 1 } }))?.met).toBe(false);
  });

  it.each([
    ['faults', 'faults'],
    ['kill-9', 'kill -9, of the one that is left'],
    ['rolling-restart', 'rolling restarts, both before and both after'],
    ['renewal', 'renewals'],
  ] as const)('must be no more memory and sockets than before: %s', (part, words) => {
    const met = (after: ReturnType<typeof gauge>) => {
      const given = run({ memory: { [part]: { before: gauge(100), after } } });
      return ['growth of the heap, idle to idle: ', 'sockets more than before, idle to idle: '].map(
        (what) => figure(`${what}${words}`, given)?.met,
      );
    };

    expect(met(gauge(110, 14))).toEqual([true, true]);
    expect(met(gauge(111, 15))).toEqual([false, false]);
  });
});

describe('a report', () => {
  it('has beside each figure the command that measures it again', () => {
    const lines = formatFigures(figuresOf(run()), { seed: 5, calls: 20, atOnce: 6 }).split('\n');
    const command = 'npm run chaos -- --seed 5 --calls 20 --at-once 6';

    expect(lines.find((line) => line.startsWith('calls lost '))).toMatch(new RegExp(`${command}$`));
    expect(lines.find((line) => line.startsWith('caller audio'))).toMatch(new RegExp(`${command} --only renewal$`));
    expect(formatFigures(figuresOf(run()), run())).toMatch(/npm run chaos -- --seed 5\n/);
  });

  it('names the calls in which a promise was broken, and what befell them', () => {
    const violations = [{ rule: 'lost' as const, words: 'it was' }];
    const struck = { ...plan(), faults: [{ name: 'stall' as const, atMs: 900 }] };

    const words = formatViolations('faults', [result(), result({ plan: struck, violations })]);

    expect(words).toBe('faults, call 3 (plain; stall at 900 ms; CA1)\n    lost: it was');
  });
});
