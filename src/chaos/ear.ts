import { ASK_AGAIN, HELLO, ONE_MOMENT, type SpokenLine, spokenLine, wordsOf } from './lines.js';
import { type Match, matchesOf, soundingsOf } from './matching.js';
import type { Question } from './mind.js';

/** One word that was heard whole: which of which line, and when in the call, in ms. */
export interface HeardWord {
  /** Of the questions, from 0; undefined: of a line that answers nothing. */
  readonly question: number | undefined;
  readonly line: string;
  readonly word: number;
  readonly atMs: number;
}

const BYTES_PER_MS = 8;
/** So much of a word's sound must be there. */
const WHOLE_SHARE = 0.9;
/** Between two lines laid end to end, so that no match runs over. */
const SEPARATOR = Buffer.alloc(256, 0x00);

/** Every word of the model that sounded whole at the caller's ear, in order of time. */
export function heardWords(ear: Buffer, questions: readonly Question[]): HeardWord[] {
  const lines: { line: SpokenLine; question: number | undefined }[] = [
    ...questions.map(({ answer }, question) => ({ line: answer, question })),
    ...[ASK_AGAIN, HELLO, ONE_MOMENT].map((text) => ({ line: spokenLine(text), question: undefined })),
  ];
  const starts: number[] = [];
  const parts: Buffer[] = [];
  let length = 0;
  for (const { line } of lines) {
    starts.push(length);
    parts.push(line.mulaw, SEPARATOR);
    length += line.mulaw.length + SEPARATOR.length;
  }
  const matches: Match[] = matchesOf(ear, Buffer.concat(parts), 1);
  return lines
    .flatMap(({ line, question }, index) =>
      line.words.flatMap(({ startMs, endMs }, word) => {
        const from = starts[index]! + Math.round(startMs * BYTES_PER_MS);
        const to = starts[index]! + Math.round(endMs * BYTES_PER_MS);
        return soundingsOf(matches, from, to, WHOLE_SHARE).map((at) => ({
          question,
          line: line.text,
          word,
          atMs: at / BYTES_PER_MS,
        }));
      }),
    )
    .sort((a, b) => a.atMs - b.atMs);
}

/** The word itself, to compare. */
export function textOf({ line, word }: HeardWord): string {
  return wordsOf(line)[word]!;
}

/** When a word and the pause that belongs to it were over, ms of the call. */
export function endOf({ question, line, word, atMs }: HeardWord, questions: readonly Question[]): number {
  const { words, mulaw } = question === undefined ? spokenLine(line) : questions[question]!.answer;
  return atMs + (words[word + 1]?.startMs ?? mulaw.length / BYTES_PER_MS) - words[word]!.startMs;
}

/** Whether a word of a line has sounded since that time of the call: by a piece from its middle. */
export function hasHeard(ear: Buffer, line: SpokenLine, word: number, sinceMs: number): boolean {
  const { startMs, endMs } = line.words[word]!;
  const middle = Math.round(((startMs + endMs) / 2) * BYTES_PER_MS);
  const probe = line.mulaw.subarray(middle, middle + 80);
  return ear.indexOf(probe, Math.max(0, Math.round(sinceMs * BYTES_PER_MS))) >= 0;
}

/** A word of an answer that came later after the one before it than it should; ms of the call. */
export interface LateWord {
  readonly lateMs: number;
  /** When the word before began, and when this one did. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Words that came late, by more than `leastMs`. */
export function lateWords(heard: readonly HeardWord[], questions: readonly Question[], leastMs: number): LateWord[] {
  return heard.flatMap(({ question, word, atMs }) => {
    const before = heard.findLast((each) => each.question === question && each.atMs < atMs);
    if (question === undefined || before?.word !== word - 1) return [];
    const { words } = questions[question]!.answer;
    const lateMs = atMs - before.atMs - (words[word]!.startMs - words[word - 1]!.startMs);
    return lateMs > leastMs ? [{ lateMs: Math.round(lateMs), fromMs: before.atMs, toMs: atMs }] : [];
  });
}
