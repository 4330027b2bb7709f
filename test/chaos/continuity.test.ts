import { describe, expect, it } from 'vitest';
import type { ModelNote } from '../../src/chaos/call.js';
import { changesOf } from '../../src/chaos/continuity.js';
import { Microphone } from '../../src/chaos/microphone.js';
import type { Utterance } from '../../src/emulator/bedrock/model-session.js';

const SAMPLES_PER_MS = 8;
const WORDS = 'go forward';
const SPEECH_MS = 1000;
/** When the caller spoke, when the old stream held that for over, and when it had heard all that it was to hear; ms. */
const SPOKEN_FROM_MS = 1000;
const SPOKEN_TO_MS = SPOKEN_FROM_MS + SPEECH_MS;
const OLD_TO_MS = 2700;
/** The clock runs ahead of the microphone. */
const CLOCK_MS = 50_000;

const microphone = new Microphone(6000, 3);
// A square wave: loud from its first sample to its last.
const speech = Int16Array.from({ length: SPEECH_MS * SAMPLES_PER_MS }, (_, index) => (index % 20 < 10 ? 8000 : -8000));
microphone.speak(speech, SPOKEN_FROM_MS);
const ALL = SPEECH_MS * SAMPLES_PER_MS;
const ONCE: Utterance = { text: WORDS, startMs: SPOKEN_FROM_MS, endMs: SPOKEN_TO_MS };

/** Stretches of the microphone, in ms, one after the other; a number is so much silence. */
function heardOf(...stretches: (readonly [fromMs: number, toMs: number] | number)[]) {
  const parts = stretches.map((stretch) => {
    if (typeof stretch === 'number') return new Int16Array(stretch * SAMPLES_PER_MS);
    const [from, to] = stretch.map((ms) => ms * SAMPLES_PER_MS * 2) as [number, number];
    return new Int16Array(new Uint8Array(microphone.samples.subarray(from, to)).buffer);
  });
  const samples = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { rateHz: 8000, samples };
}

/** One stream took over from another one, which had understood the caller `understoodMs` before it was closed, if at all. */
function changed(options: {
  understoodMs?: number;
  utterances?: readonly Utterance[];
  history?: readonly string[];
  told?: readonly string[];
  heard: Parameters<typeof heardOf>;
}) {
  const closedMs = CLOCK_MS + OLD_TO_MS;
  const { understoodMs, utterances = [ONCE], history = [], told = [], heard } = options;
  const notes: ModelNote[] = [
    ...(understoodMs === undefined ? [] : utterances).map((utterance) => ({
      ...{ atMs: closedMs - understoodMs!, stream: 0 },
      event: { kind: 'utteranceEnded', utterance } as const,
    })),
    { atMs: closedMs, stream: 1, event: { kind: 'listening', rateHz: 8000 } },
    { atMs: closedMs + 1, stream: 0, event: { kind: 'closed', endedBy: 'sessionEnd' } },
  ];
  const streams = [
    { heard: heardOf([0, OLD_TO_MS]), history: [], interactiveTexts: [] },
    {
      heard: heardOf(...heard),
      history: history.map((text) => ({ role: 'USER', text }) as const),
      interactiveTexts: told,
    },
  ];
  const [change] = changesOf({ microphone, streams, notes });
  return { lost: change!.lost, repeated: change!.repeated };
}

const WHOLE = { lost: 0, repeated: 0 };

describe('the caller\u2019s speech at a change of streams', () => {
  it('is whole when the new stream was told what the old one had understood, however shortly before', () => {
    for (const understoodMs of [17, 45, 60, 2000]) {
      expect(changed({ understoodMs, told: [WORDS], heard: [[2600, 5000]] })).toEqual(WHOLE);
      expect(changed({ understoodMs, history: [WORDS], heard: [[2600, 5000]] })).toEqual(WHOLE);
    }
  });

  it('is lost when the new stream has neither its sound nor its words', () => {
    expect(changed({ heard: [[2600, 5000]] })).toEqual({ lost: ALL, repeated: 0 });
    expect(changed({ understoodMs: 500, heard: [[2600, 5000]] })).toEqual({ lost: ALL, repeated: 0 });
    expect(changed({ heard: [[1750, 5000]] })).toEqual({ lost: ALL * 0.75, repeated: 0 });
  });

  it('is whole when the new stream hears it again, and the words of the old one came too late', () => {
    expect(changed({ heard: [[900, 5000]] })).toEqual(WHOLE);
    expect(changed({ understoodMs: 20, heard: [[900, 5000]] })).toEqual(WHOLE);
  });

  it('is repeated when the new stream hears what it was told, or what the old one had understood in time', () => {
    expect(changed({ understoodMs: 20, told: [WORDS], heard: [[900, 5000]] })).toEqual({ lost: 0, repeated: ALL });
    expect(changed({ understoodMs: 200, heard: [[1500, 5000]] })).toEqual({ lost: ALL / 2, repeated: ALL / 2 });
  });

  it('is lost where a stream leaves some out, and repeated where it hears some twice', () => {
    const left = [[900, 1200] as const, [1300, 5000] as const];
    const twice = [[900, 1300] as const, [1200, 5000] as const];

    expect(changed({ heard: left })).toEqual({ lost: 100 * SAMPLES_PER_MS, repeated: 0 });
    expect(changed({ heard: twice })).toEqual({ lost: 0, repeated: 100 * SAMPLES_PER_MS });
  });

  it('is whole where silence was put in because the line paused', () => {
    expect(changed({ heard: [[900, 1300], 400, [1300, 5000]] })).toEqual(WHOLE);
  });

  it('is whole when the old stream made something of it only because it was closed, and the new one hears and understands it', () => {
    const cut = { text: WORDS, startMs: SPOKEN_FROM_MS, endMs: OLD_TO_MS - 50 };

    expect(changed({ understoodMs: 1, utterances: [cut], heard: [[900, 5000]] })).toEqual(WHOLE);
    expect(changed({ understoodMs: 1, utterances: [cut], told: [WORDS], heard: [[2600, 5000]] })).toEqual({
      lost: ALL,
      repeated: 0,
    });
  });

  it('is passed on as often as its words are: of what was said twice and told once the second is lost', () => {
    const inTwo = [
      { text: WORDS, startMs: 1000, endMs: 1500 },
      { text: WORDS, startMs: 1500, endMs: 2000 },
    ];
    const said = { understoodMs: 500, utterances: inTwo, heard: [[2600, 5000]] as [readonly [number, number]] };

    expect(changed({ ...said, history: [WORDS] })).toEqual({ lost: ALL / 2, repeated: 0 });
    expect(changed({ ...said, history: [`${WORDS} ${WORDS}`] })).toEqual(WHOLE);
  });
});
