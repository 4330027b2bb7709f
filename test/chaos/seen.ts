import type { ModelNote } from '../../src/chaos/call.js';
import { type HeardWord, heardWords } from '../../src/chaos/ear.js';
import type { CallFault } from '../../src/chaos/faults.js';
import { answersOf, type SpokenLine, spokenLine } from '../../src/chaos/lines.js';
import type { Question } from '../../src/chaos/mind.js';
import type { SeenCall } from '../../src/chaos/seen.js';
import type { SessionEvent } from '../../src/emulator/bedrock/model-session.js';
import { seededRandom } from '../../src/emulator/phone/random.js';

/** The clock runs ahead of the call. */
export const CLOCK_MS = 1_000_000;
const MICROPHONE_FROM_MS = 500;
export const [FIRST, SECOND] = answersOf([4, 3], seededRandom(9)) as [SpokenLine, SpokenLine];

const question = (transcript: string, answer: SpokenLine, asked: Question['asked']): Question => ({
  ...{ transcript, answer, asked },
  toolToken: undefined,
  isRealTime: false,
});

/** A stretch of the caller's microphone by times of the call, in ms. */
export const spokenAt = (fromMs: number, toMs: number) => ({
  from: (fromMs - MICROPHONE_FROM_MS) * 8,
  to: (toMs - MICROPHONE_FROM_MS) * 8,
});

export const note = (atMs: number, event: SessionEvent, stream = 0): ModelNote => ({
  ...{ atMs: CLOCK_MS + atMs, stream, event },
});

export const understood = (atMs: number, text: string, stream = 0): ModelNote =>
  note(atMs, { kind: 'utteranceEnded', utterance: { text, startMs: 0, endMs: 0 } }, stream);

export const answered = (atMs: number, text: string, stream = 0): ModelNote => {
  const line = spokenLine(text);
  const answer = { text, words: line.words, durationMs: line.mulaw.length / 8 };
  return note(atMs, { kind: 'answerStarted', answer }, stream);
};

export const strike = (name: CallFault, atMs: number) => ({ name, atMs: CLOCK_MS + atMs });

/** What sounded at the ear: each of these lines, or its bytes, from that time of the call on. */
export function earOf(...sounds: readonly { readonly atMs: number; readonly mulaw: Uint8Array }[]): Uint8Array {
  const length = Math.max(0, ...sounds.map(({ atMs, mulaw }) => atMs * 8 + mulaw.length));
  const ear = new Uint8Array(length + 8000).fill(0xff);
  for (const { atMs, mulaw } of sounds) ear.set(mulaw, atMs * 8);
  return ear;
}

export const playingOf = (atMs: number, { mulaw }: { readonly mulaw: Uint8Array }) => ({
  fromMs: atMs,
  toMs: atMs + mulaw.length / 8,
});

/** When each answer begins to sound in a call without a flaw, and when that call is over; ms of the call. */
export const FIRST_MS = 3000;
export const SECOND_MS = 8500;
export const END_MS = 11_000;

/**
 * A call without a flaw, seen from outside: two questions, each asked, understood, answered and heard once. `changes` take the
 * place of its parts; `ear` of what sounded.
 */
export function seenCall(changes: Partial<Omit<SeenCall, 'phone'>> & { phone?: Partial<SeenCall['phone']> } = {}) {
  const { phone, ...parts } = changes;
  const [one, two] = [spokenAt(1000, 2400), spokenAt(6500, 7900)];
  const call: SeenCall = {
    plan: { index: 7, kind: 'plain', turns: [], faults: [], seed: 1 },
    questions: [question('go forward ten meters', FIRST, [one]), question('go somewhere', SECOND, [two])],
    notes: [understood(2900, 'go forward ten meters'), understood(8400, 'go somewhere')],
    playing: [playingOf(FIRST_MS, FIRST), playingOf(SECOND_MS, SECOND)],
    holds: [],
    strikes: [],
    complaints: [],
    startedAtMs: CLOCK_MS,
    microphoneFromMs: MICROPHONE_FROM_MS,
    end: { by: 'caller', endedMs: END_MS },
    microphone: { spoken: [one, two] },
    streams: [{ violations: [] }],
    ...parts,
    phone: {
      heardMulaw: () => earOf({ atMs: FIRST_MS, mulaw: FIRST.mulaw }, { atMs: SECOND_MS, mulaw: SECOND.mulaw }),
      spoken: [],
      streams: [media(90, END_MS, 'caller')],
      requests: [],
      warnings: [],
      ...phone,
    },
  };
  return call;
}

export const media = (
  startedMs: number,
  closedMs: number | undefined,
  closedBy: 'caller' | 'bridge' | 'lost' | undefined,
) => ({
  ...{ streamSid: 'MZ1', url: 'wss://bridge.chaos.test/twilio/media', customParameters: {} },
  ...{ startedMs, closedMs, closeCode: 1000, closeReason: '', closedBy },
});

/** The carrier asks what comes next. */
export const asks = (atMs: number) => ({
  ...{ url: 'https://bridge.chaos.test/twilio/after', atMs, params: {} },
  ...{ status: 200, fault: undefined, answeredMs: atMs + 20 },
});

export function heardIn(call: SeenCall): HeardWord[] {
  return heardWords(Buffer.from(call.phone?.heardMulaw() ?? []), call.questions);
}
