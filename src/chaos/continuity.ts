import type { ModelSession } from '../emulator/bedrock/model-session.js';
import type { ModelNote } from './call.js';
import { type Match, matchesOf } from './matching.js';
import { bytesOf, type Microphone, type SpokenSpan } from './microphone.js';
import { ENDPOINTING_MS } from './site.js';

/** How the caller's speech crossed from one model stream to the next one that heard anything; in samples at 8 kHz. */
export interface Change {
  /** Of the call's streams: the one that took over. */
  readonly stream: number;
  /** Speech of which the new stream was given neither the sound nor the words that the old one had understood. */
  readonly lost: number;
  /** Speech of which it was given the words as well, or the old one's words came in time; and what a stream heard twice. */
  readonly repeated: number;
}

type StreamHeard = Pick<ModelSession, 'heard' | 'history' | 'interactiveTexts'>;

/** What of a call says how its streams followed each other. */
export interface Heard {
  readonly microphone: Pick<Microphone, 'samples' | 'spoken'>;
  readonly streams: readonly StreamHeard[];
  readonly notes: readonly ModelNote[];
}

/** What a stream heard, as places in the caller's microphone. */
interface Hearing {
  readonly stream: number;
  readonly pieces: readonly Piece[];
}

interface Piece extends SpokenSpan {
  /** Where in what the stream heard it begins, in samples. */
  readonly at: number;
}

const BYTES_PER_SAMPLE = 2;
const SAMPLES_PER_MS = 8;
/** A transcript that is younger when its stream is closed may not have reached the bridge, in ms. */
const ON_THE_WIRE_MS = 50;
/** The model hears at least this much of a pause before it takes a turn for over, in ms. */
const LEAST_PAUSE_MS = ENDPOINTING_MS - 100;
const CHANCE_SAMPLES = 8;
const DETECTOR_WINDOW = 40 * SAMPLES_PER_MS;

/**
 * Lays what each stream heard against the caller's microphone, whose noise tells of every hundredth of a second where it
 * belongs. Only for calls whose line is sound: what never reached a bridge cannot be heard by a model.
 */
export function changesOf(call: Heard): Change[] {
  const hearings = call.streams.flatMap((session, stream) => {
    const pieces = piecesOf(session, call);
    return pieces.length === 0 ? [] : [{ stream, pieces } satisfies Hearing];
  });
  const speech = call.microphone.spoken;
  const ends = hearings.map((hearing) =>
    utterancesOf(call, hearing.stream).map(({ endMs, ...utterance }) => ({
      ...utterance,
      end: placeOf(endMs, hearing, speech),
    })),
  );
  let passedOn = 0;
  let understood = 0;
  return hearings.flatMap(({ stream, pieces }, index) => {
    const before = hearings[index - 1];
    if (!before) return [];
    const given = givenTo(call.streams[stream]!, ends.slice(0, index).flat());
    passedOn = Math.max(passedOn, ...given.map(({ end }) => end));
    const arrivedMs = closedMsOf(call, before.stream, stream) - ON_THE_WIRE_MS;
    const arrived = ends[index - 1]!.filter(({ atMs }) => atMs < arrivedMs);
    understood = Math.max(understood, passedOn, ...arrived.map(({ end }) => end));
    const start = pieces[0]!.from;
    const endOfOld = before.pieces.at(-1)!.to;
    return [
      {
        stream,
        // What lies behind the new stream's beginning, or was left out by it, and was not told to it as words either.
        lost: speechIn(speech, passedOn, start) + holesIn(pieces, speech),
        repeated: speechIn(speech, start, Math.min(understood, endOfOld)) + doublesIn(pieces),
      },
    ];
  });
}

function piecesOf({ heard }: Pick<ModelSession, 'heard'>, { microphone }: Heard): Piece[] {
  return matchesOf(bytesOf(heard.samples), microphone.samples, BYTES_PER_SAMPLE).map(spanOf);
}

function spanOf({ at, from, length }: Match): Piece {
  const [start, first] = [from / BYTES_PER_SAMPLE, at / BYTES_PER_SAMPLE];
  return { at: first, from: start, to: start + length / BYTES_PER_SAMPLE };
}

/** Those of the utterances before it whose words a stream was given, each as often as they were said. */
function givenTo<T extends { text: string }>(
  { history, interactiveTexts }: StreamHeard,
  utterances: readonly T[],
): T[] {
  const words = [...history.map(({ text }) => text), ...interactiveTexts].join('\n');
  let at = 0;
  return utterances.filter(({ text }) => {
    const found = words.indexOf(text, at);
    if (found >= 0) at = found + text.length;
    return found >= 0;
  });
}

/** What a stream understood. What it made of the rest when its input ended, without a pause after it, reached nobody. */
function utterancesOf({ notes, streams }: Heard, stream: number) {
  const { samples } = streams[stream]!.heard;
  const heardMs = samples.length / SAMPLES_PER_MS;
  return notes.flatMap((note) => {
    if (note.stream !== stream || note.event.kind !== 'utteranceEnded') return [];
    const { utterance } = note.event;
    return heardMs - utterance.endMs < LEAST_PAUSE_MS ? [] : [{ ...utterance, atMs: note.atMs }];
  });
}

/** When a stream had nothing to say any more: it was closed, or another one had taken over. */
function closedMsOf({ notes }: Heard, stream: number, next: number): number {
  const first = (of: number, kind: ModelNote['event']['kind']) =>
    notes.find((note) => note.stream === of && note.event.kind === kind)?.atMs ?? Number.POSITIVE_INFINITY;
  return Math.min(first(stream, 'closed'), first(next, 'listening'));
}

/** Where in the microphone a time of what a stream heard is, in samples. */
function placeOf(endMs: number, { pieces }: Hearing, speech: readonly SpokenSpan[]): number {
  const end = endMs * SAMPLES_PER_MS;
  const piece = pieces.findLast(({ at }) => at < end);
  if (!piece) return 0;
  const place = Math.floor(Math.min(piece.to, piece.from + end - piece.at));
  // Where speech ends, two detectors agree but for a window.
  const last = speech.findLast(({ to }) => to > place && to - place <= DETECTOR_WINDOW);
  return last?.to ?? place;
}

/** Samples of speech within bounds. */
function speechIn(speech: readonly SpokenSpan[], from: number, to: number): number {
  return speech.reduce((sum, span) => sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)), 0);
}

/** Speech that a stream left out in the middle. */
function holesIn(pieces: readonly Piece[], speech: readonly SpokenSpan[]): number {
  return jumpsIn(pieces).reduce((sum, { at, by }) => sum + speechIn(speech, at, at + by), 0);
}

/** Whatever a stream heard although it had heard it before. Silence that was put in where the line paused is no such thing. */
function doublesIn(pieces: readonly Piece[]): number {
  let heardTo = 0;
  let endAt = 0;
  return pieces.reduce((sum, { at, from, to }) => {
    const again = Math.max(0, Math.min(to, heardTo) - from);
    // On both sides of other sound a sample or two may be the right one by chance.
    const isChance = at > endAt && again < CHANCE_SAMPLES;
    heardTo = Math.max(heardTo, to);
    endAt = at + to - from;
    return sum + (isChance ? 0 : again);
  }, 0);
}

/** Where a stream went on elsewhere than where it was, by how many samples on or back. */
function jumpsIn(pieces: readonly Piece[]): { at: number; by: number }[] {
  return pieces.slice(1).map((piece, index) => {
    const before = pieces[index]!;
    return { at: before.to, by: piece.from - piece.at - (before.from - before.at) };
  });
}
