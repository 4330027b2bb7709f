import { describe, expect, it } from 'vitest';
import type { CallRecord, Turn } from '../../src/call/record.js';
import type { CallFault } from '../../src/chaos/faults.js';
import { type Evidence, judge, SILENCE_LIMIT_MS } from '../../src/chaos/judge.js';
import { ONE_MOMENT, spokenLine, wordsOf } from '../../src/chaos/lines.js';
import type { SeenCall } from '../../src/chaos/seen.js';
import { agentTurn, callRecord } from '../replay/calls.js';
import {
  CLOCK_MS,
  END_MS,
  earOf,
  FIRST,
  FIRST_MS,
  heardIn,
  media,
  note,
  playingOf,
  SECOND,
  SECOND_MS,
  seenCall,
  spokenAt,
  strike,
  understood,
} from './seen.js';

const callerTurn = (text: string): Turn => ({ role: 'caller', text, startMs: 0, endMs: 0 });
const agent = (text: string, heardText = text): Turn => agentTurn({ text, heardText });
const TURNS = [callerTurn('go forward ten meters'), agent(FIRST.text), callerTurn('go somewhere'), agent(SECOND.text)];
const RECORDING = { state: 'ready', channels: 2, rateHz: 8000, durationMs: 1, byteLength: 1, url: '' } as const;
const kept = (turns: Turn[] = TURNS, more: Partial<CallRecord> = {}) =>
  callRecord({ turns, recording: RECORDING, ...more });

function verdictOn(call: SeenCall, more: Partial<Evidence> = {}) {
  return judge({ call, heard: heardIn(call), record: kept(), toolRuns: new Map(), stalls: [], fullDisk: [], ...more });
}
/** Broken rules, each as often as it was. */
const broken = (...given: Parameters<typeof verdictOn>) => verdictOn(...given).violations.map(({ rule }) => rule);

const planOf = (...names: CallFault[]): SeenCall['plan'] => ({
  ...{ index: 7, kind: 'plain', turns: [], seed: 1 },
  faults: names.map((name) => ({ name, atMs: 1000 })),
});
const first = { atMs: FIRST_MS, mulaw: FIRST.mulaw };
const second = { atMs: SECOND_MS, mulaw: SECOND.mulaw };
/** The first answer as far as that word, without it. */
const firstTo = (word: number) => FIRST.mulaw.subarray(0, Math.round((FIRST.words[word]!.startMs - 10) * 8));
const firstFrom = (word: number) => FIRST.mulaw.subarray(Math.round((FIRST.words[word]!.startMs - 10) * 8));
const textOf = (words: readonly string[]) => `${words.join(' ')}.`;
const FIRST_WORDS = wordsOf(FIRST.text);

it('a call without a flaw breaks no rule', () => {
  expect(verdictOn(seenCall())).toEqual({ violations: [], uncommitted: 0 });
});

describe('a call is lost', () => {
  it.each([
    ['lost', { by: 'lost', endedMs: END_MS, fault: 'no answer' }],
    ['ended by the bridge', { by: 'bridge', endedMs: END_MS, lastVerb: 'Hangup' }],
    ['never begun', undefined],
  ] as const)('when it was %s', (_what, end) => {
    expect(broken(seenCall({ end }))).toContain('lost');
  });

  it('not by a page that the balancer answers for a dead instance, but warned of when a bridge does not answer', () => {
    const warned = (text: string) => seenCall({ phone: { warnings: [{ code: 11_200, text, atMs: 5000 }] } });

    expect(broken(warned('https://bridge.chaos.test/twilio/after answered 502 (Twilio 11200)'))).toEqual([]);
    expect(broken(warned('https://bridge.chaos.test/twilio/after answered 500 (Twilio 11200)'))).toEqual([
      'carrier warned',
    ]);
  });

  it('when the carrier said anything in it, and not when it did before the agent answered', () => {
    const spokenAtMs = (atMs: number) => seenCall({ phone: { spoken: [{ text: 'We are sorry.', atMs }] } });

    expect(broken(spokenAtMs(5000))).toEqual(['lost']);
    expect(broken(spokenAtMs(-2000))).toEqual([]);
  });
});

describe('a question is not answered', () => {
  const asked = { fromMs: 1000, toMs: 2400 };
  const complaints = [{ asked, words: 'question 0 not answered: waited for 12 s' }];

  it('when the caller says so', () => {
    expect(broken(seenCall({ complaints }))).toEqual(['not answered']);
    expect(broken(seenCall({ complaints: [{ words: 'no greeting' }] }))).toEqual(['not answered']);
  });

  it('but by nobody when the line of the caller was to blame', () => {
    expect(broken(seenCall({ complaints, plan: planOf('line-gap') }))).toEqual([]);
    expect(broken(seenCall({ complaints, plan: planOf('stall') }))).toEqual(['not answered']);
  });

  it('but by nobody when the media stream broke while it was asked', () => {
    const around = [media(90, 2000, 'lost'), media(2600, END_MS, 'caller')];
    const before = [media(90, 300, 'lost'), media(900, END_MS, 'caller')];
    const after = [media(90, 3200, 'lost'), media(3600, END_MS, 'caller')];

    expect(broken(seenCall({ complaints, phone: { streams: around } }))).toEqual([]);
    expect(broken(seenCall({ complaints, phone: { streams: before } }))).toEqual(['not answered']);
    expect(broken(seenCall({ complaints, phone: { streams: after } }))).toEqual(['not answered']);
  });

  it('but once by nobody when a filter of the model did not let it through', () => {
    const filtered = (atMs: number, of = complaints) =>
      seenCall({ complaints: of, strikes: [strike('content-filter', atMs)] });

    expect(broken(filtered(2600))).toEqual([]);
    expect(broken(filtered(2600, [...complaints, { asked, words: 'once more' }]))).toEqual(['not answered']);
    expect(broken(filtered(500))).toEqual(['not answered']);
  });
});

describe('an answer came twice', () => {
  const again = (word: number) => {
    const [lastMs] = [SECOND_MS + SECOND.mulaw.length / 8 + 500];
    const ear = earOf(first, second, { atMs: lastMs, mulaw: firstFrom(word) });
    const end = { by: 'caller', endedMs: lastMs + 3000 } as const;
    return seenCall({ end, phone: { heardMulaw: () => ear } });
  };

  it('when more than two of its words did', () => {
    expect(broken(again(1))).toContain('answered twice');
    expect(broken(again(2))).not.toContain('answered twice');
  });

  it('when its tool was asked twice although the caller asked once', () => {
    const asking = (times: number) => {
      const call = seenCall();
      const [one, two] = call.questions;
      const asked = Array.from({ length: times }, () => spokenAt(1000, 2400));
      return seenCall({ questions: [{ ...one!, toolToken: 'token', asked }, two!] });
    };

    expect(broken(asking(1), { toolRuns: new Map([['token', 2]]) })).toEqual(['asked twice']);
    expect(broken(asking(1), { toolRuns: new Map([['token', 1]]) })).toEqual([]);
    expect(broken(asking(2), { toolRuns: new Map([['token', 2]]) })).toEqual([]);
  });
});

describe('words are credited that nobody heard', () => {
  const cut = seenCall({ phone: { heardMulaw: () => earOf({ atMs: FIRST_MS, mulaw: firstTo(2) }, second) } });
  const told = (heardText: string) => kept([TURNS[0]!, agent(FIRST.text, heardText), ...TURNS.slice(2)]);

  it('when one word of the record did not sound, and not when less is told than was heard', () => {
    expect(broken(cut, { record: told(textOf(FIRST_WORDS.slice(0, 3))) })).toEqual(['credited unheard']);
    expect(broken(cut, { record: told(textOf(FIRST_WORDS.slice(0, 2))) })).toEqual([]);
    expect(broken(cut, { record: told('') })).toEqual([]);
  });

  it('when a word is told twice that sounded once', () => {
    const record = kept([...TURNS, agent(FIRST.text, FIRST_WORDS[0]!)]);

    expect(broken(seenCall(), { record })).toEqual(['credited unheard']);
  });

  it('counting what answers nothing as well', () => {
    const moment = spokenLine(ONE_MOMENT);
    const record = kept([...TURNS, agent(ONE_MOMENT)]);
    const ear = earOf({ atMs: 100, mulaw: moment.mulaw }, first, second);

    expect(broken(seenCall(), { record })).toEqual(['credited unheard']);
    expect(broken(seenCall({ phone: { heardMulaw: () => ear } }), { record })).toEqual([]);
  });
});

describe('a silence is too long', () => {
  /** Between what the caller says last and what sounds next. */
  const silentFor = (ms: number, more: Partial<SeenCall> = {}) => {
    const call = seenCall();
    const untilMs = SECOND_MS + SECOND.mulaw.length / 8;
    return seenCall({ ...more, playing: call.playing, end: { by: 'caller', endedMs: untilMs + ms } });
  };

  it('when it is over the limit, and not when it is shorter', () => {
    expect(broken(silentFor(SILENCE_LIMIT_MS + 20))).toEqual(['silence']);
    expect(broken(silentFor(SILENCE_LIMIT_MS - 20))).toEqual([]);
  });

  it('but not while the caller stays away, nor by what callers and models of the run were late themselves', () => {
    const fromMs = SECOND_MS + SECOND.mulaw.length / 8;
    const stalls = (ms: number) => [{ fromMs: CLOCK_MS + fromMs + 500, toMs: CLOCK_MS + fromMs + 500 + ms }];

    expect(broken(silentFor(7000, { holds: [{ fromMs: fromMs + 1000, toMs: fromMs + 5000 }] }))).toEqual([]);
    expect(broken(silentFor(5000), { stalls: stalls(1200) })).toEqual([]);
    expect(broken(silentFor(5000), { stalls: stalls(800) })).toEqual(['silence']);
  });

  it('also before the first word and in the middle', () => {
    const late = seenCall({ playing: [playingOf(SECOND_MS, SECOND)], microphone: { spoken: [spokenAt(4200, 4300)] } });

    expect(broken(late)).toEqual(['silence', 'silence']);
  });
});

describe('turns on record', () => {
  const without = (...indexes: number[]) => kept(TURNS.filter((_, index) => !indexes.includes(index)));
  /** The instance died when the second answer had just sounded. */
  const killed = { fromMs: SECOND_MS, toMs: SECOND_MS + 3000 };

  it('are missing when a question that was understood, or an answer that was heard, is not there', () => {
    expect(broken(seenCall(), { record: without(0) })).toEqual(['missing on record']);
    expect(broken(seenCall(), { record: without(1) })).toEqual(['missing on record']);
    expect(broken(seenCall(), { record: without(0, 1, 2, 3) })).toEqual(Array(4).fill('missing on record'));
  });

  it('are missing when there is no record of a call that had media, and not of one that had none', () => {
    expect(broken(seenCall(), { record: undefined })).toEqual(['missing on record']);
    expect(broken(seenCall({ phone: { streams: [] } }), { record: undefined })).toEqual([]);
  });

  it('are not missing when no model understood them, or no ear heard them whole', () => {
    const deaf = seenCall({ notes: [understood(2900, 'go forward ten meters')] });
    const mute = seenCall({ phone: { heardMulaw: () => earOf(first) } });

    expect(broken(deaf, { record: without(2) })).toEqual([]);
    expect(broken(mute, { record: without(3) })).toEqual([]);
  });

  it('are not missing when the stream broke in the instant in which they were understood', () => {
    const struck = (name: CallFault, atMs: number) => seenCall({ strikes: [strike(name, atMs)] });

    expect(broken(struck('tcp-reset', 2910), { record: without(0) })).toEqual([]);
    expect(broken(struck('tcp-reset', 2930), { record: without(0) })).toEqual(['missing on record']);
    expect(broken(struck('tcp-reset', 2890), { record: without(0) })).toEqual(['missing on record']);
    expect(broken(struck('storage-away', 2910), { record: without(0) })).toEqual(['missing on record']);
  });

  it('are there twice when a question stands there more often than it was asked', () => {
    const record = kept([...TURNS, TURNS[0]!]);

    expect(broken(seenCall(), { record })).toEqual(['twice on record']);
  });

  it('may lack the last one when an instance was killed just then, and no other', () => {
    expect(verdictOn(seenCall(), { record: without(3), killed })).toEqual({ violations: [], uncommitted: 1 });
    expect(verdictOn(seenCall(), { record: without(1, 3), killed })).toMatchObject({
      violations: [{ rule: 'missing on record' }],
      uncommitted: 1,
    });
  });

  it('may not lack two, though both were said around the kill', () => {
    const wide = { fromMs: SECOND_MS - 1000, toMs: SECOND_MS + 3000 };

    const { violations, uncommitted } = verdictOn(seenCall(), { record: without(2, 3), killed: wide });

    expect(violations.map(({ rule, words }) => `${rule}: ${words}`)).toEqual([
      'missing on record: question 1: "go somewhere"',
    ]);
    expect(uncommitted).toBe(1);
  });

  it('may not lack one that was said long before the kill, or after it', () => {
    expect(broken(seenCall(), { record: without(1), killed })).toEqual(['missing on record']);
    expect(broken(seenCall(), { record: without(3), killed: { fromMs: 2000, toMs: 5000 } })).toEqual([
      'missing on record',
    ]);
  });
});

describe('rules of others', () => {
  const warned = (code: number, plan = planOf()) =>
    seenCall({ plan, phone: { warnings: [{ code, text: 'bad', atMs: 1 }] } });

  it('are broken when the carrier warns, but not of a stream that broke off', () => {
    expect(broken(warned(31_951))).toEqual(['carrier warned']);
    for (const code of [31_903, 31_902, 31_920, 31_901, 11_205]) expect(broken(warned(code))).toEqual([]);
  });

  it('are broken when the model complains, but not of a stream that was given up', () => {
    const complained = (words: string) => seenCall({ streams: [{ violations: [words] }] });

    expect(broken(complained('history must begin with USER'))).toEqual(['model rule broken']);
    expect(broken(complained('the input ended without sessionEnd'))).toEqual([]);
  });
});

describe('a recording', () => {
  it('has to be ready', () => {
    for (const state of ['recording', 'failed'] as const) {
      expect(broken(seenCall(), { record: kept(TURNS, { recording: { ...RECORDING, state } }) })).toEqual([
        'recording',
      ]);
    }
    expect(broken(seenCall(), { record: kept(TURNS, { recording: null }) })).toEqual(['recording']);
  });

  describe('of a call of forty seconds, with a disk that is full', () => {
    const call = { ...seenCall(), end: { by: 'caller', endedMs: 40_000 } } as const;
    const brokenWith = (state: 'recording' | 'failed', ...fullMs: readonly (readonly [from: number, to: number])[]) =>
      verdictOn(call, {
        record: kept(TURNS, { recording: { ...RECORDING, state } }),
        fullDisk: fullMs.map(([fromMs, toMs]) => ({ fromMs: CLOCK_MS + fromMs, toMs: CLOCK_MS + toMs })),
      }).violations.filter(({ rule }) => rule === 'recording').length;

    it.each([
      ['for over half a minute of it', [[5000, 36_000]]],
      ['from before it until after it', [[-9000, Number.POSITIVE_INFINITY]]],
      [
        'with a pause too short to catch up',
        [
          [20_000, 37_000],
          [5000, 19_500],
        ],
      ],
    ] as const)('%s, may be given up, but not forgotten', (_how, fullMs) => {
      expect(brokenWith('failed', ...fullMs)).toBe(0);
      expect(brokenWith('recording', ...fullMs)).toBe(1);
    });

    it.each([
      ['for less', [[5000, 34_000]]],
      [
        'for long, but not of this call',
        [
          [-30_000, 4000],
          [39_000, 90_000],
        ],
      ],
      [
        'again and again, with time to catch up',
        [
          [1000, 19_000],
          [20_000, 39_000],
        ],
      ],
    ] as const)('%s, has to be ready', (_how, fullMs) => {
      expect(brokenWith('failed', ...fullMs)).toBe(1);
    });
  });
});

it('a note that is no utterance is nothing that was understood', () => {
  const call = seenCall({ notes: [note(2900, { kind: 'listening', rateHz: 8000 })] });

  expect(broken(call, { record: kept([TURNS[1]!, TURNS[3]!]) })).toEqual([]);
});
