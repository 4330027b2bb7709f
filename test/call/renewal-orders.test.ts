import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentTurn } from '../../src/call/record.js';
import { type Course, ListeningCall, TICK_MS } from './listening-call.js';
import { type Fate, type ListeningLeg, WORD_MS } from './listening-model.js';

/** Cases of a run, each time others; more find more. */
const RUNS = 1000;

type Action =
  | { do: 'speak' | 'wait'; ms: number }
  | { do: 'lose' | 'loseNext'; loss: 'throttled' | 'expired' | 'faulted' | 'unreachable' | 'ended' }
  | { do: 'stall' };

const loss = fc.constantFrom('throttled', 'expired', 'faulted', 'unreachable', 'ended' as const);
const ms = (min: number, max: number) =>
  fc.integer({ min: min / TICK_MS, max: max / TICK_MS }).map((ticks) => ticks * TICK_MS);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('speak' as const), ms: ms(600, 2500) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: ms(100, 3000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), loss }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('loseNext' as const), loss }) },
  { weight: 1, arbitrary: fc.constant({ do: 'stall' as const }) },
);

const fate: fc.Arbitrary<Fate> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('opens' as const), afterMs: fc.integer({ min: 20, max: 1500 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('fails' as const), afterMs: fc.integer({ min: 20, max: 800 }), loss }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'hangs' as const }, { kind: 'throws' as const }) },
);

const course: fc.Arbitrary<Course> = fc.record({
  fates: fc.array(fate, { maxLength: 6 }).map((fates) => [{ kind: 'opens', afterMs: 100 } as const, ...fates]),
  replies: fc.array(
    fc.record({
      usesTool: fc.boolean(),
      blocks: fc.integer({ min: 1, max: 3 }),
      words: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  toolMs: fc.constantFrom(100, 1500, 4000),
  transcriptMs: fc.constantFrom(250, 250, 1500, 3000),
  sessionLimitMs: fc.constantFrom(12_000, 20_000, 480_000),
});

/** Cases that went wrong once: lost again while the next stream caught up; stuck when one of two late transcripts had come. */
const FOUND: [Course, Action[]][] = [
  [
    {
      fates: [{ kind: 'opens', afterMs: 100 }, { kind: 'hangs' }],
      replies: [{ usesTool: false, blocks: 1, words: 1 }],
      toolMs: 100,
      transcriptMs: 250,
      sessionLimitMs: 12_000,
    },
    [
      { do: 'speak', ms: 600 },
      { do: 'lose', loss: 'throttled' },
      { do: 'wait', ms: 700 },
      { do: 'speak', ms: 600 },
      { do: 'wait', ms: 700 },
      { do: 'speak', ms: 1500 },
      { do: 'speak', ms: 1400 },
      { do: 'lose', loss: 'throttled' },
    ],
  ],
  [
    {
      fates: [{ kind: 'opens', afterMs: 100 }],
      replies: [{ usesTool: false, blocks: 1, words: 1 }],
      toolMs: 100,
      transcriptMs: 1500,
      sessionLimitMs: 12_000,
    },
    [
      { do: 'speak', ms: 600 },
      { do: 'wait', ms: 700 },
      { do: 'speak', ms: 600 },
      { do: 'wait', ms: 200 },
      { do: 'speak', ms: 700 },
      { do: 'stall' },
    ],
  ],
];

/** Until nothing is owed any more, or for so long that it never will be. */
const LONGEST_END_MS = 60_000;

async function played(given: Course, actions: readonly Action[]): Promise<ListeningCall> {
  const call = new ListeningCall(given);
  for (const each of actions) {
    switch (each.do) {
      case 'speak':
      case 'wait':
        await call.line(each.ms, each.do === 'speak');
        break;
      case 'lose':
        call.lose(call.serving, each.loss);
        break;
      case 'loseNext':
        call.lose(call.next, each.loss);
        break;
      case 'stall':
        call.stall(call.serving);
        break;
    }
  }
  for (let waitedMs = 0; waitedMs < LONGEST_END_MS && call.isOwed && !call.outcome; waitedMs += 500) {
    await call.line(500, false);
  }
  await call.line(1500, false);
  return call;
}

/** What is wrong with what the streams heard. */
function wrongHearing(call: ListeningCall): string[] {
  const wrongs: string[] = [];
  const understood = new Map<number, ListeningLeg>();
  for (const leg of call.legs) {
    const { heard, index } = leg;
    const gap = heard.findIndex((block, at) => at > 0 && block !== heard[at - 1]! + 1);
    if (gap >= 0) wrongs.push(`stream ${index} heard ${heard[gap]} after ${heard[gap - 1]}`);
    for (const utterance of leg.turns.flatMap(({ turn }) => turn)) {
      const before = understood.get(utterance);
      if (before && !call.isInDoubt(before, utterance))
        wrongs.push(`${index} hears ${utterance} as ${before.index} did`);
      understood.set(utterance, leg);
    }
  }
  const { serving } = call;
  if (!call.outcome && serving && !serving.isReleased && serving.heard.at(-1) !== call.blockCount) {
    wrongs.push(`the stream that serves has heard ${serving.heard.at(-1)} of ${call.blockCount}`);
  }
  return wrongs;
}

/** Words credited to the agent that the caller did not hear. */
function unheardWords(call: ListeningCall): string[] {
  const heard = call.phone.heardMs();
  return call.agentTurns
    .flatMap(({ heardText }) => heardText.split(' ').filter(Boolean))
    .filter((word) => {
      const at = word.lastIndexOf('-');
      const heardMs = heard.get(word.slice(0, at)) ?? 0;
      return heardMs + 1 < (Number(word.slice(at + 1)) + 1) * WORD_MS;
    });
}

/** Whether what was heard of each block is its beginning, in the order of the turn. */
function isHeardInOrder({ text, heardText }: AgentTurn): boolean {
  const words = text.split(' ');
  const heard = heardText.split(' ').filter(Boolean);
  let at = -1;
  return heard.every((word, index) => {
    const from = at;
    at = words.indexOf(word, from + 1);
    const isFirst = word.endsWith('-0');
    return at > from && (isFirst || heard[index - 1] === words[at - 1]);
  });
}

describe('a call whose streams are renewed, lost, stuck and refused at any moment', () => {
  it('goes on: heard in order and once, answered once, never silent, never without anyone', async () => {
    await fc.assert(
      fc.asyncProperty(course, fc.array(action, { maxLength: 12 }), async (given, actions) => {
        const call = await played(given, actions);
        const { outcome } = call;
        const open = call.isOwed && !outcome;
        call.session.caller.event({ kind: 'stopped' });
        call.clock.advance(100);

        expect(call.wrongs).toEqual([]);
        expect(wrongHearing(call)).toEqual([]);
        expect(open).toBe(false);
        if (outcome) expect(outcome).toEqual({ reason: 'fallback', next: { kind: 'fallback' } });
        expect(unheardWords(call)).toEqual([]);
        expect(call.agentTurns.filter((turn) => !isHeardInOrder(turn))).toEqual([]);
        expect(call.legs.filter((leg) => !leg.isReleased)).toEqual([]);
        expect(call.clock.pendingTimers).toBe(0);
        expect(call.faults).toBe(0);
      }),
      { numRuns: RUNS, examples: FOUND },
    );
  });
});
