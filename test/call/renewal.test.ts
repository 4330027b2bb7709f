import { describe, expect, it } from 'vitest';
import type { VoiceLoss } from '../../src/call/ports.js';
import {
  FIRST_STREAM,
  MAX_FAILURES,
  type RenewalEffect,
  type RenewalSignal,
  type RenewalState,
  type RenewalStep,
  renew,
} from '../../src/call/renewal.js';

const LOSSES = [
  'throttled',
  'refused',
  'rejected',
  'filtered',
  'expired',
  'faulted',
  'unreachable',
  'ended',
  'stalled',
] as const satisfies readonly VoiceLoss[];

const SIGNALS: readonly RenewalSignal[] = [
  ...(['due', 'forced', 'overdue'] as const).map((urgency) => ({ kind: 'aged', urgency }) as const),
  ...(['quiet', 'speaking', 'busy'] as const).map((moment) => ({ kind: 'moment', moment }) as const),
  { kind: 'nextReady' },
  ...LOSSES.map((loss) => ({ kind: 'nextLost', loss }) as const),
  { kind: 'nextStale' },
  ...LOSSES.map((loss) => ({ kind: 'lost', loss }) as const),
  { kind: 'pauseOver' },
  { kind: 'progress' },
  { kind: 'closed' },
];

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const URGENCIES = ['none', 'due', 'forced', 'overdue'];

/** Counters beyond these make no difference any more; without them the walk would have no end. */
function folded(state: RenewalState): RenewalState {
  return { ...state, failures: Math.min(state.failures, MAX_FAILURES + 1), misses: Math.min(state.misses, 4) };
}

interface Transition extends RenewalStep {
  before: RenewalState;
  signal: RenewalSignal;
}

/** Every state that can be reached, with every signal in it. */
function everyTransition(): Transition[] {
  const seen = new Set<string>();
  const open = [FIRST_STREAM];
  const transitions: Transition[] = [];
  for (let before = open.pop(); before; before = open.pop()) {
    const key = JSON.stringify(before);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const signal of SIGNALS) {
      const { state, effects } = renew(before, signal);
      transitions.push({ before, signal, state, effects });
      open.push(folded(state));
    }
  }
  return transitions;
}

/** What there is in the world when the machine is in that state. */
interface World {
  serving: boolean;
  next: boolean;
  pause: boolean;
}

function worldOf({ isServed, next, isOver }: RenewalState): World {
  if (isOver) return { serving: isServed, next: false, pause: false };
  return { serving: isServed, next: next === 'opening' || next === 'ready', pause: next === 'pausing' };
}

function isPossible({ isServed, next, isOver }: RenewalState, { kind }: RenewalSignal): boolean {
  if (isOver) return false;
  switch (kind) {
    case 'nextReady':
      return next === 'opening';
    case 'nextLost':
      return next === 'opening' || next === 'ready';
    case 'moment':
    case 'nextStale':
      return next === 'ready';
    case 'pauseOver':
      return next === 'pausing';
    case 'aged':
    case 'lost':
      return isServed;
    case 'progress':
    case 'closed':
      return true;
  }
}

/** The world after the signal and the effects; throws where an effect makes no sense in it. */
function after(world: World, signal: RenewalSignal, effects: readonly RenewalEffect[]): World {
  const now = { ...world };
  if (signal.kind === 'lost') now.serving = false;
  if (signal.kind === 'nextLost') now.next = false;
  if (signal.kind === 'pauseOver' || signal.kind === 'closed') now.pause = false;
  const demand = (isSensible: boolean, what: string) => {
    if (!isSensible) throw new Error(`${what} in ${JSON.stringify(world)} on ${JSON.stringify(signal)}`);
  };
  for (const effect of effects) {
    switch (effect.do) {
      case 'open':
        demand(!now.next, 'a second stream beside the next one is opened');
        now.next = true;
        now.pause = false;
        break;
      case 'swap':
        demand(now.next, 'a swap without a next stream');
        now.serving = true;
        now.next = false;
        break;
      case 'closeServing':
        demand(now.serving, 'nothing is there to be closed');
        now.serving = false;
        break;
      case 'dropNext':
        demand(now.next, 'nothing is there to be dropped');
        now.next = false;
        break;
      case 'pause':
        demand(!now.next, 'a pause beside a stream that is on its way');
        now.pause = true;
        break;
      case 'giveUp':
        demand(!now.serving && !now.next, 'given up while there is a stream');
        now.pause = false;
        break;
    }
  }
  return now;
}

describe('every state of a renewal with every signal', () => {
  const transitions = everyTransition();
  const possible = transitions.filter(({ before, signal }) => isPossible(before, signal));

  it('is some hundreds of states: the walk sees them all', () => {
    expect(new Set(transitions.map(({ before }) => JSON.stringify(before))).size).toBeGreaterThan(150);
    expect(possible.length).toBeGreaterThan(1000);
  });

  it('asks only for what can be done: one stream serves, one more at most is on its way, one pause at a time', () => {
    const wrong = possible.filter(
      ({ before, signal, state, effects }) => !isSame(after(worldOf(before), signal, effects), worldOf(state)),
    );
    expect(wrong).toEqual([]);
  });

  it('changes nothing on a signal that comes too late', () => {
    const late = transitions.filter(({ before, signal }) => !isPossible(before, signal));
    expect(late.length).toBeGreaterThan(0);
    expect(late.filter(({ before, state, effects }) => effects.length > 0 || !isSame(before, state))).toEqual([]);
  });

  it('never leaves a call without a stream that serves, is on its way, or is tried again soon', () => {
    const left = transitions.filter(({ state }) => !state.isOver && !state.isServed);
    expect(new Set(left.map(({ state }) => state.next))).toEqual(new Set(['opening', 'pausing']));
  });

  it('never becomes less urgent but by another stream', () => {
    const wrong = possible.filter(({ before, state, effects }) => {
      if (effects.some((effect) => effect.do === 'swap')) return state.urgency !== 'none';
      return URGENCIES.indexOf(state.urgency) < URGENCIES.indexOf(before.urgency);
    });
    expect(wrong).toEqual([]);
  });

  it('takes a stream out of the middle of the words of the agent only when there is no more time', () => {
    const speaking = possible.filter(({ signal }) => signal.kind === 'moment' && signal.moment === 'speaking');
    expect(speaking.length).toBeGreaterThan(0);
    expect(speaking.filter(({ before, effects }) => effects.length > 0 !== (before.urgency === 'overdue'))).toEqual([]);
  });

  it('comes to an end of trying, with the loss that came last, from wherever no stream can be had', () => {
    const states = new Map(transitions.map(({ before }) => [JSON.stringify(before), before]));
    const wrong: unknown[] = [];
    for (const from of states.values()) {
      for (const loss of from.isOver ? [] : LOSSES) {
        const { state, last, waitedMs } = withoutAnyStream(from, loss);
        // A caller waits meanwhile.
        if (!state.isOver || !isSame(last, { do: 'giveUp', loss }) || waitedMs > 11_000) wrong.push({ from, loss });
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** What comes of it when every stream is lost in that way from now on. */
function withoutAnyStream(from: RenewalState, loss: VoiceLoss) {
  let state = from;
  let last: RenewalEffect | undefined;
  let waitedMs = 0;
  for (let count = 0; !state.isOver && count < 40; count++) {
    const kind = state.isServed ? 'lost' : state.next === 'pausing' ? 'pauseOver' : 'nextLost';
    const step = renew(state, kind === 'pauseOver' ? { kind } : { kind, loss });
    state = step.state;
    last = step.effects.at(-1) ?? last;
    for (const effect of step.effects) if (effect.do === 'pause') waitedMs += effect.ms;
  }
  return { state, last, waitedMs };
}

/** What is done by these signals, one after the other. */
function played(signals: readonly RenewalSignal[], from = FIRST_STREAM): { state: RenewalState; done: string[] } {
  let state = from;
  const done: string[] = [];
  for (const signal of signals) {
    const step = renew(state, signal);
    state = step.state;
    done.push(...step.effects.map((effect) => (effect.do === 'pause' ? `pause ${effect.ms}` : effect.do)));
  }
  return { state, done };
}

describe('a planned renewal', () => {
  const READY = [{ kind: 'aged', urgency: 'due' }, { kind: 'nextReady' }] as const satisfies RenewalSignal[];

  it.each([
    ['due', 'quiet', true],
    ['due', 'busy', false],
    ['due', 'speaking', false],
    ['forced', 'quiet', true],
    ['forced', 'busy', true],
    ['forced', 'speaking', false],
    ['overdue', 'quiet', true],
    ['overdue', 'busy', true],
    ['overdue', 'speaking', true],
  ] as const)('that is %s, at a moment that is %s: swaps %s', (urgency, moment, swaps) => {
    const ready = played(READY);
    const { done } = played(
      [
        { kind: 'aged', urgency },
        { kind: 'moment', moment },
      ],
      ready.state,
    );

    expect(ready.done).toEqual(['open']);
    expect(done).toEqual(swaps ? ['swap'] : []);
  });

  it('is tried again, less and less often, while there is no room for a second stream', () => {
    const miss = [{ kind: 'nextLost', loss: 'throttled' }, { kind: 'pauseOver' }] as const;
    const { done, state } = played([{ kind: 'aged', urgency: 'due' }, ...miss, ...miss, ...miss, ...miss, ...miss]);

    const pauses = done.filter((each) => each.startsWith('pause'));
    expect(pauses).toEqual(['pause 1000', 'pause 2000', 'pause 4000', 'pause 8000', 'pause 8000']);
    expect(state).toMatchObject({ isServed: true, next: 'opening', failures: 0 });
  });

  it('closes the old stream before the next is open when time is up and there is no room for two', () => {
    const waits = played([
      { kind: 'aged', urgency: 'due' },
      { kind: 'nextLost', loss: 'throttled' },
    ]);
    const { done } = played([{ kind: 'aged', urgency: 'overdue' }, { kind: 'nextReady' }], waits.state);

    expect(done).toEqual(['closeServing', 'open', 'swap']);
  });

  it.each(LOSSES.filter((loss) => loss !== 'throttled'))(
    'keeps the old stream when time is up and the next cannot be had (%s): it is tried every second until the old one ends',
    (loss) => {
      const miss = [{ kind: 'nextLost', loss }, { kind: 'pauseOver' }] as const;
      const { done, state } = played([{ kind: 'aged', urgency: 'overdue' }, ...miss, ...miss, ...miss, ...miss]);

      expect(done).toEqual(['open', ...Array.from({ length: 4 }, () => ['pause 1000', 'open']).flat()]);
      expect(state).toMatchObject({ isServed: true, next: 'opening' });
      expect(played([{ kind: 'nextReady' }], state).done).toEqual(['swap']);
    },
  );

  it('asks again at once when time is up, however long it was to wait before the next attempt', () => {
    const waits = played([
      { kind: 'aged', urgency: 'due' },
      { kind: 'nextLost', loss: 'refused' },
    ]);
    const { done, state } = played([{ kind: 'aged', urgency: 'overdue' }], waits.state);

    expect(done).toEqual(['open']);
    expect(state.isServed).toBe(true);
  });

  it('makes room also when it was only told at the end that there is none', () => {
    const { done } = played([
      { kind: 'aged', urgency: 'overdue' },
      { kind: 'nextLost', loss: 'unreachable' },
      { kind: 'pauseOver' },
      { kind: 'nextLost', loss: 'throttled' },
    ]);
    expect(done).toEqual(['open', 'pause 1000', 'open', 'closeServing', 'open']);
  });

  it('opens another stream when the one that is ready has waited for too long', () => {
    const { done } = played([
      ...READY,
      { kind: 'nextStale' },
      { kind: 'nextReady' },
      { kind: 'moment', moment: 'quiet' },
    ]);
    expect(done).toEqual(['open', 'dropNext', 'open', 'swap']);
  });
});

describe('a lost stream', () => {
  it('is replaced at once, by the one that is ready if there is one', () => {
    const ready = [{ kind: 'aged', urgency: 'due' }, { kind: 'nextReady' }] as const;

    expect(played([{ kind: 'lost', loss: 'faulted' }, { kind: 'nextReady' }]).done).toEqual(['open', 'swap']);
    expect(played([...ready, { kind: 'lost', loss: 'faulted' }]).done).toEqual(['open', 'swap']);
  });

  it('is not replaced twice when the next one was on its way', () => {
    const { done } = played([
      { kind: 'aged', urgency: 'due' },
      { kind: 'lost', loss: 'expired' },
      { kind: 'nextReady' },
    ]);
    expect(done).toEqual(['open', 'swap']);
  });

  it.each([
    ['throttled', ['pause 250', 'pause 750', 'pause 1500', 'pause 2500', 'pause 2500', 'pause 2500', 'giveUp']],
    ['faulted', ['pause 250', 'pause 750', 'pause 1500', 'pause 2500', 'pause 2500', 'pause 2500', 'giveUp']],
    ['unreachable', ['pause 250', 'pause 750', 'pause 1500', 'pause 2500', 'pause 2500', 'pause 2500', 'giveUp']],
    ['stalled', ['pause 250', 'giveUp']],
    ['filtered', ['pause 250', 'giveUp']],
    ['refused', ['pause 250', 'pause 750', 'giveUp']],
    ['rejected', ['pause 250', 'pause 750', 'giveUp']],
  ] as const)('that is lost again and again as %s: is tried as long as it may help', (loss, expected) => {
    let step = renew(FIRST_STREAM, { kind: 'lost', loss });
    const done: string[] = [];
    for (let count = 0; !step.state.isOver && count < 20; count++) {
      step = renew(step.state, step.state.next === 'pausing' ? { kind: 'pauseOver' } : { kind: 'nextLost', loss });
      for (const effect of step.effects) {
        if (effect.do === 'pause') done.push(`pause ${effect.ms}`);
        if (effect.do === 'giveUp') done.push('giveUp');
      }
    }
    expect(done).toEqual(expected);
  });

  it('counts afresh once the model has done something for the call', () => {
    const twice = [
      { kind: 'lost', loss: 'stalled' },
      { kind: 'nextReady' },
      { kind: 'lost', loss: 'stalled' },
      { kind: 'pauseOver' },
      { kind: 'nextReady' },
    ] as const;

    expect(played([...twice, { kind: 'lost', loss: 'stalled' }]).done.at(-1)).toBe('giveUp');
    expect(played([...twice, { kind: 'progress' }, { kind: 'lost', loss: 'stalled' }]).done.at(-1)).toBe('open');
  });
});
