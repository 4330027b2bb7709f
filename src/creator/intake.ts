import { createHash } from 'node:crypto';
import { BridgeError } from '../errors.js';
import { findUnstorable } from '../storable.js';
import type { JobInput } from './job.js';

/** More would not fit into what models read at once, with room for their answers. */
const MAX_SOP_CHARACTERS = 200_000;
const MAX_TEXT_CHARACTERS = 10_000;
/** A page break here and there is no reason to refuse a text. */
const MAX_CONTROL_SHARE = 0.01;
const MIN_WORDS = 5;
/** Enough to see whether there is a sentence; telling words apart takes time in languages without blanks. */
const LOOKED_AT_CHARACTERS = 2000;

/** Unprintable, tabs and ends of lines and pages left out. */
const CONTROL = /(?![\t\n\v\f])\p{Cc}/gu;

interface Problem {
  readonly field: string;
  readonly message: string;
}

/**
 * The input as the job keeps it: line ends are `\n`, without a byte order mark, empty texts left out. Whatever no procedure
 * can look like is refused before anything is paid for: REQUEST_INVALID, with the fields in `errors`.
 */
export function checkedInput(given: JobInput): { readonly input: JobInput; readonly sopSha256: string } {
  const { sop, knowledgeBaseDescription, humanHandoffDescription, voicePersonality, ...others } = given;
  const texts = Object.entries({ knowledgeBaseDescription, humanHandoffDescription, voicePersonality })
    .map(([field, text]) => [field, normalised(text ?? '')] as const)
    .filter(([, text]) => text.trim() !== '');
  const procedure = normalised(sop);
  const problems = [
    ...problemOf('sop', procedure, problemOfSop),
    ...texts.flatMap(([field, text]) => problemOf(field, text, problemOfText)),
  ];
  if (problems.length > 0) {
    const words = problems.map(({ field, message }) => `${field} ${message}`).join('; ');
    throw new BridgeError('REQUEST_INVALID', `No agent can be made of this: ${words}.`, { errors: problems });
  }
  const input: JobInput = { ...others, sop: procedure, ...Object.fromEntries(texts) };
  return { input, sopSha256: createHash('sha256').update(procedure).digest('hex') };
}

function normalised(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
}

function problemOf(field: string, text: string, problemIn: (text: string) => string | undefined): Problem[] {
  const message = problemIn(text);
  return message === undefined ? [] : [{ field, message }];
}

function problemOfSop(text: string): string | undefined {
  if (text.trim() === '') return 'is empty: paste the procedure as text';
  return tooLong(text, MAX_SOP_CHARACTERS) ?? unreadable(text) ?? tooShort(text);
}

function problemOfText(text: string): string | undefined {
  return tooLong(text, MAX_TEXT_CHARACTERS) ?? unreadable(text);
}

function tooLong(text: string, limit: number): string | undefined {
  if (text.length <= limit) return undefined;
  return `has ${grouped(text.length)} characters, and ${grouped(limit)} are the most that can be read: shorten it or split it`;
}

function unreadable(text: string): string | undefined {
  const controls = text.match(CONTROL)?.length ?? 0;
  if (text.includes('\0') || controls > text.length * MAX_CONTROL_SHARE) {
    return 'is a binary file and not text: paste the words themselves';
  }
  const lost = text.split('\uFFFD').length - 1;
  if (lost > 0) {
    return `holds ${lost === 1 ? 'a character' : `${grouped(lost)} characters`} that could not be decoded (U+FFFD): save it as UTF-8 and paste it again`;
  }
  return findUnstorable(text)[0]?.message;
}

function tooShort(text: string): string | undefined {
  const segments = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text.slice(0, LOOKED_AT_CHARACTERS));
  let words = 0;
  for (const { segment, isWordLike } of segments) {
    if (isWordLike && /\p{L}/u.test(segment)) words++;
    if (words >= MIN_WORDS) return undefined;
  }
  return 'holds no sentence: a procedure says in words what has to be done';
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
