import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  figuresOf,
  isNotable,
  nextTurn,
  previousTurn,
  toolsOf,
  turnAt,
} from '../../src/console/pages/calls/call-figures.js';
import { soundOf } from '../../src/console/pages/calls/sound.js';
import { isWhole, moved, ticksOf, turnedTo, zoomed } from '../../src/console/pages/calls/view.js';
import { wavePath } from '../../src/console/pages/calls/wave.js';
import { toolWords, whyWords } from '../../src/console/parts/tool-words.js';

type Call = Parameters<typeof figuresOf>[0];
type Turn = Call['turns'][number];

const caller = (startMs: number, endMs = startMs + 500): Turn => ({ role: 'caller', text: 'Hello', startMs, endMs });
const agent = (startMs: number, more: Partial<Extract<Turn, { role: 'agent' }>> = {}): Turn => ({
  ...{ role: 'agent', text: 'Good day', heardText: 'Good day', interrupted: false, startMs },
  ...{ endMs: startMs + 800, heardMs: 800, ...more },
});
const call = (more: Partial<Call>): Call => ({
  ...{ callSid: 'CA1', direction: 'inbound', from: '+14155550101', to: '+14155550100', agentId: null },
  ...{ agentVersion: null, state: 'ended', endReason: 'caller-hung-up', startedAt: '2026-11-27T10:00:00.000Z' },
  ...{ mediaStartedAt: null, endedAt: null, durationMs: 60_000, recording: null, variables: {}, test: false },
  ...{ answeredBy: null, carrierStatus: null, transferredTo: null, reconnections: [], faults: {}, cost: null },
  usage: { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } },
  audio: { deadAirMs: 0, filledMs: 0, droppedMs: 0, clears: 0 },
  turns: [],
  toolCalls: [],
  streams: [],
  ...more,
});

describe('the figures of a call', () => {
  it('have percentiles from twenty answers on', () => {
    const answers = (count: number) =>
      Array.from({ length: count }, (_, index) => agent(index * 1000, { responseGapMs: (index + 1) * 10 }));

    expect(figuresOf(call({ turns: answers(19) }))).toMatchObject({ gapCount: 19, gapP50Ms: undefined });
    expect(figuresOf(call({ turns: answers(20) }))).toMatchObject({ gapCount: 20, gapP50Ms: 100, gapP95Ms: 190 });
  });

  it('count interruptions and planned renewals, not what was lost', () => {
    const stream = { modelId: 'm', region: 'r', openedMs: 0, closedMs: 1 };
    const turns = [agent(0, { interrupted: true }), caller(900), agent(2000)];
    const streams = ['renewed', 'renewed', 'timed-out', 'ended'].map((closed) => ({ ...stream, closed }));

    expect(figuresOf(call({ turns, streams }))).toMatchObject({ gapCount: 0, interruptions: 1, renewals: 2 });
  });

  it('give a turn the tools that ran between the question and the end of the answer', () => {
    const turn = agent(5000, { responseGapMs: 2000 });
    const tool = { name: 't', kind: 'http', input: {}, output: {}, durationMs: 1, outcome: 'answered' } as const;
    const toolCalls = [2999, 3000, 5800, 5801].map((startMs) => ({ ...tool, id: String(startMs), startMs }));
    if (turn.role !== 'agent') throw new Error('not an agent');

    expect(toolsOf(turn, call({ turns: [turn], toolCalls })).map(({ id }) => id)).toEqual(['3000', '5800']);
  });
});

describe('going from turn to turn', () => {
  const turns = [caller(1000), agent(2000), caller(4000), agent(5000, { responseGapMs: 900 })];

  it.each([
    [0, undefined, 0, undefined],
    [1000, 0, 1, undefined],
    [2500, 1, 2, 0],
    [4100, 2, 3, 1],
    [9000, 3, undefined, 3],
  ])('at %i ms: now %s, next %s, before %s', (atMs, now, next, before) => {
    expect([turnAt(turns, atMs), nextTurn(turns, atMs), previousTurn(turns, atMs)]).toEqual([now, next, before]);
  });

  it('stops where somebody was interrupted or slow', () => {
    expect(nextTurn(turns, 0, isNotable)).toBe(3);
    expect(nextTurn([...turns, agent(7000, { interrupted: true })], 5000, isNotable)).toBe(4);
  });

  it('finds the turn that began last, also where two speak at once', () => {
    expect(turnAt([agent(0, { endMs: 9000 }), caller(3000), agent(2500)], 3500)).toBe(1);
  });
});

describe('the stretch that is looked at', () => {
  const length = fc.integer({ min: 2000, max: 5_000_000 });

  it('is always within the call, and no shorter than can be told apart', () => {
    fc.assert(
      fc.property(
        length,
        fc.double({ min: 0.01, max: 20, noNaN: true }),
        fc.double({ noNaN: true, min: -1, max: 2 }),
        (lengthMs, factor, share) => {
          const whole = { fromMs: 0, toMs: lengthMs };
          for (const view of [
            zoomed(whole, factor, share * lengthMs, lengthMs),
            moved(zoomed(whole, factor, 0, lengthMs), share * lengthMs, lengthMs),
            turnedTo(zoomed(whole, factor, 0, lengthMs), Math.max(0, Math.min(1, share)) * lengthMs, lengthMs),
          ]) {
            expect(view.fromMs).toBeGreaterThanOrEqual(0);
            expect(view.toMs).toBeLessThanOrEqual(lengthMs + 0.001);
            expect(view.toMs - view.fromMs).toBeGreaterThan(1999);
          }
        },
      ),
    );
  });

  it('keeps the place that it is taken nearer around', () => {
    expect(zoomed({ fromMs: 0, toMs: 60_000 }, 0.5, 20_000, 60_000)).toEqual({ fromMs: 10_000, toMs: 40_000 });
    expect(isWhole(zoomed({ fromMs: 10_000, toMs: 40_000 }, 9, 20_000, 60_000), 60_000)).toBe(true);
  });

  it('moves on when what is played leaves it', () => {
    const view = { fromMs: 10_000, toMs: 20_000 };

    expect(turnedTo(view, 15_000, 60_000)).toBe(view);
    expect(turnedTo(view, 30_000, 60_000)).toEqual({ fromMs: 29_000, toMs: 39_000 });
  });

  it('has as many times as there is room for', () => {
    expect(ticksOf({ fromMs: 0, toMs: 10_000 }, 800)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => s * 1000));
    expect(ticksOf({ fromMs: 0, toMs: 3_600_000 }, 280)).toEqual([0, 1_800_000, 3_600_000]);
  });
});

describe('a wave', () => {
  it('has one stroke for each px, the loudest, and none for silence', () => {
    const view = { fromMs: 0, toMs: 400 };
    const path = wavePath([0.1, 0.5, 0, 0], view, view, (ms) => ms / 1000, 10, 10);

    expect(path).toBe('M0 2.0v16.0');
  });

  it('leaves out what is not looked at', () => {
    const path = wavePath([0.1, 0.2], { fromMs: 0, toMs: 200 }, { fromMs: 100, toMs: 200 }, (ms) => ms, 10, 10);

    expect(path).toBe('M150 6.8v6.4');
  });
});

describe('the sound of a call', () => {
  const recording = { state: 'ready', channels: 2, rateHz: 8000, durationMs: 10, byteLength: 364, url: '/' } as const;

  it.each([
    ['none', call({}), false, /not recorded. Its number/],
    ['a test', call({ test: true }), false, /Test calls/],
    [
      'going on',
      call({ state: 'live', recording: { ...recording, state: 'recording' } }),
      false,
      /when the call is over/,
    ],
    ['being kept', call({ recording: { ...recording, state: 'recording' } }), false, /in its place/],
    ['ready', call({ recording }), true, undefined],
    ['given up', call({ recording: { ...recording, state: 'failed' } }), true, /Parts .* missing/],
    ['failed', call({ recording: { ...recording, state: 'failed', durationMs: 0 } }), false, /failed/],
  ] as const)('%s', (_what, given, isThere, words) => {
    const { isThere: found, note } = soundOf(given);

    expect(found).toBe(isThere);
    if (words === undefined) expect(note).toBeUndefined();
    else expect(note).toMatch(words);
  });
});

describe('the line of a tool', () => {
  const run = {
    id: 't1',
    name: 'orders',
    kind: 'agentcore',
    input: {},
    output: {},
    startMs: 0,
    durationMs: 1200,
  } as const;

  it.each([
    [{ outcome: 'running' } as const, 'running'],
    [{ outcome: 'answered' } as const, '1.20 s · answered'],
    [{ outcome: 'failed', code: 'TOOL_TIMEOUT' } as const, '1.20 s · failed (TOOL_TIMEOUT)'],
    [
      { outcome: 'failed', code: 'TOOL_FAILED', why: { reason: 'throttled' } } as const,
      '1.20 s · failed (TOOL_FAILED, throttled)',
    ],
  ])('says how it ended, and why: %j', (end, words) => {
    expect(toolWords({ ...run, ...end })).toBe(words);
  });

  it('says under the output what the service said', () => {
    const why = { reason: 'throttled', service: 'ThrottlingException: slow down', problem: 'HTTP 429' };

    expect(whyWords(why)).toBe('throttled; HTTP 429; ThrottlingException: slow down');
    expect(whyWords({ reason: 'circuit-open' })).toBe('circuit-open');
  });
});
