import type { CallRecord } from '../../call/record.js';
import type { Failure } from '../replayed-call.js';
import { aligned } from '../run/align.js';
import { escapeXml } from '../run/report.js';

/** What the fields of an expectation are called for people. The first that fits counts. */
const FIELD_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^turns\[\d+\]\.text$/, 'the words'],
  [/^turns\[\d+\]\.heardText$/, 'what the caller heard of it'],
  [/^turns\[\d+\]\.role$/, 'who speaks'],
  [/^turns\[\d+\]\.interrupted$/, 'whether it was interrupted'],
  [/^turns\[\d+\]$/, 'whether there is one'],
  [/^turnCount$/, 'How many turns there are'],
  [/^toolCalls\[\d+\]\.name$/, 'which tool'],
  [/^toolCalls\[\d+\]\.(input|exactInput)$/, 'what it was asked'],
  [/^toolCalls\[\d+\]\.(output|exactOutput)$/, 'what it answered'],
  [/^toolCalls\[\d+\]\.outcome$/, 'how it ended'],
  [/^toolCalls\[\d+\]\.atOnce$/, 'whether it ran beside another'],
  [/^toolCalls\[\d+\]\.notBefore$/, 'when it was called'],
  [/^toolCalls\[\d+\]$/, 'whether there is one'],
  [/^notCalled/, 'A tool that must not be called'],
  [/^endReason$/, 'How the call ended'],
  [/^heard\.noGapOver$/, 'A gap inside the agent’s voice'],
  [/^heard\.notAfterInterruption$/, 'The agent speaks on after an interruption'],
  [/^heard\.text$/, 'All that the caller heard'],
  [/^heard\.not\b/, 'Words that must not be heard'],
  [/^said\.not\b/, 'Words that must not be said'],
  [/^heard\.waiting/, 'The sound of waiting'],
  [/^heard\.loudness/, 'How loud the agent is'],
  [/^heard\.clippingPercent$/, 'Distortion of the agent’s voice'],
  [/^heard\.clicks$/, 'Clicks in the agent’s voice'],
  [/^heard\.at/, 'How long the agent was heard'],
  [/^limits\.responseGap$/, 'How long the caller waited for an answer'],
  [/^limits\.interruption$/, 'How soon the agent stops when interrupted'],
  [/^limits\.deadAir$/, 'How long nobody was heard'],
  [/^spoken/, 'What the carrier itself said'],
  [/^dialled/, 'Whom the carrier called'],
  [/^known/, 'What the model was told before the call'],
  [/^clears$/, 'How often the carrier’s buffer was emptied'],
  [/^audio\.filled/, 'Caller audio that was missing'],
  [/^audio\.dropped/, 'Caller audio that was given up'],
  [/^renewals$/, 'How often the stream to the model was renewed'],
  [/^streams/, 'The streams to the model'],
  [/^usage/, 'What the model counted'],
  [/^keysNotInLog$/, 'Keys in the log'],
  [/^caller$/, 'The call did not go as written'],
  [/^carrier$/, 'The carrier complained'],
  [/^model$/, 'The voice model complained'],
  [/^record$/, 'The record of the call'],
  [/^call$/, 'The call could not be placed'],
];

/** What a failed expectation is about, in words. */
export function failureWords(failure: Failure, record: CallRecord | undefined): string {
  return isAboutOneMoreCall(failure) ? failure.message : fieldWords(failure.field, record, failure.tool);
}

/** A tool that was not called, or one that nobody expected: its message says all. */
export function isAboutOneMoreCall({ field }: Failure): boolean {
  return /^toolCalls\[\d+\]$/.test(field);
}

/** What an expectation is about, in words. `tool` is the number on record of the call that it is about. */
export function fieldWords(field: string, record: CallRecord | undefined, tool?: number): string {
  const words = FIELD_WORDS.find(([pattern]) => pattern.test(field))?.[1] ?? field;
  const [, list, index] = /^(turns|toolCalls)\[(\d+)\]/.exec(field) ?? [];
  if (list === undefined || index === undefined) return words;
  const number = Number(index) + 1;
  if (list === 'toolCalls') {
    const name = record?.toolCalls[(tool ?? number) - 1]?.name;
    return `Tool call ${number}${name === undefined ? '' : ` (${name})`}: ${words}`;
  }
  const role = record?.turns[Number(index)]?.role;
  return `Turn ${number}${role === undefined ? '' : ` (${role})`}: ${words}`;
}

/** Index of the record's turn that a failure is about, by its own word or by its field. */
export function turnIndexOf({ field, turn }: Failure, record: CallRecord | undefined): number | undefined {
  const index = /^turns\[(\d+)\]/.exec(field)?.[1] ?? (turn === undefined ? undefined : String(turn - 1));
  return index !== undefined && record?.turns[Number(index)] ? Number(index) : undefined;
}

/** Index of the record's tool call that a failure is about. */
export function toolIndexOf({ tool }: Failure, record: CallRecord | undefined): number | undefined {
  return tool !== undefined && record?.toolCalls[tool - 1] ? tool - 1 : undefined;
}

/** When it happened, in ms of the media stream: by the failure's own word, else by what it is about. */
export function timeOf(failure: Failure, record: CallRecord | undefined): number | undefined {
  if (failure.atMs !== undefined) return failure.atMs;
  const turn = turnIndexOf(failure, record);
  if (turn !== undefined) return record?.turns[turn]?.startMs;
  const tool = toolIndexOf(failure, record);
  return tool === undefined ? undefined : record?.toolCalls[tool]?.startMs;
}

/** Two quoted texts or two pieces of data as HTML, with the words marked that only one of them has. Other things stay plain. */
export function markedPair(expected: string, found: string): { expected: string; found: string } {
  const isComparable = [expected, found].every((text) => /^["{[]/.test(text));
  if (!isComparable) return { expected: escapeXml(expected), found: escapeXml(found) };
  const pairs = aligned(wordsIn(expected), wordsIn(found), (a, b) => (isSameWord(a, b) ? 0 : 3));
  const side = (pick: 'before' | 'now') => {
    const parts = pairs.flatMap((pair) => {
      const word = pair[pick];
      if (word === undefined) return [];
      const isSame = (pair.before !== undefined && pair.now !== undefined) || isBetweenWords(word);
      return [isSame ? escapeXml(word) : `<mark>${escapeXml(word)}</mark>`];
    });
    return parts.join('').replace(/<\/mark>(\s*)<mark>/g, '$1');
  };
  return { expected: side('before'), found: side('now') };
}

/** Words, and what stands between them. */
function wordsIn(text: string): string[] {
  return text.match(/[\p{L}\p{N}'’]+|[^\p{L}\p{N}'’]+/gu) ?? [];
}

function isBetweenWords(part: string): boolean {
  return !/[\p{L}\p{N}]/u.test(part);
}

function isSameWord(a: string, b: string): boolean {
  return (isBetweenWords(a) && isBetweenWords(b)) || a.toLowerCase() === b.toLowerCase();
}
