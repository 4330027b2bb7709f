import { expect, it } from 'vitest';
import { type AdmissionResult, admissionGoalRows, headRoomGoalRows, refusalsIn } from '../../src/bench/admission.js';
import { summaryOf } from '../../src/bench/statistics.js';

const delaysOf = (p99: number) => ({ callerToModel: summaryOf([p99]), modelToCarrier: summaryOf([p99]) });
const good: AdmissionResult = {
  full: 'max-calls',
  reasons: { 'max-calls': 120 },
  calls: 40,
  offered: 120,
  decision: summaryOf([2, 3]),
  taken: 0,
  refused: 120,
  before: delaysOf(4),
  during: delaysOf(7.9),
  live: 40,
  disturbed: false,
};

const verdicts = (result: AdmissionResult | undefined) => admissionGoalRows(result).map(({ met }) => met);

it.each<[string, Partial<AdmissionResult>, boolean[]]>([
  ['meets the goals when every call is refused at once and nobody hears it', {}, [true, true, true]],
  ['falls short when one call beyond the room is taken', { taken: 1, refused: 119 }, [false, true, true]],
  ['falls short when refusing takes long', { decision: summaryOf([21]) }, [false, true, true]],
  ['falls short when live calls are more than twice as slow', { during: delaysOf(8.1) }, [true, false, false]],
  ['falls short when a live call is lost', { live: 39 }, [true, false, false]],
  [
    'does not take a tenth of a millisecond for a change',
    { before: delaysOf(0.1), during: delaysOf(1) },
    [true, true, true],
  ],
])('a full bridge %s', (_what, change, met) => {
  expect(verdicts({ ...good, ...change })).toEqual(met);
});

it('a full bridge that was not measured is neither good nor bad', () => {
  expect(verdicts(undefined)).toEqual([undefined, undefined, undefined]);
});

const full: AdmissionResult = { ...good, full: 'event-loop', reasons: { 'event-loop': 117 }, taken: 4, refused: 116 };

it.each<[string, Partial<AdmissionResult>, boolean[]]>([
  ['meets the goals although it finds room for a call now and then', {}, [true, true, true, true]],
  ['falls short when it refuses for something else', { reasons: { 'max-calls': 117 } }, [false, true, true, true]],
  ['falls short when it takes no call at all', { calls: 0, live: 0 }, [false, true, true, true]],
  ['falls short when it takes most of what is offered', { taken: 61, refused: 59 }, [true, false, true, true]],
  ['falls short when refusing takes long', { decision: summaryOf([21]) }, [true, false, true, true]],
  ['falls short when live calls are more than twice as slow', { during: delaysOf(8.1) }, [true, true, false, false]],
  ['falls short when a live call is lost', { live: 39 }, [true, true, false, false]],
])('a bridge whose event loop is full %s', (_what, change, met) => {
  expect(headRoomGoalRows({ ...full, ...change }).map((row) => row.met)).toEqual(met);
});

it('a bridge whose event loop was not filled is neither good nor bad', () => {
  expect(headRoomGoalRows(undefined).map((row) => row.met)).toEqual([undefined, undefined, undefined, undefined]);
});

it('why calls were refused is read from the metrics of the bridge', () => {
  const metrics = [
    '# TYPE oratio_calls_refused_total counter',
    'oratio_calls_refused_total{reason="draining"} 0',
    'oratio_calls_refused_total{reason="event-loop"} 117',
    'oratio_calls_total{direction="inbound"} 40',
  ].join('\n');

  expect(refusalsIn(metrics)).toEqual({ 'event-loop': 117 });
});
