import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CallRules,
  type CallState,
  type Effect,
  INITIAL_STATE,
  type Phase,
  type Signal,
} from '../../src/call/state.js';
import {
  GOODBYE_WAIT_MS,
  LAST_WORDS_WAIT_MS,
  MAX_CALL_WARNING_MS,
  MORE_WORDS_WAIT_MS,
  PLAYOUT_GRACE_MS,
  step,
} from '../../src/call/step.js';

const RULES: CallRules = {
  greeting: 'Greet the caller',
  takesText: true,
  silencePromptAfterMs: 10_000,
  silenceHangUpAfter: 2,
  maxCallMs: 1_800_000,
  elapsedMs: 0,
  hasFallback: false,
};
const SPEAKING: Phase = { at: 'speaking', turnId: 1, generated: false };
const at = (phase: Phase, more: Partial<CallState> = {}): CallState => ({ ...INITIAL_STATE, phase, ...more });
const tellsOf = (effects: readonly Effect[]) => effects.filter((effect) => effect.do === 'tell');
const kindsOf = (effects: readonly Effect[]) => effects.map((effect) => effect.do);

/** Feeds signals one after the other; answers the last state and all effects. */
function run(rules: CallRules, signals: readonly Signal[], from: CallState = INITIAL_STATE) {
  let state = from;
  const effects: Effect[] = [];
  for (const signal of signals) {
    const next = step(rules, state, signal);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

describe('what is owed', () => {
  const heard: Signal = { kind: 'agentHeard', turnId: 1 };

  it('is an answer to what a tool has brought, when the turn before it has been heard', () => {
    const finished = at({ at: 'speaking', turnId: 1, generated: true }, { openTools: 1 });
    const answered: Signal = { kind: 'toolAnswered', unheardMs: 500 };

    expect(run(RULES, [answered, heard], finished).state.phase).toEqual({ at: 'thinking' });
  });

  it('is the rest of words that were cut, when what came of them has been heard', () => {
    const generated: Signal = { kind: 'agentGenerated', turnId: 1, unheardMs: 500 };

    expect(run(RULES, [{ kind: 'agentCut' }, generated, heard], at(SPEAKING)).state.phase).toEqual({ at: 'thinking' });
  });

  it('is nothing of a model that cannot be told that the caller is silent', () => {
    const silent: Signal = { kind: 'timeUp', timer: 'silence' };

    expect(run({ ...RULES, takesText: false }, [silent], at({ at: 'listening' })).state.phase).toEqual({
      at: 'listening',
    });
  });
});

describe('the beginning', () => {
  it('asks the model to greet and awaits its answer', () => {
    const { state, effects } = step(RULES, INITIAL_STATE, { kind: 'started' });

    expect(state.phase).toEqual({ at: 'thinking' });
    expect(effects).toContainEqual({ do: 'tell', text: 'Greet the caller' });
  });

  it('waits for the caller when the agent has no greeting', () => {
    const { state, effects } = step({ ...RULES, greeting: undefined }, INITIAL_STATE, { kind: 'started' });

    expect(state.phase).toEqual({ at: 'listening' });
    expect(tellsOf(effects)).toEqual([]);
  });

  it('tells nothing to a model that takes no text', () => {
    const { effects } = step({ ...RULES, takesText: false }, INITIAL_STATE, { kind: 'started' });

    expect(tellsOf(effects)).toEqual([]);
  });

  it('sets the limits of the call, with the warning well before its end', () => {
    const { effects } = step(RULES, INITIAL_STATE, { kind: 'started' });

    expect(effects).toContainEqual({ do: 'setTimer', timer: 'maxCall', ms: 1_800_000 });
    expect(effects).toContainEqual({ do: 'setTimer', timer: 'warning', ms: 1_800_000 - MAX_CALL_WARNING_MS });
  });

  it.each([
    ['is warned of what is left of them', 600_000, [1_200_000, 1_200_000 - MAX_CALL_WARNING_MS]],
    ['is not warned again', 1_799_000, [1000]],
    ['is over at once when nothing is left', 1_900_000, [0]],
  ])('counts them over all media streams: a call that comes back %s', (_name, elapsedMs, expected) => {
    const { effects } = step({ ...RULES, elapsedMs }, INITIAL_STATE, { kind: 'started' });

    const limits = effects.filter((effect) => effect.do === 'setTimer' && effect.timer !== 'silence');
    expect(limits.map((effect) => effect.do === 'setTimer' && effect.ms)).toEqual(expected);
  });
});

describe('interruption', () => {
  it('clears the playout and listens', () => {
    const { state, effects } = step(RULES, at(SPEAKING), { kind: 'interrupted', byCaller: true });

    expect(state.phase).toEqual({ at: 'listening' });
    expect(kindsOf(effects)).toEqual(['cancelTimer', 'clearPlayout', 'setTimer']);
  });

  it('clears also when the model has produced all and the caller has not heard all', () => {
    const { effects } = step(RULES, at({ at: 'speaking', turnId: 1, generated: true }), {
      kind: 'interrupted',
      byCaller: true,
    });

    expect(kindsOf(effects)).toContain('clearPlayout');
  });

  it('clears once when the transcript of the interruption comes before or after its signal', () => {
    const transcript: Signal = { kind: 'callerSpoke', overAgent: true };
    for (const signals of [
      [transcript, { kind: 'interrupted', byCaller: true }],
      [{ kind: 'interrupted', byCaller: true }, transcript],
    ] as Signal[][]) {
      const { effects } = run(RULES, signals, at(SPEAKING));

      expect(kindsOf(effects).filter((kind) => kind === 'clearPlayout')).toHaveLength(1);
    }
  });

  it('does nothing when nobody was speaking', () => {
    const { state, effects } = step(RULES, at({ at: 'listening' }), { kind: 'interrupted', byCaller: true });

    expect(state.phase).toEqual({ at: 'listening' });
    expect(kindsOf(effects)).not.toContain('clearPlayout');
  });

  it('cuts the agent when the model took a new turn of the caller without saying so', () => {
    const { state, effects } = step(RULES, at({ at: 'speaking', turnId: 1, generated: true }), {
      kind: 'callerSpoke',
      overAgent: true,
    });

    expect(kindsOf(effects)).toContain('clearPlayout');
    expect(state.phase).toEqual({ at: 'thinking' });
  });

  it('lets the agent speak on when a transcript of earlier words comes late', () => {
    const { state, effects } = step(RULES, at(SPEAKING), { kind: 'callerSpoke', overAgent: false });

    expect(state.phase).toEqual(SPEAKING);
    expect(effects).toEqual([]);
  });

  it('lets keys cut the agent and gives them to the model', () => {
    const { effects } = step(RULES, at(SPEAKING), { kind: 'keysEntered', digits: '42' });

    expect(kindsOf(effects).slice(0, 3)).toEqual(['cancelTimer', 'clearPlayout', 'tell']);
    expect(tellsOf(effects)[0]).toMatchObject({ text: expect.stringContaining('42') });
  });
});

describe('a turn of the agent', () => {
  it('lasts until the caller has heard it', () => {
    const { state } = run(RULES, [
      { kind: 'agentStarted', turnId: 1 },
      { kind: 'agentGenerated', turnId: 1, unheardMs: 5000 },
    ]);
    expect(state.phase).toEqual({ at: 'speaking', turnId: 1, generated: true });

    expect(step(RULES, state, { kind: 'agentHeard', turnId: 1 }).state.phase).toEqual({ at: 'listening' });
  });

  it('is over when the carrier does not confirm in time what it must have played', () => {
    const generated = step(RULES, at(SPEAKING), { kind: 'agentGenerated', turnId: 1, unheardMs: 3000 });
    expect(generated.effects).toEqual([{ do: 'setTimer', timer: 'playout', ms: 3000 + PLAYOUT_GRACE_MS }]);

    const { state, effects } = step(RULES, generated.state, { kind: 'timeUp', timer: 'playout' });
    expect(state.phase).toEqual({ at: 'listening' });
    expect(kindsOf(effects)).toEqual(['giveUpMarks', 'setTimer']);
  });

  it('is not ended by a mark of another turn', () => {
    const state = at({ at: 'speaking', turnId: 2, generated: true });

    expect(step(RULES, state, { kind: 'agentHeard', turnId: 1 }).state.phase).toEqual(state.phase);
  });
});

describe('a silent caller', () => {
  it('is asked as often as the agent says, then bid goodbye, then the call ends with the goodbye heard', () => {
    const elapsed: Signal = { kind: 'timeUp', timer: 'silence' };
    const asked = run(RULES, [elapsed, elapsed], at({ at: 'listening' }));
    expect(tellsOf(asked.effects)).toHaveLength(2);
    expect(asked.state.phase).toEqual({ at: 'thinking' });

    const goodbye = step(RULES, asked.state, elapsed);
    expect(goodbye.state.phase).toMatchObject({ at: 'closing', reason: 'silence' });
    expect(goodbye.effects).toContainEqual({ do: 'setTimer', timer: 'closing', ms: GOODBYE_WAIT_MS });

    const end = run(
      RULES,
      [
        { kind: 'agentStarted', turnId: 9 },
        { kind: 'agentGenerated', turnId: 9, unheardMs: 900 },
        { kind: 'agentHeard', turnId: 9 },
      ],
      goodbye.state,
    );
    expect(end.effects.at(-1)).toEqual({ do: 'end', reason: 'silence', next: { kind: 'hang-up' } });
  });

  it('starts the count afresh when the caller speaks', () => {
    const { state } = run(
      RULES,
      [
        { kind: 'timeUp', timer: 'silence' },
        { kind: 'callerSpoke', overAgent: false },
      ],
      at({ at: 'listening' }),
    );

    expect(state.silencePrompts).toBe(0);
  });

  it('is kept when speaking into the goodbye', () => {
    const closing = at({ at: 'closing', reason: 'silence', next: { kind: 'hang-up' }, words: 'sounding' });

    const { state, effects } = step(RULES, closing, { kind: 'interrupted', byCaller: true });

    expect(state.phase).toEqual({ at: 'listening' });
    expect(kindsOf(effects)).toEqual(['cancelTimer', 'cancelTimer', 'clearPlayout', 'setTimer']);
  });

  it('hears the goodbye from the carrier where the model takes no text', () => {
    const rules = { ...RULES, takesText: false, silenceHangUpAfter: 0 };

    const { effects } = step(rules, at({ at: 'listening' }), { kind: 'timeUp', timer: 'silence' });

    expect(effects).toEqual([
      { do: 'end', reason: 'silence', next: { kind: 'say-and-hang-up', text: expect.any(String) } },
    ]);
  });

  it('is not asked while the agent speaks', () => {
    expect(step(RULES, at(SPEAKING), { kind: 'timeUp', timer: 'silence' }).effects).toEqual([]);
  });
});

describe('hanging up by the agent', () => {
  const answered: Signal = {
    kind: 'toolAnswered',
    last: { reason: 'agent-hung-up', next: { kind: 'hang-up' } },
    unheardMs: 700,
  };

  it('waits for the words that were said before', () => {
    const { state, effects } = step(RULES, at(SPEAKING, { openTools: 1 }), answered);
    expect(state.phase).toMatchObject({ at: 'closing', reason: 'agent-hung-up', words: 'sounding' });
    expect(effects).toContainEqual({ do: 'setTimer', timer: 'closing', ms: 700 + MORE_WORDS_WAIT_MS });

    const heard = run(
      RULES,
      [
        { kind: 'agentGenerated', turnId: 1, unheardMs: 300 },
        { kind: 'agentHeard', turnId: 1 },
      ],
      state,
    );
    expect(heard.effects).toEqual([
      { do: 'setTimer', timer: 'closing', ms: 300 + PLAYOUT_GRACE_MS },
      { do: 'end', reason: 'agent-hung-up', next: { kind: 'hang-up' } },
    ]);
  });

  it('waits for words that are said after, and no longer than a moment when none come', () => {
    const { state, effects } = step(RULES, at({ at: 'thinking' }, { openTools: 1 }), answered);
    expect(effects).toContainEqual({ do: 'setTimer', timer: 'closing', ms: 700 + LAST_WORDS_WAIT_MS });

    const end = step(RULES, state, { kind: 'timeUp', timer: 'closing' });
    expect(end.effects).toEqual([{ do: 'end', reason: 'agent-hung-up', next: { kind: 'hang-up' } }]);
  });

  it('is taken back when the caller speaks over the goodbye', () => {
    const closing = at({ at: 'closing', reason: 'agent-hung-up', next: { kind: 'hang-up' }, words: 'sounding' });

    expect(step(RULES, closing, { kind: 'interrupted', byCaller: true }).state.phase).toEqual({ at: 'listening' });
  });
});

describe('an endless call', () => {
  it('is warned of its end when the agent has finished speaking', () => {
    const warned = step(RULES, at(SPEAKING), { kind: 'timeUp', timer: 'warning' });
    expect(warned.effects).toEqual([]);

    const { effects } = run(
      RULES,
      [
        { kind: 'agentGenerated', turnId: 1, unheardMs: 0 },
        { kind: 'agentHeard', turnId: 1 },
      ],
      warned.state,
    );
    expect(tellsOf(effects)).toHaveLength(1);
  });

  it('ends with a goodbye, and without one when the caller speaks over it', () => {
    const { state } = step(RULES, at({ at: 'listening' }), { kind: 'timeUp', timer: 'maxCall' });
    expect(state.phase).toMatchObject({ at: 'closing', reason: 'max-duration' });

    const { effects } = step(RULES, state, { kind: 'interrupted', byCaller: true });
    expect(effects).toContainEqual({ do: 'end', reason: 'max-duration', next: { kind: 'hang-up' } });
  });
});

describe('an interruption that the bridge itself has caused by telling the model to say goodbye', () => {
  it.each(['max-duration', 'silence'] as const)('does not take the place of the goodbye (%s)', (reason) => {
    const awaited = at({ at: 'closing', reason, next: { kind: 'hang-up' }, words: 'awaited' });
    const early = step(RULES, awaited, { kind: 'interrupted', byCaller: false });
    expect(early.state.phase).toEqual(awaited.phase);
    expect(early.effects).toEqual([{ do: 'setTimer', timer: 'closing', ms: GOODBYE_WAIT_MS }]);

    const rest = at({ at: 'closing', reason, next: { kind: 'hang-up' }, words: 'sounding' });
    const late = step(RULES, rest, { kind: 'interrupted', byCaller: false });
    expect(late.state.phase).toEqual(awaited.phase);
    expect(kindsOf(late.effects)).toEqual(['clearPlayout', 'setTimer']);
  });
});

describe('keys', () => {
  it('that cannot reach the model do not cut the agent', () => {
    const { state, effects } = step({ ...RULES, takesText: false }, at(SPEAKING), { kind: 'keysEntered', digits: '1' });

    expect(state.phase).toEqual(SPEAKING);
    expect(effects).toEqual([]);
  });
});

describe('a lost model', () => {
  it('never means silence: the carrier apologises or dials the fallback', () => {
    const lost: Signal = { kind: 'voiceLost', unheardMs: 0 };

    expect(step(RULES, at({ at: 'listening' }), lost).effects).toEqual([
      { do: 'end', reason: 'failed', next: { kind: 'fallback' } },
    ]);
    expect(step({ ...RULES, hasFallback: true }, at({ at: 'listening' }), lost).effects).toEqual([
      { do: 'end', reason: 'fallback', next: { kind: 'fallback' } },
    ]);
  });

  it('is what a call gets that nobody goes on with: apology or fallback at once, where others are just hung up', () => {
    const ended = (reason: 'failed' | 'operator-hung-up', hasFallback: boolean) =>
      step({ ...RULES, hasFallback }, at(SPEAKING), { kind: 'hungUp', reason }).effects;

    expect(ended('failed', true)).toEqual([{ do: 'end', reason: 'fallback', next: { kind: 'fallback' } }]);
    expect(ended('failed', false)).toEqual([{ do: 'end', reason: 'failed', next: { kind: 'fallback' } }]);
    expect(ended('operator-hung-up', true)).toEqual([
      { do: 'end', reason: 'operator-hung-up', next: { kind: 'hang-up' } },
    ]);
  });

  it('lets the caller hear what was said already', () => {
    const { state, effects } = step(RULES, at(SPEAKING), { kind: 'voiceLost', unheardMs: 1500 });
    expect(effects).toContainEqual({ do: 'setTimer', timer: 'closing', ms: 1500 + PLAYOUT_GRACE_MS });

    expect(step(RULES, state, { kind: 'agentHeard', turnId: 1 }).effects).toEqual([
      { do: 'end', reason: 'failed', next: { kind: 'fallback' } },
    ]);
  });
});

describe('any order of signals', () => {
  const signal: fc.Arbitrary<Signal> = fc.oneof(
    fc.constant<Signal>({ kind: 'started' }),
    fc.record({ kind: fc.constant('callerSpoke' as const), overAgent: fc.boolean() }),
    fc.constant<Signal>({ kind: 'keysEntered', digits: '1' }),
    fc.record({ kind: fc.constant('agentStarted' as const), turnId: fc.nat(3) }),
    fc.record({ kind: fc.constant('agentGenerated' as const), turnId: fc.nat(3), unheardMs: fc.nat(5000) }),
    fc.record({ kind: fc.constant('agentHeard' as const), turnId: fc.nat(3) }),
    fc.record({ kind: fc.constant('interrupted' as const), byCaller: fc.boolean() }),
    fc.constant<Signal>({ kind: 'toolCalled' }),
    fc.record(
      {
        kind: fc.constant('toolAnswered' as const),
        last: fc.constantFrom(
          { reason: 'agent-hung-up' as const, next: { kind: 'hang-up' as const } },
          { reason: 'transferred' as const, next: { kind: 'dial' as const, to: '+14155550142', warm: true } },
        ),
        unheardMs: fc.nat(5000),
      },
      { requiredKeys: ['kind', 'unheardMs'] },
    ),
    fc.constant<Signal>({ kind: 'toolWaits', clip: undefined }),
    fc.constant<Signal>({ kind: 'personWanted', to: '+14155550142', warm: false }),
    fc.record({
      kind: fc.constant('timeUp' as const),
      timer: fc.constantFrom(
        'silence' as const,
        'playout' as const,
        'closing' as const,
        'warning' as const,
        'maxCall' as const,
        'wait' as const,
      ),
    }),
    fc.record({ kind: fc.constant('voiceLost' as const), unheardMs: fc.nat(5000) }),
    fc.constant<Signal>({ kind: 'callerGone' }),
    fc.constant<Signal>({ kind: 'hungUp', reason: 'operator-hung-up' }),
    fc.constant<Signal>({ kind: 'leaving', reason: 'transferred' }),
    fc.constant<Signal>({ kind: 'leaving', reason: undefined }),
    fc.record({
      kind: fc.constant('handOver' as const),
      moment: fc.constantFrom(undefined, 'turn' as const, 'pause' as const),
      callerQuietMs: fc.nat(5000),
      quietMs: fc.nat(5000),
    }),
  );
  const rules = fc.record({
    greeting: fc.constantFrom(undefined, 'Greet'),
    takesText: fc.boolean(),
    silencePromptAfterMs: fc.constant(10_000),
    silenceHangUpAfter: fc.nat(3),
    maxCallMs: fc.constantFrom(1000, 1_800_000),
    elapsedMs: fc.nat(2_000_000),
    hasFallback: fc.boolean(),
  });

  it('ends a call once, and does nothing after its end', () => {
    fc.assert(
      fc.property(rules, fc.array(signal, { maxLength: 40 }), (given, signals) => {
        let state = INITIAL_STATE;
        let ends = 0;
        for (const each of signals) {
          const wasEnded = state.phase.at === 'ended';
          const next = step(given, state, each);
          if (wasEnded) expect(next.effects).toEqual([]);
          ends += next.effects.filter((effect) => effect.do === 'end').length;
          state = next.state;
        }
        expect(ends).toBe(state.phase.at === 'ended' ? 1 : 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('always leaves a way on: whoever has the floor, a timer, a tool or the agent moves the call', () => {
    fc.assert(
      fc.property(rules, fc.array(signal, { maxLength: 40 }), (given, signals) => {
        const timers = new Set<string>();
        let state = INITIAL_STATE;
        for (const each of [{ kind: 'started' } as Signal, ...signals]) {
          if (each.kind === 'timeUp') timers.delete(each.timer);
          const next = step(given, state, each);
          for (const effect of next.effects) {
            if (effect.do === 'setTimer') timers.add(effect.timer);
            if (effect.do === 'cancelTimer') timers.delete(effect.timer);
          }
          state = next.state;
          const { phase } = state;
          if (phase.at === 'speaking' && phase.generated) expect(timers).toContain('playout');
          if (phase.at === 'closing') expect(timers).toContain('closing');
          if (phase.at === 'thinking' && state.openTools === 0) expect(timers).toContain('silence');
          if (phase.at === 'listening' && state.openTools === 0) expect(timers).toContain('silence');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('plays the sound of waiting only while tools are waited for, and never beside the agent', () => {
    fc.assert(
      fc.property(rules, fc.array(signal, { maxLength: 40 }), (given, signals) => {
        let state = INITIAL_STATE;
        let isSounding = false;
        for (const each of signals) {
          const next = step(given, state, each);
          for (const effect of next.effects) {
            if (effect.do === 'startWaitSound') {
              expect(isSounding).toBe(false);
              expect(next.state.openTools).toBeGreaterThan(0);
              isSounding = true;
            }
            if (effect.do === 'stopWaitSound') {
              expect(isSounding).toBe(true);
              isSounding = false;
            }
          }
          state = next.state;
          const { phase } = state;
          const isAgentHeard = phase.at === 'closing' ? phase.words !== 'awaited' : phase.at === 'speaking';
          if (isAgentHeard) expect(isSounding).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('says clearPlayout at most once between two beginnings of the agent', () => {
    fc.assert(
      fc.property(fc.array(signal, { maxLength: 40 }), (signals) => {
        let state = INITIAL_STATE;
        let clears = 0;
        for (const each of signals.filter(({ kind }) => !/timeUp|toolAnswered|voiceLost/.test(kind))) {
          if (each.kind === 'agentStarted') clears = 0;
          const next = step(RULES, state, each);
          clears += next.effects.filter((effect) => effect.do === 'clearPlayout').length;
          expect(clears).toBeLessThanOrEqual(1);
          state = next.state;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
