import { describe, expect, it } from 'vitest';
import { lineOf } from '../../src/bench/heard-text-error.js';
import type { MemoryResult } from '../../src/bench/memory.js';
import { selfTimes } from '../../src/bench/profile.js';
import { formatGoals, formatTable, goalRows } from '../../src/bench/report.js';

const memory: MemoryResult = {
  rounds: [
    { calls: 1000, heapMb: 20, externalMb: 5, rssMb: 100 },
    { calls: 2000, heapMb: 25, externalMb: 5, rssMb: 110 },
  ],
  growthPercent: 20,
  liveCallsLeft: 0,
  socketsLeft: 1,
  streamsLeft: 0,
  streams: [],
};

describe('a table', () => {
  it('lines up names to the left and figures to the right', () => {
    expect(
      formatTable(
        ['load', 'ms'],
        [
          ['1', '10.25'],
          ['200', '3'],
        ],
      ),
    ).toBe(['load     ms', '----  -----', '1     10.25', '200       3'].join('\n'));
  });
});

describe('the goals', () => {
  it('say of everything that was left out that it was not measured', () => {
    const rows = goalRows({ loads: [], memory: undefined, heardText: undefined });

    expect(rows.every(({ measured, met }) => measured === 'not measured' && met === undefined)).toBe(true);
  });

  it('mark what falls short and do not hide it', () => {
    const text = formatGoals(goalRows({ loads: [], memory, heardText: undefined }));

    expect(text).toMatch(/heap \+ external.*20\.0 % \(20\.0 \+ 5\.0 -> 25\.0 \+ 5\.0 MB\).*FALLS SHORT/);
    expect(text).toMatch(/left open.*0, 1, 0.*FALLS SHORT/);
  });

  it('count a word too many as short of the goal, a word too few as a figure', () => {
    const heard = { speed: 4, cuts: 10, overCredited: 1, overMost: 1, underMean: 0.5, underP99: 2, underMost: 2 };

    const rows = goalRows({ loads: [], memory: undefined, heardText: [heard] }).slice(-2);

    expect(rows.map(({ measured, met }) => [measured, met])).toEqual([
      ['1 of 10 (at most 1)', false],
      ['0.50 / 2', undefined],
    ]);
  });
});

describe('a line of known words', () => {
  it('ends each word where its sound ends, with a pause behind', () => {
    const line = lineOf([
      { text: 'your', soundMs: 300 },
      { text: 'number', soundMs: 500 },
    ]);

    expect(line).toEqual({ text: 'your number', durationMs: 880, wordEndsMs: [300, 840] });
  });
});

describe('a profile', () => {
  const node = (id: number, functionName: string, url = '') => ({
    id,
    callFrame: { functionName, url, scriptId: '1', lineNumber: 9, columnNumber: 0 },
  });

  it('adds up time by function and leaves idle time out', () => {
    const nodes = [
      node(1, '(idle)'),
      node(2, 'filter', 'file:///app/audio/fir.js'),
      node(3, 'filter', 'file:///app/audio/fir.js'),
      node(4, ''),
    ];

    const times = selfTimes({ nodes, samples: [1, 2, 3, 4], timeDeltas: [900, 30, 30, 40] });

    expect(times).toEqual([
      { name: 'filter', where: 'audio/fir.js:10', share: 0.6 },
      { name: '(anonymous)', where: '', share: 0.4 },
    ]);
  });
});
