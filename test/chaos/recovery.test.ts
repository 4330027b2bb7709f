import { describe, expect, it } from 'vitest';
import type { CallFault } from '../../src/chaos/faults.js';
import { ASK_AGAIN, spokenLine } from '../../src/chaos/lines.js';
import { longestGapIn, reconnectionsOf, recoveriesOf } from '../../src/chaos/recovery.js';
import { ENDPOINTING_MS } from '../../src/chaos/site.js';
import {
  answered,
  asks,
  earOf,
  FIRST,
  FIRST_MS,
  heardIn,
  media,
  note,
  playingOf,
  seenCall,
  strike,
  understood,
} from './seen.js';

const LOST_MS = 4000;
const [cutWord] = [2];
const cutMs = (FIRST.words[cutWord]!.startMs - 10) | 0;
const beginning = FIRST.mulaw.subarray(0, cutMs * 8);
const rest = spokenLine(
  `${FIRST.words
    .slice(cutWord)
    .map(({ text }) => text)
    .join(' ')}.`,
);
const LEAD_MS = rest.words[0]!.startMs;
/** When the words before the loss, with the pause after them, had sounded. */
const SOUNDED_MS = Math.max(LOST_MS, FIRST_MS + cutMs + 10);
const OWN_MS = 300;

/** The stream was lost within the first answer, whose rest comes so much later; a tone asks for patience meanwhile. */
function lostInAnswer(silentMs: number, { fault = 'tcp-reset' as CallFault, tone = false, isHeard = true } = {}) {
  const answerMs = SOUNDED_MS + silentMs + OWN_MS;
  const restMs = Math.ceil(answerMs - LEAD_MS);
  const patience = {
    atMs: SOUNDED_MS | 0,
    mulaw: Uint8Array.from({ length: (silentMs + OWN_MS) * 8 }, (_, index) => index % 90),
  };
  const sounds = [
    { atMs: FIRST_MS, mulaw: beginning },
    ...(tone ? [patience] : []),
    ...(isHeard ? [{ atMs: restMs, mulaw: rest.mulaw }] : []),
  ];
  return seenCall({
    strikes: [strike(fault, LOST_MS)],
    notes: [
      understood(2600, 'go forward ten meters'),
      answered(2900, FIRST.text),
      note(answerMs - OWN_MS, { kind: 'textHeard', text: 'Go on.', isAnswered: true }, 1),
      answered(answerMs - LEAD_MS, rest.text, 1),
    ],
    playing: tone ? [{ fromMs: FIRST_MS, toMs: answerMs + 3000 }] : sounds.map((sound) => playingOf(sound.atMs, sound)),
    phone: { heardMulaw: () => earOf(...sounds) },
  });
}

const recoveries = (call: ReturnType<typeof seenCall>) => recoveriesOf(call, heardIn(call));
const about = (ms: number) => expect.closeTo(ms, -1.5);

describe('a stream that is lost within an answer', () => {
  it.each([0, 400, 3000, 5500])('was felt for %i ms until the next word, the model’s own time apart', (silentMs) => {
    expect(recoveries(lostInAnswer(silentMs))).toEqual([
      { fault: 'tcp-reset', state: 'answer', silentMs: about(silentMs) },
    ]);
  });

  it('was felt no shorter because a tone asked for patience meanwhile', () => {
    const call = lostInAnswer(5500, { fault: 'stall', tone: true });

    expect(recoveries(call)).toEqual([{ fault: 'stall', state: 'answer', silentMs: about(5500) }]);
  });

  it('was not felt while what was sent before it still sounded', () => {
    const call = seenCall({
      strikes: [strike('tcp-reset', FIRST_MS + 100)],
      notes: [
        understood(2600, 'go forward ten meters'),
        answered(2900, FIRST.text),
        answered(FIRST_MS + 200, rest.text, 1),
      ],
    });

    expect(recoveries(call)).toMatchObject([{ silentMs: 0 }]);
  });

  it('was felt from its loss on when nothing was to be heard yet', () => {
    const call = seenCall({
      strikes: [strike('tcp-reset', 2800)],
      notes: [
        understood(2600, 'go forward ten meters'),
        understood(3700, 'go forward ten meters', 1),
        answered(4000, FIRST.text, 1),
      ],
      phone: { heardMulaw: () => earOf({ atMs: 4000, mulaw: FIRST.mulaw }) },
    });

    expect(recoveries(call)).toEqual([{ fault: 'tcp-reset', state: 'answer', silentMs: about(900) }]);
  });

  it('was felt until a word of another stream, also when its own answer began in the instant of its loss', () => {
    const call = lostInAnswer(2000);
    const notes = [call.notes[0]!, answered(LOST_MS, FIRST.text), ...call.notes.slice(2)];

    expect(recoveries({ ...call, notes })).toMatchObject([{ silentMs: about(2000) }]);
  });

  it('was felt until the next stream is heard, also when that says a word again that had sounded', () => {
    const call = lostInAnswer(2000);
    const again = `${FIRST.words.map(({ text }) => text).join(' ')}.`;
    const notes = [...call.notes.slice(0, 3), answered(SOUNDED_MS + 2000 + OWN_MS - LEAD_MS, again, 1)];

    expect(recoveries({ ...call, notes })).toMatchObject([{ silentMs: about(2000) }]);
  });

  it('has no recovery when no word came of any stream after it', () => {
    expect(recoveries(lostInAnswer(400, { isHeard: false }))).toEqual([]);
  });

  it('is measured to the word of a later stream when that of the next was lost as well', () => {
    const call = lostInAnswer(2000);
    const lost = answered(LOST_MS + 500, ASK_AGAIN, 1);
    const notes = call.notes.map((each) => (each.stream === 1 ? { ...each, stream: 2 } : each));

    expect(recoveries({ ...call, notes: [...notes.slice(0, 2), lost, ...notes.slice(2)] })).toMatchObject([
      { silentMs: about(2000) },
    ]);
  });
});

describe('a stream that is lost while the caller speaks', () => {
  it('is felt from when the model could have known that they were done', () => {
    const spokenToMs = 2400;
    const answerMs = spokenToMs + ENDPOINTING_MS + OWN_MS + 700;
    const call = seenCall({
      strikes: [strike('silent-end', 2000)],
      notes: [
        note(1000, { kind: 'utteranceStarted', startMs: 1000 }),
        understood(answerMs - OWN_MS, 'go forward ten meters', 1),
        answered(answerMs, FIRST.text, 1),
      ],
      phone: { heardMulaw: () => earOf({ atMs: answerMs, mulaw: FIRST.mulaw }) },
    });

    expect(recoveries(call)).toEqual([{ fault: 'silent-end', state: 'caller', silentMs: about(700) }]);
  });
});

it('nobody felt a stream that was lost when all was said, nor faults of anything else', () => {
  const answer = { text: FIRST.text, words: [], durationMs: 1 };
  const done = [
    ...seenCall().notes.slice(0, 1),
    note(3000, { kind: 'answerSent', answer }),
    answered(9000, FIRST.text, 1),
  ];
  const phone = { heardMulaw: () => earOf({ atMs: 9000, mulaw: FIRST.mulaw }) };

  expect(recoveries(seenCall({ strikes: [strike('tcp-reset', 4000)], notes: done, phone }))).toEqual([]);
  expect(recoveries({ ...lostInAnswer(400), strikes: [strike('database-away', LOST_MS)] })).toEqual([]);
});

describe('a call that comes back', () => {
  const back = (...listeningMs: number[]) =>
    seenCall({
      notes: listeningMs.map((atMs) => note(atMs, { kind: 'listening', rateHz: 8000 }, 1)),
      phone: { requests: [asks(5000)], streams: [media(90, 4990, 'lost'), media(5300, 9000, 'caller')] },
    });

  it('was without an instance until media flowed, and until a model stream took the caller’s audio', () => {
    expect(reconnectionsOf(back(100, 5750, 8000))).toEqual([{ mediaMs: 300, modelMs: 750 }]);
    expect(reconnectionsOf(back(100))).toEqual([{ mediaMs: 300, modelMs: undefined }]);
  });

  it('is none when no other media stream came of it, or something else was asked', () => {
    const requests = [{ ...asks(5000), url: 'https://bridge.chaos.test/twilio/status' }];

    expect(reconnectionsOf(seenCall({ phone: { requests: [asks(10_990)] } }))).toEqual([]);
    expect(reconnectionsOf({ ...back(5750), phone: { ...back().phone!, requests } })).toEqual([]);
  });
});

describe('an answer that is cut', () => {
  const gapOf = (playing: { fromMs: number; toMs: number }[]) =>
    longestGapIn({ ...seenCall(), playing }, heardIn(seenCall()), 0);
  const toMs = FIRST_MS + FIRST.mulaw.length / 8;

  it('has the longest gap that lies within it', () => {
    expect(
      gapOf([
        { fromMs: 2000, toMs: 3300 },
        { fromMs: 3350, toMs: 3500 },
        { fromMs: 3750, toMs },
      ]),
    ).toBe(250);
    expect(gapOf([{ fromMs: 2000, toMs }])).toBe(0);
    expect(longestGapIn(seenCall(), [], 0)).toBeUndefined();
  });
});
