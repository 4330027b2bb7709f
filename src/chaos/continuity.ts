import type { ModelSession } from '../emulator/bedrock/model-session.js';
import type { ChaosCall } from './call.js';
import { type Match, matchesOf } from './matching.js';
import { bytesOf, type SpokenSpan } from './microphone.js';

/** How the caller's speech crossed from one model stream to the next one that heard anything; in samples at 8 kHz. */
export interface Change {
  /** Of the call's streams: the one that took over. */
  readonly stream: number;
  /** Speech after the last utterance that the old stream had understood, which the new one never heard. */
  readonly lost: number;
  /** Speech that was understood already and was heard again; and what a stream heard twice. */
  readonly repeated: number;
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
/** From the end of a stream's input to its end, in ms. */
const CLOSING_MS = 50;
const DETECTOR_WINDOW = 40 * SAMPLES_PER_MS;

/**
 * Lays what each stream heard against the caller's microphone, whose noise tells of every hundredth of a second where it
 * belongs. Only for calls whose line is sound: what never reached a bridge cannot be heard by a model.
 */
export function changesOf(call: ChaosCall): Change[] {
  const hearings = call.streams.flatMap((session, stream) => {
    const pieces = piecesOf(session, call);
    return pieces.length === 0 ? [] : [{ stream, pieces } satisfies Hearing];
  });
  let consumed = 0;
  return hearings.flatMap((hearing, index) => {
    const before = hearings[index - 1];
    if (!before) return [];
    consumed = Math.max(consumed, consumedOf(call, before.stream, hearing.stream));
    const start = hearing.pieces[0]!.from;
    const endOfOld = before.pieces.at(-1)!.to;
    const speech = call.microphone.spoken;
    return [
      {
        stream: hearing.stream,
        // What lies behind the new stream's beginning, or was left out by it, and was not understood before.
        lost: speechIn(speech, consumed, start) + holesIn(hearing.pieces, speech),
        repeated: speechIn(speech, start, Math.min(consumed, endOfOld)) + doublesIn(hearing.pieces),
      },
    ];
  });
}

function piecesOf({ heard }: ModelSession, { microphone }: ChaosCall): Piece[] {
  return matchesOf(bytesOf(heard.samples), microphone.samples, BYTES_PER_SAMPLE).map(spanOf);
}

function spanOf({ at, from, length }: Match): Piece {
  const [start, first] = [from / BYTES_PER_SAMPLE, at / BYTES_PER_SAMPLE];
  return { at: first, from: start, to: start + length / BYTES_PER_SAMPLE };
}

/** Up to where a stream had understood the caller when another one took over, in samples of the microphone. */
function consumedOf({ microphone, streams, notes }: ChaosCall, stream: number, next: number): number {
  const { heard } = streams[stream]!;
  const begunMs = notes.find((note) => note.stream === next && note.event.kind === 'listening')?.atMs ?? 0;
  const closedMs = notes.find((note) => note.stream === stream && note.event.kind === 'closed')?.atMs ?? begunMs;
  // What a stream makes of the rest when its input ends reaches nobody any more.
  const untilMs = Math.min(begunMs, closedMs - CLOSING_MS);
  const ends = notes.flatMap((note) =>
    note.stream === stream && note.event.kind === 'utteranceEnded' && note.atMs < untilMs
      ? [note.event.utterance.endMs]
      : [],
  );
  const end = Math.max(0, ...ends) * SAMPLES_PER_MS * BYTES_PER_SAMPLE;
  const match = matchesOf(bytesOf(heard.samples), microphone.samples, BYTES_PER_SAMPLE).findLast(({ at }) => at < end);
  if (!match) return 0;
  const consumed = Math.floor((match.from + Math.min(match.length, end - match.at)) / BYTES_PER_SAMPLE);
  // Where speech ends, two detectors agree but for a window.
  const last = microphone.spoken.findLast(({ to }) => to > consumed && to - consumed <= DETECTOR_WINDOW);
  return last?.to ?? consumed;
}

/** Samples of speech within bounds. */
function speechIn(speech: readonly SpokenSpan[], from: number, to: number): number {
  return speech.reduce((sum, span) => sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)), 0);
}

/** Speech that a stream left out in the middle. */
function holesIn(pieces: readonly Piece[], speech: readonly SpokenSpan[]): number {
  return jumpsIn(pieces).reduce((sum, { at, by }) => sum + speechIn(speech, at, at + by), 0);
}

/** Whatever a stream heard although it had heard it before. */
function doublesIn(pieces: readonly Piece[]): number {
  return jumpsIn(pieces).reduce((sum, { by }) => sum + Math.max(0, -by), 0);
}

/** Where a stream went on elsewhere than where it was, by how many samples on or back; chance matches do not count. */
function jumpsIn(pieces: readonly Piece[]): { at: number; by: number }[] {
  return pieces.slice(1).map((piece, index) => {
    const before = pieces[index]!;
    return { at: before.to, by: piece.from - piece.at - (before.from - before.at) };
  });
}
