import { describe, expect, it } from 'vitest';
import type { HarnessFigures } from '../../src/bench/harness-process.js';
import { formatGoals } from '../../src/bench/report.js';
import { type Summary, summaryOf } from '../../src/bench/statistics.js';
import { formatTools, toolGoalRows } from '../../src/bench/tool-goals.js';
import { resultOf, type ToolLoadName, type ToolsResult, type ToolWindow } from '../../src/bench/tool-results.js';

interface Given {
  tookMs?: number;
  audioMs?: number;
  soundMs?: number;
  soundsMissing?: number;
  wrong?: number;
  inFlight?: number;
}

function figures(given: Given): HarnessFigures {
  const { tookMs = 2, audioMs = 1, soundMs = 3, soundsMissing = 0, wrong = 0, inFlight = 40 } = given;
  const summary = (value: number): Summary | undefined => summaryOf([value]);
  return {
    windowMs: 1000,
    callerToModel: summary(audioMs),
    modelToCarrier: summary(audioMs),
    interruptionToClear: undefined,
    clearsPerInterruption: undefined,
    framesPerCallSecond: 50,
    utterances: 40,
    tools: {
      answered: 100,
      wrong,
      overhead: summary(tookMs),
      request: summary(tookMs / 2),
      result: summary(tookMs / 2),
      inFlight: { least: inFlight, mean: inFlight },
    },
    waiting: { firstSound: summary(soundMs), missing: soundsMissing },
    lateness: { p99: 1, max: 2 },
    cpuMs: 10,
  };
}

const LOADS = ['no tools', 'hanging', 'no tools again', 'large results', 'every 2 s', 'waiting aloud'] as const;

const windowOf = (given: Given): ToolWindow => ({
  bridged: figures(given),
  othersCoreShare: 0.1,
  stolenShare: 0,
  tries: 1,
  disturbed: false,
});

function result(given: Partial<Record<ToolLoadName, Given>> = {}, lookUpMs = 1): ToolsResult {
  const load = (name: ToolLoadName) => resultOf(name, [windowOf(given[name] ?? {})]);
  const took = summaryOf([lookUpMs]);
  const lookUp = { webhook: took, limitedWebhook: took, alone: took };
  return {
    calls: 40,
    repeats: 1,
    loads: LOADS.map(load),
    control: resultOf('every 2 s', [windowOf({ tookMs: 1 })]),
    lookUp: { callsOnRecord: 1000, idle: lookUp, busy: lookUp },
    machineSpeed: 0.5,
    violations: [],
  };
}

const verdicts = (tools: ToolsResult) => toolGoalRows(tools).map(({ met }) => met);
const MET = [true, true, true, true, true, true, true, true, true, undefined];

describe('the goals of tools', () => {
  it('say of everything that was left out that it was not measured', () => {
    const rows = toolGoalRows(undefined);

    expect(rows).toHaveLength(MET.length);
    expect(rows.every(({ measured, met }) => measured === 'not measured' && met === undefined)).toBe(true);
  });

  it('are met one by one', () => {
    expect(verdicts(result())).toEqual(MET);
  });

  it.each<[string, Partial<Record<ToolLoadName, Given>>, number[]]>([
    ['both ways that took too long', { 'every 2 s': { tookMs: 10.5 } }, [0, 1]],
    ['results that were wrong', { 'every 2 s': { wrong: 1 } }, [0, 1]],
    ['audio that was later with hanging tools', { hanging: { audioMs: 2.5 } }, [2, 3]],
    ['tools that did not hang on every call', { hanging: { inFlight: 20 } }, [2, 3]],
    ['audio that was later with large results', { 'large results': { audioMs: 2.5 } }, [4, 5]],
    ['large results that were wrong', { 'large results': { wrong: 1 } }, [4, 5]],
    ['a sound of waiting that came late', { 'waiting aloud': { soundMs: 51 } }, [6]],
    ['a caller who heard no sound', { 'waiting aloud': { soundsMissing: 1 } }, [6]],
  ])('are missed by %s', (_name, given, missed) => {
    expect(verdicts(result(given))).toEqual(MET.map((met, row) => (missed.includes(row) ? false : met)));
  });

  it('are missed by a look-up that took too long, but for numbers whose calls are counted', () => {
    expect(verdicts(result({}, 6))).toEqual([true, true, true, true, true, true, true, false, false, undefined]);
  });

  it('judge the raw figure and show beside it what it had been on the machine of the goals', () => {
    const text = formatGoals(toolGoalRows(result({ 'every 2 s': { tookMs: 12 } })));

    expect(text).toMatch(/share of a tool call, 40 calls.*12\.00 \/ 12\.00 ms, p99 6\.00 at speed 1.*FALLS SHORT/);
  });
});

describe('the windows of one load', () => {
  it('are summed up by medians, and by the worst where one is enough to spoil it', () => {
    const windows: ToolWindow[] = [
      { ...windowOf({ tookMs: 1, wrong: 1, inFlight: 39 }), disturbed: true },
      windowOf({ tookMs: 2 }),
      { ...windowOf({ tookMs: 9 }), othersCoreShare: 0.4 },
    ];

    expect(resultOf('hanging', windows)).toMatchObject({
      overhead: { p99: 2 },
      answered: 300,
      wrong: 1,
      leastInFlight: 39,
      othersCoreShare: 0.4,
      disturbed: true,
    });
  });

  it('count where the hypervisor took nothing to speak of, if there are enough of them, and all are told beside', () => {
    const stolen = (tookMs: number) => ({ ...windowOf({ tookMs }), stolenShare: 0.011 });
    const counted = resultOf('every 2 s', [
      windowOf({ tookMs: 4 }),
      stolen(50),
      windowOf({ tookMs: 6 }),
      stolen(50),
      windowOf({ tookMs: 8 }),
    ]);
    const few = resultOf('every 2 s', [
      windowOf({ tookMs: 4 }),
      stolen(50),
      windowOf({ tookMs: 6 }),
      stolen(70),
      stolen(60),
    ]);
    const rowOf = (load: typeof counted) => {
      const given = result();
      const loads = given.loads.map((each) => (each.name === load.name ? load : each));
      return toolGoalRows({ ...given, loads })[0]!;
    };

    expect([counted.overhead?.p99, counted.stolenShare]).toEqual([6, 0.011]);
    expect(few.overhead?.p99).toBe(50);
    expect(rowOf(counted)).toMatchObject({
      measured: expect.stringContaining('3 of 5 windows undisturbed by the hypervisor (5 measured); all 8.00 / 8.00'),
      met: true,
    });
    expect(rowOf(few)).toMatchObject({
      measured: expect.stringContaining('2 of 5 windows undisturbed by the hypervisor (5 measured)'),
      met: false,
    });
  });

  it('are compared in pairs of which nothing was taken, if there are enough of those', () => {
    const loadsOf = (name: ToolLoadName, audioMs: number[], stolen: number[]) =>
      resultOf(
        name,
        audioMs.map((each, index) => ({ ...windowOf({ audioMs: each }), stolenShare: stolen[index]! })),
      );
    const rowOf = (stolen: number[]) => {
      const given = result();
      const changed = [
        loadsOf('no tools', Array(7).fill(1), stolen),
        loadsOf('hanging', [...Array(6).fill(1.5), 40], Array(7).fill(0)),
      ];
      const loads = given.loads.map((each) => changed.find(({ name }) => name === each.name) ?? each);
      return toolGoalRows({ ...given, loads })[2]!.measured;
    };

    expect(rowOf([0, 0, 0, 0, 0, 0, 0.5])).toMatch(/^\+0\.50 ms \(\+0\.50 to \+0\.50\) over 6 pairs/);
    expect(rowOf([0, 0, 0, 0, 0, 0.5, 0.5])).toMatch(/over 7 pairs/);
  });

  it('are a line of the table each, with the control behind them', () => {
    const lines = formatTools({ ...result(), violations: ['wrong checksum', 'wrong checksum'] }).split('\n');

    expect(lines.slice(2).map((line) => line.split('  ')[0])).toEqual([
      ...LOADS,
      'every 2 s, control',
      'medians of 1 windows each, in ms; delays of the undisturbed ones where there are three; violations: wrong checksum',
    ]);
  });
});
