import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined } from '../../src/recording/on-record.js';
import { recordingOf, sharedRecord } from './shared-record.js';

const ACTIONS = [
  ...(['begin', 'end', 'kept', 'kept', 'keptInPart', 'take', 'adopt', 'report'] as const),
  ...(['flush', 'flush', 'enter', 'hear', 'answer', 'lose'] as const),
];
const COUNT = 3;

/** Two instances; the first has carried the call to its end, and its sound is not where it is kept yet. */
function hungUp() {
  const shared = sharedRecord(2);
  const [one, two] = [shared.instances[0]!, shared.instances[1]!];
  const { begin, flush, end } = shared.actions;
  for (const action of [begin, flush, end]) action(one);
  return { ...shared, one, two };
}

describe('a call that several instances have recorded has on record', () => {
  it('that its recording is ready, or lacks some, in whichever order everything happens', () => {
    const step = fc.tuple(fc.constantFrom(...ACTIONS), fc.nat(COUNT - 1));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const shared = sharedRecord(COUNT);
        shared.actions.begin(shared.instances[0]!);
        for (const [action, index] of steps) shared.actions[action](shared.instances[index]!);
        shared.settle();

        const expected = shared.expected();
        const { stored, inMemory } = shared.found();
        expect(stored?.state).toBe(expected?.state);
        if (expected?.state === 'ready') expect(stored).toEqual(expected);
        for (const each of inMemory) expect(each.state).toBe(expected?.state);
      }),
      { numRuns: 3000 },
    );
  });

  it('what the instance tells that ended it, when another one has taken it up meanwhile', () => {
    const { actions, one, two, settle, found } = hungUp();
    // The carrier's last report comes to the other one, while the first is being stopped.
    actions.take(two);
    actions.adopt(two);
    actions.report(two);
    actions.kept(one);
    settle();

    const ready = recordingOf('ready', 2000);
    expect(found()).toEqual({ stored: ready, inMemory: [ready] });
  });

  it('what was entered between the reading of the record and its being taken up', () => {
    const { actions, one, two, settle, found } = hungUp();
    actions.take(two);
    actions.lose(one);
    actions.kept(one);
    actions.enter(one);
    actions.hear(two);
    actions.adopt(two);
    actions.flush(two);
    settle();

    const ready = recordingOf('ready', 2000);
    expect(found()).toEqual({ stored: ready, inMemory: [ready] });
  });

  it('that one of them goes on recording, whatever another one says of its piece', () => {
    const { actions, instances, found } = sharedRecord(2);
    const [one, two] = [instances[0]!, instances[1]!];
    actions.begin(one);
    actions.flush(one);
    actions.take(two);
    actions.adopt(two);
    actions.begin(two);
    actions.flush(two);
    actions.lose(one);
    actions.kept(one);
    actions.enter(one);
    actions.hear(two);
    actions.answer(two);

    expect(found().inMemory.map(({ state }) => state)).toEqual(['recording']);
  });

  it('that it is not ready while the last of them brings its piece away, whoever has the call then', () => {
    const { actions, instances, settle, found } = sharedRecord(3);
    const [one, two, three] = [instances[0]!, instances[1]!, instances[2]!];
    actions.begin(one);
    actions.end(one);
    actions.kept(one);
    actions.flush(one);
    actions.take(two);
    actions.adopt(two);
    actions.begin(two);
    actions.end(two);
    actions.flush(two);
    actions.take(three);
    actions.adopt(three);
    actions.answer(three);
    actions.lose(one);
    actions.lose(two);
    expect(found().inMemory.map(({ state }) => state)).toEqual(['recording']);

    settle();

    const ready = recordingOf('ready', 4000);
    expect(found()).toEqual({ stored: ready, inMemory: [ready] });
  });
});

describe('what is told of a recording', () => {
  it('takes back nothing that was lost or kept before', () => {
    expect(joined(null, recordingOf('ready', 2000))).toEqual(recordingOf('ready', 2000));
    expect(joined(recordingOf('ready', 2000), recordingOf('recording', 0))).toEqual(recordingOf('recording', 0));
    expect(joined(recordingOf('failed', 2000), recordingOf('recording', 0))).toEqual(recordingOf('failed', 2000));
    expect(joined(recordingOf('failed', 2000), recordingOf('ready', 5000))).toEqual(recordingOf('failed', 5000));
    expect(joined(recordingOf('ready', 5000), recordingOf('ready', 2000))).toEqual(recordingOf('ready', 5000));
  });
});
