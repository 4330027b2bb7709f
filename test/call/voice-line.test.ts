import { describe, expect, it } from 'vitest';
import type { VoiceEvent } from '../../src/call/ports.js';
import { OPENING_LIMIT_MS } from '../../src/call/voice-line.js';
import { scriptedLine } from './scripted-line.js';

const LIMIT_MS = 40_000;
/** Ages at which a stream of that life is due, forced and overdue to be replaced. */
const DUE_MS = 30_000;
const FORCED_MS = 35_200;
const OVERDUE_MS = 38_000;
/** From then on nothing is waited for any more. */
const LAST_MS = 39_400;

const READY: VoiceEvent = { kind: 'ready' };
const UNDERSTOOD: VoiceEvent = { kind: 'callerText', text: 'What time is it?' };
const CALLED: VoiceEvent = { kind: 'toolCalled', callId: 't1', name: 'look_up', input: {} };
const SPEAKS: VoiceEvent = { kind: 'audioStarted', blockId: 'b1' };
const ENDS: VoiceEvent = { kind: 'audioEnded', blockId: 'b1', turnEnded: false };

type Line = ReturnType<typeof scriptedLine>;

/** A call whose stream is as old as that, and works. */
function lineOfAge(ms: number, options: Parameters<typeof scriptedLine>[0] = {}): Line {
  const rig = scriptedLine({ sessionLimitMs: LIMIT_MS, ...options });
  rig.legs[0]!.says(READY);
  rig.quiet(ms);
  return rig;
}

function lastLeg({ legs }: Line) {
  return legs.at(-1)!;
}

/** What came of the agent's words has sounded, and nothing more comes. */
function fallsSilent(rig: Line, ms: number): void {
  for (let quietMs = 100; quietMs <= ms; quietMs += 100) {
    rig.call.agentQuietMs = quietMs;
    rig.quiet(100);
  }
}

describe('the renewal of a stream', () => {
  it('happens in silence at three quarters of its life: the next is open before the old one is closed', () => {
    const rig = lineOfAge(DUE_MS - 20);
    expect(rig.legs).toHaveLength(1);
    rig.call.history = [{ role: 'agent', text: 'Hello.' }];

    rig.quiet(20);
    expect(rig.legs).toHaveLength(2);
    expect(rig.legs.map(({ state }) => state)).toEqual(['open', 'open']);
    rig.quiet(200);
    lastLeg(rig).says(READY);

    expect(rig.legs.map(({ state }) => state)).toEqual(['closed', 'open']);
    expect(lastLeg(rig).given).toEqual([{ begin: [{ role: 'agent', text: 'Hello.' }] }]);
    expect(rig.events).toContainEqual({ kind: 'replaced', modelId: 'nova-2', region: 'region-1', planned: true });
    expect(rig.line.region).toBe('region-1');
    expect(rig.kinds()).not.toContain('gone');
    rig.quiet(100);
    expect(rig.legs[0]!.blocks).toEqual(rig.blocksFrom(0).slice(0, DUE_MS / 10 + 20));
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(DUE_MS));
  });

  it('comes again for each stream, by its own age', () => {
    const rig = lineOfAge(DUE_MS);
    lastLeg(rig).says(READY);
    rig.quiet(DUE_MS);
    expect(rig.legs).toHaveLength(3);
  });

  it('waits for the caller to have spoken and to be understood, while there is time', () => {
    const rig = lineOfAge(DUE_MS);
    rig.speaks(500);
    lastLeg(rig).says(READY);
    rig.speaks(1500);
    rig.pauses(500);
    expect(lastLeg(rig).given).toEqual([]);

    rig.understood();
    rig.call.isAnswerOwed = true;
    rig.quiet(500);
    expect(lastLeg(rig).given).toEqual([]);

    rig.call.isAnswerOwed = false;
    rig.quiet(100);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
  });

  it('is forced on a caller who does not stop speaking: the whole sentence is heard by the next, the rest as it comes', () => {
    const rig = lineOfAge(DUE_MS - 1000);
    const saidFromMs = rig.heardMs();
    rig.speaks(2000);
    lastLeg(rig).says(READY);
    rig.speaks(FORCED_MS - rig.heardMs() - 100);
    expect(lastLeg(rig).given).toEqual([]);

    rig.speaks(2000);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
    expect(rig.legs[0]!.state).toBe('closed');
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(saidFromMs - 200));
    expect(lastLeg(rig).heardMs).toBe(rig.heardMs() - saidFromMs + 200);
    // What the old stream makes of it now is nobody's any more.
    const before = rig.events.length;
    rig.legs[0]!.says(UNDERSTOOD, CALLED, SPEAKS);
    expect(rig.events).toHaveLength(before);
  });

  it('does not give a long sentence at once, but faster than it was said, before what is said meanwhile', () => {
    const rig = lineOfAge(DUE_MS - 1000);
    rig.speaks(2000);
    lastLeg(rig).says(READY);
    rig.speaks(FORCED_MS - rig.heardMs());
    rig.speaks(100);
    const atOnceMs = lastLeg(rig).heardMs;
    expect(atOnceMs).toBeGreaterThanOrEqual(2000);
    expect(atOnceMs).toBeLessThanOrEqual(2600);

    rig.speaks(1000);
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(DUE_MS - 1200));
  });

  it('tells of how much audio a transcript can be, while the stream has not been given all of it', () => {
    const rig = lineOfAge(DUE_MS - 1000);
    rig.speaks(2000);
    lastLeg(rig).says(READY);
    rig.speaks(FORCED_MS - rig.heardMs());
    lastLeg(rig).says(UNDERSTOOD);
    expect(rig.events.at(-1)).toEqual({ ...UNDERSTOOD, givenMs: DUE_MS - 1200 + lastLeg(rig).heardMs });

    rig.speaks(2000);
    lastLeg(rig).says(UNDERSTOOD);
    expect(rig.events.at(-1)).toEqual(UNDERSTOOD);
  });

  it('waits for the end of the words of the agent, also when it is forced', () => {
    const rig = lineOfAge(DUE_MS);
    rig.call.agent = 'speaking';
    lastLeg(rig).says(READY);
    rig.quiet(FORCED_MS - DUE_MS + 1000);
    expect(lastLeg(rig).given).toEqual([]);

    // All of its words are there, and still sound.
    rig.call.agent = 'sounding';
    rig.quiet(100);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
  });

  it('cuts an agent that speaks until there is no more time, and has it go on', () => {
    const rig = lineOfAge(DUE_MS);
    rig.call.agent = 'speaking';
    rig.call.history = [
      { role: 'caller', text: 'Tell me.' },
      { role: 'agent', text: 'It was a' },
    ];
    lastLeg(rig).says(READY);
    rig.quiet(LAST_MS - DUE_MS - 100);
    expect(lastLeg(rig).given).toEqual([]);

    rig.quiet(100);
    expect(lastLeg(rig).given).toEqual([
      { begin: rig.call.history },
      { tell: expect.stringContaining('Go on from where they stop') },
    ]);
  });

  it('while a tool works gives the next stream its result as words', () => {
    const rig = lineOfAge(DUE_MS);
    lastLeg(rig).says(READY);
    const [, next] = rig.legs;
    next!.says(UNDERSTOOD, CALLED);
    rig.call.openTools = 1;
    rig.call.history = [{ role: 'caller', text: 'What time is it?' }];
    rig.quiet(FORCED_MS);
    lastLeg(rig).says(READY);
    rig.quiet(200);
    expect(lastLeg(rig).given).toEqual([{ begin: rig.call.history }]);

    rig.line.answerTool('t1', { hour: 12 });
    expect(lastLeg(rig).given.slice(1)).toEqual([
      { tell: 'The result of look_up, which you had asked for, has come: {"hour":12}' },
    ]);
    expect(next!.given.some((each) => 'answerTool' in each)).toBe(false);
  });

  it('at the moment of an interruption has the caller heard by the next stream, and the old answer by nobody', () => {
    const rig = lineOfAge(DUE_MS);
    rig.call.agent = 'speaking';
    lastLeg(rig).says(READY);
    rig.quiet(FORCED_MS - DUE_MS);
    const saidFromMs = rig.heardMs();
    rig.speaks(300);
    rig.legs[0]!.says({ kind: 'interrupted' });
    rig.call.agent = 'silent';
    rig.speaks(500);

    expect(rig.legs[0]!.state).toBe('closed');
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(saidFromMs - 200));
    const before = rig.events.length;
    rig.legs[0]!.says(UNDERSTOOD, SPEAKS);
    expect(rig.events).toHaveLength(before);
  });

  it('gives the stream what the call says to it in the moment of the change, after its beginning', () => {
    const rig = lineOfAge(DUE_MS);
    rig.onEvent((event) => {
      if (event.kind === 'replaced') rig.line.tell('Time is nearly over.');
    });
    lastLeg(rig).says(READY);

    expect(lastLeg(rig).given).toEqual([{ begin: [] }, { tell: 'Time is nearly over.' }]);
  });

  it('still counts what the old stream has cost, and nothing else of it', () => {
    const rig = lineOfAge(DUE_MS);
    lastLeg(rig).says(READY);
    const usage = { input: { speechTokens: 1, textTokens: 2 }, output: { speechTokens: 3, textTokens: 4 } };
    rig.legs[0]!.says({ kind: 'usage', usage });
    rig.quiet(200);

    expect(rig.events.at(-1)).toEqual({ kind: 'usage', usage });
    expect(rig.kinds()).not.toContain('closed');
  });
});

describe('a renewal for which there is no room', () => {
  it('is tried again beside the old stream, which goes on', () => {
    const rig = lineOfAge(DUE_MS);
    lastLeg(rig).loses('throttled');
    rig.quiet(980);
    expect(rig.legs).toHaveLength(2);
    rig.quiet(20);
    expect(rig.legs).toHaveLength(3);
    expect(rig.kinds()).toEqual(['ready']);
    rig.line.tell('Hello?');
    expect(rig.legs[0]!.given).toEqual([{ tell: 'Hello?' }]);
  });

  it('breaks before it makes when time is up, and gives the next stream all that was not consumed', () => {
    const rig = lineOfAge(DUE_MS);
    for (let misses = 0; misses < 3; misses++) {
      lastLeg(rig).loses('throttled');
      rig.quiet([1000, 2000, 4000][misses]!);
    }
    const opened = rig.legs.length;
    lastLeg(rig).loses('throttled');
    const saidFromMs = rig.heardMs();
    rig.speaks(OVERDUE_MS - rig.heardMs() + 400);

    expect(rig.legs[0]!.state).toBe('closed');
    expect(rig.legs).toHaveLength(opened + 1);
    expect(rig.events.at(-1)).toEqual({ kind: 'gone', reason: 'renewed' });
    lastLeg(rig).says(READY);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'replaced', planned: false });
    rig.speaks(100);
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(saidFromMs - 200));
  });

  it('has an agent that was cut by it go on', () => {
    const rig = lineOfAge(DUE_MS);
    lastLeg(rig).loses('throttled');
    rig.call.agent = 'speaking';
    rig.onEvent((event) => {
      // The call takes what was said for all that there is.
      if (event.kind === 'gone') rig.call.agent = 'silent';
    });
    // Refused until time is up.
    while (rig.heardMs() < OVERDUE_MS - 100) {
      rig.quiet(100);
      if (lastLeg(rig).state === 'open' && rig.legs.length > 1) lastLeg(rig).loses('throttled');
    }
    rig.quiet(200);
    lastLeg(rig).says(READY);

    expect(lastLeg(rig).given.at(-1)).toEqual({ tell: expect.stringContaining('Go on from where they stop') });
  });
});

describe('a renewal that nobody answers', () => {
  it('leaves the old stream to the call for as long as it lasts: then another is had, and nothing was missed', () => {
    const rig = lineOfAge(DUE_MS);
    const fail = () => lastLeg(rig).state === 'open' && rig.legs.length > 1 && lastLeg(rig).loses('refused');
    while (rig.heardMs() < LIMIT_MS - 1000) {
      fail();
      rig.quiet(100);
    }
    expect(rig.heardMs()).toBeGreaterThan(OVERDUE_MS);
    expect(rig.legs[0]!.state).toBe('open');
    expect(rig.kinds()).not.toContain('gone');
    rig.line.tell('Say goodbye.');
    expect(rig.legs[0]!.given).toEqual([{ tell: 'Say goodbye.' }]);
    rig.legs[0]!.says(SPEAKS, ENDS);
    const saidFromMs = rig.heardMs();
    rig.speaks(500);

    rig.legs[0]!.loses('expired');
    lastLeg(rig).says(READY);

    expect(rig.events.at(-1)).toMatchObject({ kind: 'replaced', planned: false });
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(saidFromMs - 200));
  });
});

describe('a stream that waits to take over', () => {
  it('is replaced when it has waited for so long that the service may give it up', () => {
    const rig = lineOfAge(150_000, { sessionLimitMs: 200_000 });
    rig.call.agent = 'speaking';
    lastLeg(rig).says(READY);
    rig.quiet(29_900);
    expect(rig.legs).toHaveLength(2);
    rig.quiet(200);

    expect(rig.legs.map(({ state }) => state)).toEqual(['open', 'closed', 'open']);
    rig.call.agent = 'silent';
    lastLeg(rig).says(READY);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
  });

  it('is replaced when it is lost, and the call hears nothing of it', () => {
    const rig = lineOfAge(DUE_MS);
    rig.call.agent = 'speaking';
    lastLeg(rig).says(READY);
    lastLeg(rig).loses('faulted');
    rig.quiet(1000);

    expect(rig.legs).toHaveLength(3);
    expect(rig.kinds()).toEqual(['ready']);
  });

  it('is given up when it does not open', () => {
    const rig = lineOfAge(DUE_MS);
    rig.quiet(4000);
    expect(rig.legs.map(({ state }) => state)).toEqual(['open', 'aborted']);
    rig.quiet(1000);
    expect(rig.legs).toHaveLength(3);
    // Too late: it is not the next any more.
    rig.legs[1]!.says(READY);
    expect(rig.kinds()).toEqual(['ready']);
  });

  it('serves at once when the old one is lost', () => {
    const rig = lineOfAge(DUE_MS);
    rig.call.agent = 'speaking';
    lastLeg(rig).says(READY);
    rig.legs[0]!.loses('expired');

    expect(rig.kinds()).toEqual(['ready', 'gone', 'replaced']);
    expect(lastLeg(rig).given[0]).toEqual({ begin: [] });
  });
});

describe('credentials', () => {
  it.each([
    ['that last', 600_000, 360_000],
    ['that expire sooner than the stream', 300_000, 120_000],
    ['that are nearly over have the life that they have', 90_000, 60_000],
  ])('%s have the stream replaced in time', (_, lastMs, atMs) => {
    const rig = scriptedLine();
    rig.legs[0]!.says({ kind: 'ready', credentialsExpireAtMs: lastMs });

    rig.clock.advance(atMs - 1);
    expect(rig.legs).toHaveLength(1);
    rig.clock.advance(1);
    expect(rig.legs).toHaveLength(2);
  });

  it('of the next stream count for it', () => {
    const rig = lineOfAge(DUE_MS, { sessionLimitMs: LIMIT_MS });
    lastLeg(rig).says({ kind: 'ready', credentialsExpireAtMs: DUE_MS + 190_000 });
    rig.clock.advance(10_000 - 1);
    expect(rig.legs).toHaveLength(2);
    rig.clock.advance(20_001);
    expect(rig.legs).toHaveLength(3);
  });
});

describe('a lost stream', () => {
  it.each(['throttled', 'refused', 'rejected', 'expired', 'faulted', 'unreachable', 'ended'] as const)(
    'as %s is replaced at once, and what was said meanwhile is heard by the next',
    (loss) => {
      const rig = lineOfAge(1000);
      const saidFromMs = rig.heardMs();
      rig.speaks(600);
      lastLeg(rig).loses(loss);
      expect(rig.legs).toHaveLength(2);
      expect(rig.events.at(-1)).toEqual({ kind: 'gone', reason: `lost: ${loss}`, loss });
      rig.speaks(600);
      lastLeg(rig).says(READY);
      rig.pauses(500);

      expect(rig.kinds()).toEqual(['ready', 'gone', 'replaced']);
      expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
      expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(saidFromMs - 200));
    },
  );

  it('has the words of the caller that it had understood answered by the next, not in its history as well', () => {
    const rig = lineOfAge(1000);
    rig.legs[0]!.says(UNDERSTOOD);
    rig.call.isAnswerOwed = true;
    rig.call.history = [
      { role: 'agent', text: 'Hello.' },
      { role: 'caller', text: 'What time is it?' },
    ];
    rig.legs[0]!.loses('faulted');
    lastLeg(rig).says(READY);
    const given = [{ begin: [{ role: 'agent', text: 'Hello.' }] }, { tell: 'What time is it?' }];
    expect(lastLeg(rig).given).toEqual(given);

    // The same again when that one is lost as well.
    lastLeg(rig).loses('faulted');
    rig.quiet(500);
    lastLeg(rig).says(READY);
    expect(lastLeg(rig).given).toEqual(given);
  });

  it('has what it was told, and has not answered, told to the next', () => {
    const rig = lineOfAge(100);
    rig.line.tell('Greet the caller.');
    rig.legs[0]!.loses('faulted');
    rig.line.tell('The caller pressed 1.');
    lastLeg(rig).says(READY);

    expect(lastLeg(rig).given).toEqual([{ begin: [] }, { tell: 'Greet the caller.\nThe caller pressed 1.' }]);
    lastLeg(rig).loses('faulted');
    rig.quiet(500);
    lastLeg(rig).says(READY);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }, { tell: 'Greet the caller.\nThe caller pressed 1.' }]);
  });

  it('has nothing told again that it has answered', () => {
    const rig = lineOfAge(100);
    rig.line.tell('Greet the caller.');
    rig.legs[0]!.says(SPEAKS);
    rig.legs[0]!.loses('faulted');
    lastLeg(rig).says(READY);

    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
  });

  it('in the middle of the words of the agent has the next go on, however many it takes', () => {
    const rig = lineOfAge(100);
    rig.call.history = [{ role: 'agent', text: 'It was' }];
    rig.legs[0]!.says(SPEAKS);
    rig.call.agent = 'speaking';
    rig.legs[0]!.loses('faulted');
    rig.call.agent = 'silent';
    const goesOn = [{ begin: rig.call.history }, { tell: expect.stringContaining('Go on from where they stop') }];
    for (let count = 0; count < 3; count++) {
      lastLeg(rig).says(READY);
      expect(lastLeg(rig).given).toEqual(goesOn);
      lastLeg(rig).loses('faulted');
      rig.quiet(1000);
    }
  });

  it('before a word of the answer was heard has the question answered, not words continued that nobody knows', () => {
    const rig = lineOfAge(100);
    rig.legs[0]!.says(UNDERSTOOD, SPEAKS);
    rig.call.history = [{ role: 'caller', text: 'What time is it?' }];
    rig.call.agent = 'speaking';
    rig.legs[0]!.loses('faulted');
    rig.call.agent = 'silent';
    lastLeg(rig).says(READY);

    expect(lastLeg(rig).given).toEqual([{ begin: [] }, { tell: 'What time is it?' }]);
  });

  it('had asked for a tool: the result is told to the next, whenever it comes', () => {
    const rig = lineOfAge(100);
    rig.legs[0]!.says(CALLED, { ...CALLED, callId: 't2', name: 'book' });
    rig.legs[0]!.loses('faulted');
    rig.line.answerTool('t1', { a: 1 });
    lastLeg(rig).says(READY);
    rig.line.answerTool('t2', { b: 2 });
    const [first, second] = [
      'The result of look_up, which you had asked for, has come: {"a":1}',
      'The result of book, which you had asked for, has come: {"b":2}',
    ];
    expect(lastLeg(rig).given).toEqual([{ begin: [] }, { tell: first }, { tell: second }]);

    // Also to the one after that, when nothing was made of them.
    lastLeg(rig).loses('faulted');
    rig.quiet(500);
    lastLeg(rig).says(READY);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }, { tell: `${first}\n${second}` }]);
  });

  it('had been given the result of a tool and made nothing of it: the next is told it', () => {
    const rig = lineOfAge(100);
    rig.legs[0]!.says(UNDERSTOOD, CALLED);
    rig.call.isAnswerOwed = true;
    rig.call.history = [{ role: 'caller', text: 'What time is it?' }];
    rig.line.answerTool('t1', { hour: 12 });
    expect(rig.legs[0]!.given).toEqual([{ answerTool: 't1', output: { hour: 12 } }]);
    rig.legs[0]!.loses('faulted');
    lastLeg(rig).says(READY);

    expect(lastLeg(rig).given).toEqual([
      { begin: [{ role: 'caller', text: 'What time is it?' }] },
      { tell: 'The result of look_up, which you had asked for, has come: {"hour":12}' },
    ]);
  });

  it('that ended without a cause has ended', () => {
    const rig = lineOfAge(100);
    rig.legs[0]!.loses(undefined);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'gone', loss: 'ended' });
  });

  it('is given up when none can be had: the call is told once, with what was lost last', () => {
    const rig = lineOfAge(100);
    rig.legs[0]!.loses('faulted');
    for (let count = 0; rig.kinds().at(-1) !== 'closed' && count < 20; count++) {
      if (lastLeg(rig).state === 'open') lastLeg(rig).loses('throttled');
      rig.quiet(3000);
    }

    expect(rig.legs).toHaveLength(8);
    expect(rig.events.at(-1)).toEqual({
      kind: 'closed',
      asked: false,
      reason: 'lost: throttled',
      loss: 'throttled',
    });
    rig.quiet(60_000);
    expect(rig.legs).toHaveLength(8);
    expect(rig.kinds().filter((kind) => kind === 'closed')).toHaveLength(1);
    rig.line.close();
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('is given up also when a stream cannot even be asked for', () => {
    const rig = lineOfAge(100);
    rig.opensFail(new Error('no credentials'));
    rig.legs[0]!.loses('faulted');
    rig.quiet(10_000);

    expect(rig.events.at(-1)).toMatchObject({ kind: 'closed', asked: false, loss: 'unreachable' });
    rig.line.close();
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('is served by the first stream that opens again', () => {
    const rig = lineOfAge(100);
    rig.opensFail(new Error('no credentials'));
    rig.legs[0]!.loses('faulted');
    rig.quiet(600);
    rig.opensFail(undefined);
    rig.quiet(3000);
    lastLeg(rig).says(READY);

    expect(rig.kinds()).toEqual(['ready', 'gone', 'replaced']);
  });
});

describe('a stream whose words are not taken', () => {
  const NOT_TAKEN = expect.stringContaining('could not be processed');
  const SAID = [
    { role: 'caller', text: 'Hello.' },
    { role: 'agent', text: 'Good morning.' },
  ] as const;

  /** As the call does it: what was being said is over, and nobody hears it again. */
  function givesUpWords(rig: Line): void {
    rig.onEvent((event) => {
      if (event.kind !== 'gone' || rig.call.openSpeechFromMs === undefined) return;
      rig.understood();
      rig.call.isAnswerOwed = true;
    });
  }

  it('is not followed by one that hears them again: the caller is asked for others', () => {
    const rig = lineOfAge(1000);
    givesUpWords(rig);
    rig.call.history = SAID;
    rig.speaks(1500);
    rig.pauses(500);
    const lostAtMs = rig.heardMs();
    rig.legs[0]!.loses('filtered');
    expect(rig.events.at(-1)).toMatchObject({ kind: 'gone', loss: 'filtered', offence: 'open' });
    lastLeg(rig).says(READY);
    rig.quiet(100);

    expect(lastLeg(rig).given).toEqual([{ begin: SAID }, { tell: NOT_TAKEN }]);
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(lostAtMs - 200));
  });

  it('that were understood is followed by one that does not know of them, and so is every later one', () => {
    const rig = lineOfAge(1000);
    rig.call.history = [...SAID, { role: 'caller', text: 'Something bad.' }];
    rig.call.isAnswerOwed = true;
    rig.legs[0]!.says({ kind: 'callerText', text: 'Something bad.' });
    rig.legs[0]!.loses('filtered');
    expect(rig.events.at(-1)).toMatchObject({ kind: 'gone', loss: 'filtered', offence: 'last' });
    lastLeg(rig).says(READY);
    expect(lastLeg(rig).given).toEqual([{ begin: SAID }, { tell: NOT_TAKEN }]);

    lastLeg(rig).says(SPEAKS, ENDS);
    rig.call.isAnswerOwed = false;
    const asked = { role: 'agent', text: 'Please say that in another way.' } as const;
    rig.call.history = [...rig.call.history, asked];
    rig.quiet(DUE_MS);
    lastLeg(rig).says(READY);
    expect(rig.legs).toHaveLength(3);
    expect(lastLeg(rig).given).toEqual([{ begin: [...SAID, asked] }]);
  });

  it('before anything came of it is followed by one that knows of nothing, and then by none', () => {
    const rig = lineOfAge(1000);
    rig.call.history = [...SAID, { role: 'caller', text: 'Something bad.' }];
    rig.call.isAnswerOwed = true;
    rig.legs[0]!.says({ kind: 'callerText', text: 'Something bad.' });
    for (const after of [SAID, []]) {
      lastLeg(rig).loses('filtered');
      rig.quiet(260);
      lastLeg(rig).says(READY);
      expect(lastLeg(rig).given).toEqual([{ begin: after }, { tell: NOT_TAKEN }]);
    }
    lastLeg(rig).loses('filtered');

    expect(rig.events.at(-1)).toEqual({ kind: 'closed', asked: false, reason: 'lost: filtered', loss: 'filtered' });
    expect(rig.legs).toHaveLength(3);
  });

  it('is not told again what it was given, which may be to blame; words that no stream was given are', () => {
    const rig = lineOfAge(1000);
    rig.line.tell('The caller pressed these keys: 666');
    rig.legs[0]!.loses('filtered');
    rig.line.tell('The caller is still there.');
    lastLeg(rig).says(READY);

    expect(lastLeg(rig).given.slice(1)).toEqual([{ tell: expect.stringMatching(/^What the caller.*\nThe caller is/) }]);
  });
});

describe('the first stream', () => {
  it('is given up when it does not open, though nothing is owed yet: the next hears all that was said', () => {
    const rig = scriptedLine();
    rig.quiet(1000);
    rig.speaks(2980);
    expect(rig.legs).toHaveLength(1);
    rig.speaks(20);

    expect(rig.legs.map(({ state }) => state)).toEqual(['aborted', 'open']);
    expect(rig.events).toEqual([{ kind: 'gone', reason: 'no answer in 4000 ms', loss: 'unreachable' }]);
    lastLeg(rig).says(READY);
    rig.speaks(400);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'replaced', planned: false });
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(800));
  });

  it('that opened is not given up, whatever became of others', () => {
    const rig = scriptedLine();
    rig.quiet(3900);
    rig.legs[0]!.says(READY);
    rig.quiet(4000);
    expect(rig.legs).toHaveLength(1);

    rig.legs[0]!.loses('faulted');
    lastLeg(rig).says(READY);
    rig.quiet(8000);
    expect(rig.legs).toHaveLength(2);
  });

  it('lost before it opened is lost once', () => {
    const rig = scriptedLine();
    rig.quiet(3900);
    rig.legs[0]!.loses('throttled');
    rig.quiet(200);
    lastLeg(rig).says(READY);
    rig.quiet(8000);

    expect(rig.legs).toHaveLength(2);
    expect(rig.kinds()).toEqual(['gone', 'replaced']);
  });
});

describe('a stream that stalls', () => {
  it.each([
    ['what the caller said', (rig: Line) => rig.speaks(1000)],
    ['an answer', (rig: Line) => Object.assign(rig.call, { isAnswerOwed: true })],
    ['what it was told', (rig: Line) => rig.line.tell('Greet the caller.')],
  ])('on %s is given up after six seconds without anything, and replaced', (_, owes) => {
    const rig = lineOfAge(1000);
    owes(rig);
    rig.pauses(6000);
    expect(rig.legs).toHaveLength(1);
    rig.pauses(2000);

    expect(rig.legs.map(({ state }) => state)).toEqual(['aborted', 'open']);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'gone', loss: 'stalled' });
  });

  it('in the middle of its words is given up before that is dead air, and the next goes on', () => {
    const rig = lineOfAge(1000);
    rig.legs[0]!.says(SPEAKS);
    rig.call.agent = 'speaking';
    rig.call.agentQuietMs = 0;
    rig.quiet(3000);
    expect(rig.legs).toHaveLength(1);
    fallsSilent(rig, 3600);

    expect(rig.legs.map(({ state }) => state)).toEqual(['aborted', 'open']);
    rig.call.agent = 'silent';
    lastLeg(rig).says(READY);
    expect(lastLeg(rig).given.at(-1)).toEqual({ tell: expect.stringContaining('Go on from where they stop') });
  });

  it.each([
    ['in the middle of its words', [SPEAKS], 0, true],
    ['in the middle of its words, with a tool at work', [CALLED, SPEAKS], 1, true],
    ['in the middle of more words, with a tool at work', [SPEAKS, ENDS, CALLED, SPEAKS], 1, true],
    ['between two blocks of its words', [SPEAKS, ENDS], 0, false],
    ['between its words and what a tool brings', [SPEAKS, ENDS, CALLED], 1, false],
    ['after it was interrupted, with a tool at work', [CALLED, SPEAKS, { kind: 'interrupted' }], 1, false],
  ] as const satisfies readonly (readonly [string, readonly VoiceEvent[], number, boolean])[])(
    'that is silent %s',
    (_, said, openTools, isGivenUp) => {
      const rig = lineOfAge(1000);
      rig.legs[0]!.says(...said);
      Object.assign(rig.call, { agent: 'speaking', openTools });
      fallsSilent(rig, 9000);

      expect(rig.legs[0]!.state).toBe(isGivenUp ? 'aborted' : 'open');
    },
  );

  it('is not one on which the caller goes on speaking, whatever is owed', () => {
    const rig = lineOfAge(1000);
    rig.call.isAnswerOwed = true;
    rig.speaks(15_000);

    expect(rig.legs).toHaveLength(1);
  });

  it.each([
    ['nothing is owed', {}],
    ['a tool works', { openTools: 1, isAnswerOwed: true }],
  ])('is not one that is silent while %s', (_, situation) => {
    const rig = lineOfAge(1000);
    Object.assign(rig.call, situation);
    rig.quiet(20_000);

    expect(rig.legs).toHaveLength(1);
  });

  it('is not one of which anything comes', () => {
    const rig = lineOfAge(1000);
    rig.call.isAnswerOwed = true;
    for (let count = 0; count < 5; count++) {
      rig.quiet(4000);
      rig.legs[0]!.says({ kind: 'agentText', stage: 'spoken', text: 'Well' });
    }
    expect(rig.legs).toHaveLength(1);
  });

  it('on a noise costs one stream, not one after the other', () => {
    const rig = lineOfAge(1000);
    rig.speaks(1000);
    rig.pauses(8000);
    lastLeg(rig).says(READY);
    rig.pauses(20_000);

    expect(rig.legs).toHaveLength(2);
    expect(lastLeg(rig).state).toBe('open');
  });
});

describe('a call that ends', () => {
  const moments: [string, (rig: Line) => void][] = [
    ['at once', () => undefined],
    ['while its stream serves', (rig) => rig.quiet(1000)],
    ['while the next stream opens', (rig) => rig.quiet(DUE_MS)],
    [
      'while the next stream waits',
      (rig) => {
        rig.call.agent = 'speaking';
        rig.quiet(DUE_MS);
        lastLeg(rig).says(READY);
      },
    ],
    [
      'while the next attempt waits',
      (rig) => {
        rig.quiet(DUE_MS);
        lastLeg(rig).loses('throttled');
      },
    ],
    [
      'after a swap',
      (rig) => {
        rig.quiet(DUE_MS);
        lastLeg(rig).says(READY);
      },
    ],
    [
      'while a lost stream is replaced',
      (rig) => {
        lastLeg(rig).loses('faulted');
      },
    ],
    [
      'while the replacement waits',
      (rig) => {
        for (let count = 0; count < 2; count++) lastLeg(rig).loses('faulted');
      },
    ],
    [
      'while a stream that could not be asked for is to be asked for again',
      (rig) => {
        rig.opensFail(new Error('no credentials'));
        lastLeg(rig).loses('faulted');
      },
    ],
    [
      'after none could be had',
      (rig) => {
        for (let count = 0; count < 2; count++) lastLeg(rig).loses('refused');
      },
    ],
  ];

  it.each(moments)('%s releases every stream and every timer, and says no more', (_, come) => {
    const rig = scriptedLine({ sessionLimitMs: LIMIT_MS });
    come(rig);
    const before = rig.events.length;
    const opened = rig.legs.length;
    rig.line.close();

    expect(rig.legs.filter(({ state }) => state === 'open')).toEqual([]);
    // The services' own word that they are closed.
    rig.clock.advance(50);
    expect(rig.clock.pendingTimers).toBe(0);
    for (const leg of rig.legs) leg.says(READY, UNDERSTOOD, SPEAKS);
    rig.line.hear(new Uint8Array(320), 20);
    rig.line.tell('Hello');
    rig.line.answerTool('t1', {});
    rig.line.close();
    expect(rig.clock.pendingTimers).toBe(0);
    expect(rig.events).toHaveLength(before);
    expect(rig.legs).toHaveLength(opened);
  });
});

describe('a stream that is overdue while it may have understood what is still open', () => {
  const SAID_FROM_MS = OVERDUE_MS - 3000;

  /** Two thoughts of the caller with a pause between: the words that have come may be of the first only. */
  function doubtful(isCallerSpeaking: boolean) {
    const rig = lineOfAge(DUE_MS);
    rig.call.agent = 'speaking';
    lastLeg(rig).says(READY);
    rig.quiet(SAID_FROM_MS - rig.heardMs());
    rig.speaks(1500);
    Object.assign(rig.call, { isInDoubt: true, isCallerSpeaking, agent: 'sounding' });
    rig.quiet(OVERDUE_MS - rig.heardMs() - 20);
    return rig;
  }

  it.each([
    ['is silent', false],
    ['goes on', true],
  ])('serves until that is known, also when the caller %s, and no word is heard again', (_, isCallerSpeaking) => {
    const rig = doubtful(isCallerSpeaking);
    rig.quiet(1000);
    expect(lastLeg(rig).given).toEqual([]);

    rig.call.isInDoubt = false;
    rig.understood();
    const knownMs = rig.heardMs();
    rig.quiet(100);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
    expect(lastLeg(rig).blocks[0]).toBeGreaterThanOrEqual((knownMs - 200) / 10);
    expect(rig.legs[0]!.state).toBe('closed');
  });

  it('serves until that is known when the next one becomes ready only then', () => {
    const rig = lineOfAge(9000, { sessionLimitMs: 12_000 });
    rig.quiet(2400);
    Object.assign(rig.call, { isInDoubt: true, openSpeechFromMs: 10_500, consumedMs: 10_300 });
    lastLeg(rig).says(READY);
    rig.quiet(200);
    expect(lastLeg(rig).given).toEqual([]);

    rig.call.isInDoubt = false;
    rig.understood();
    rig.quiet(100);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
    expect(lastLeg(rig).blocks[0]).toBeGreaterThan(1100);
  });

  it('is replaced all the same before it ends: rather heard twice than lost', () => {
    const rig = doubtful(false);
    rig.quiet(LIMIT_MS - OVERDUE_MS);

    expect(rig.legs.map(({ state }) => state)).toEqual(['closed', 'open']);
    rig.quiet(1000);
    expect(lastLeg(rig).blocks).toEqual(rig.blocksFrom(SAID_FROM_MS - 200));
    expect(rig.kinds()).not.toContain('gone');
  });
});

describe('a stream that is overdue while the agent’s words are still coming', () => {
  function speaking() {
    const rig = lineOfAge(DUE_MS);
    rig.call.agent = 'speaking';
    lastLeg(rig).says(READY);
    rig.quiet(OVERDUE_MS - rig.heardMs() + 500);
    return rig;
  }

  it('serves until they have all come', () => {
    const rig = speaking();
    expect(lastLeg(rig).given).toEqual([]);

    rig.call.agent = 'sounding';
    rig.quiet(100);
    expect(lastLeg(rig).given).toEqual([{ begin: [] }]);
    expect(rig.legs[0]!.state).toBe('closed');
  });
});

describe('a process that stands still while a stream is overdue', () => {
  const SHORT_LIMIT_MS = 12_000;
  const SHORT_DUE_MS = 9000;
  const SHORT_OVERDUE_MS = 11_400;

  /** Nothing runs for a while in which the caller’s question is understood and answered, and the stream’s time is up. */
  function standsStill(isNextReady: boolean) {
    const rig = lineOfAge(SHORT_DUE_MS, { sessionLimitMs: SHORT_LIMIT_MS });
    rig.call.agent = 'speaking';
    if (isNextReady) lastLeg(rig).says(READY);
    rig.speaks(1000);
    rig.pauses(SHORT_OVERDUE_MS - rig.heardMs() - 200);
    rig.onEvent(({ kind }) => {
      if (kind === 'callerText') rig.understood();
    });
    rig.standStill(1500);
    const [before] = rig.legs;
    return { rig, old: before!, answers: () => before!.says(UNDERSTOOD, SPEAKS) };
  }

  function expectHeardOnce({ rig, old }: ReturnType<typeof standsStill>) {
    rig.quiet(200);
    const spoken = rig.kinds().filter((kind) => kind !== 'ready');
    expect(spoken).toEqual(['callerText', 'audioStarted', 'replaced']);
    expect(old.state).toBe('closed');
    expect(lastLeg(rig).blocks[0]).toBeGreaterThan((SHORT_OVERDUE_MS - 600) / 10);
  }

  it('takes first what the old one has said meanwhile: its time is up only then', () => {
    const call = standsStill(true);
    call.answers();

    expectHeardOnce(call);
  });

  it('takes it also when the next one has become ready meanwhile, and is read first', () => {
    const call = standsStill(false);
    lastLeg(call.rig).says(READY);
    call.answers();

    expectHeardOnce(call);
  });

  it('takes it also when it is read before the next one, which has become ready meanwhile', () => {
    const call = standsStill(false);
    call.answers();
    lastLeg(call.rig).says(READY);

    expectHeardOnce(call);
  });

  it('does not give up a next one that has become ready meanwhile', () => {
    const rig = lineOfAge(DUE_MS);
    const next = lastLeg(rig);
    rig.standStill(OPENING_LIMIT_MS + 1000);
    next.says(READY);
    rig.quiet(200);

    expect(rig.legs).toHaveLength(2);
    expect(next.given).toEqual([{ begin: [] }]);
  });
});
