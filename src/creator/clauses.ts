import { createHash } from 'node:crypto';
import type { Clause, Finding, ParsedSop, Requirements } from './artefacts.js';

const ID_DIGITS = 8;
const SHOWN_CHARACTERS = 120;
const SIGN = '[-–—*+•◦▪‣·●○■□☐☑✓]';
const NUMBER = String.raw`\d{1,3}(?:\.\d{1,3})*[a-z]?`;
/** A letter, or a number as the Romans wrote it, up to 39. */
const LETTERS = '[a-z]|(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})';
const STEP = 'step|stage|phase|rule|item|case|schritt|regel|punkt|fall|paso|etapa|regla|étape|règle|passo|fase';
/** "1. …", "2.1) …", "(3) …", "a) …", "(a) …", "ii) …", "- …", "* …", "- [ ] …" at the beginning of a line. */
const ALWAYS = new RegExp(
  String.raw`^\s*(?:${SIGN}\s+\[[ x]?\]|${SIGN}|\d+(?:\.\d+)*[a-z]?[.)]|\((?:${NUMBER}|${LETTERS})\)|(?:${LETTERS})\))\s+(?=\S)`,
  'i',
);
/** "1.1 …", "A. …", "ii. …", "Step 3: …", "§ 4 …": in the middle of a sentence, where a line just ends, they are no marker. */
const BETWEEN_SENTENCES = new RegExp(
  String.raw`^\s*(?:\d{1,3}(?:\.\d{1,3})+|(?:${LETTERS})\.|§\s*\d{1,3}[.:]?|(?:${STEP})\s+${NUMBER}\s*(?:[:.)]|\s[-–—]))\s+(?=\S)`,
  'iu',
);
const HEADING = /^\s{0,3}#/;
const ENDS_SENTENCE = /(?:^|[.:;!?…)"'”’*_|])\s*$/;

/** Words in one line, with single blanks: what clauses are compared by. */
export function collapsed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The name of a clause, which depends on its words alone. */
export function clauseIdOf(quote: string): string {
  return `c-${createHash('sha256').update(collapsed(quote)).digest('hex').slice(0, ID_DIGITS)}`;
}

/**
 * The requirements with their clauses named, in the very words of the procedure: models like to write other quotation marks
 * and dashes than they have read. Clauses of the same words are one.
 */
export function requirementsOf(sop: string, parsed: ParsedSop): Requirements {
  const words = collapsed(sop);
  const folded = fold(words);
  const clauses = new Map<string, Clause>();
  for (const { quote, kind, summary } of parsed.clauses) {
    const wanted = fold(collapsed(quote));
    const at = folded.indexOf(wanted);
    const own = at < 0 ? collapsed(quote) : words.slice(at, at + wanted.length);
    const id = clauseIdOf(own);
    if (!clauses.has(id)) clauses.set(id, { id, quote: own, kind, summary });
  }
  return { ...parsed, clauses: [...clauses.values()] };
}

/** What a reading has made up or left out: every quote stands in the procedure, and every item of its lists in a clause. */
export function findingsOfReading(sop: string, parsed: ParsedSop): Finding[] {
  const words = fold(collapsed(sop));
  const covered = new Uint8Array(words.length);
  const strays: string[] = [];
  for (const { quote } of parsed.clauses) {
    const wanted = fold(collapsed(quote));
    let at = words.indexOf(wanted);
    if (at < 0) strays.push(quote);
    for (; at >= 0; at = words.indexOf(wanted, at + wanted.length)) covered.fill(1, at, at + wanted.length);
  }
  for (const quote of [...parsed.contradictions.flatMap(({ quotes }) => quotes), ...parsed.suspicious]) {
    if (!words.includes(fold(collapsed(quote)))) strays.push(quote);
  }
  return [
    ...strays.map((quote) => ({
      file: 'sop' as const,
      rule: 'quote-not-verbatim',
      line: null,
      message: `"${shown(quote)}" does not stand in the procedure like this: quote its very words.`,
    })),
    ...listItems(sop)
      .filter((item) => hasGap(words, covered, item))
      .map(({ line, text }) => ({
        file: 'sop' as const,
        rule: 'list-item-missing',
        line,
        message: `"${shown(text)}" (line ${line}) is in no clause: give it as one, or as part of one.`,
      })),
  ];
}

interface ListItem {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** Where it stands within the collapsed text. */
  readonly from: number;
  readonly to: number;
}

/** The items of all lists. An item goes on in the indented lines below it. */
function listItems(sop: string): ListItem[] {
  const items: { line: number; text: string; from: number; to: number }[] = [];
  let offset = 0;
  let current: (typeof items)[number] | undefined;
  let before = '';
  for (const [index, row] of sop.split('\n').entries()) {
    const words = collapsed(row);
    const isBetween = current?.line === index || HEADING.test(before) || ENDS_SENTENCE.test(before);
    const [marker] = ALWAYS.exec(row) ?? (isBetween ? BETWEEN_SENTENCES.exec(row) : undefined) ?? [];
    before = row;
    const end = offset + words.length;
    if (marker !== undefined) {
      const text = words.slice(collapsed(marker).length + 1);
      current = { line: index + 1, text, from: end - text.length, to: end };
      items.push(current);
    } else if (current && /^\s+\S/.test(row)) {
      current.text += ` ${words}`;
      current.to = end;
    } else {
      current = undefined;
    }
    if (words !== '') offset = end + 1;
  }
  return items;
}

/** A letter or a digit that no quote has; signs at the edges of quotes do not matter. */
function hasGap(words: string, covered: Uint8Array, { from, to }: ListItem): boolean {
  for (let at = covered.indexOf(0, from); at >= 0 && at < to; at = covered.indexOf(0, at + 1)) {
    if (/[\p{L}\p{N}]/u.test(words[at]!)) return true;
  }
  return false;
}

const DOUBLE_QUOTES = /[\u201c\u201d\u201e\u00ab\u00bb]/g;
const SINGLE_QUOTES = /[\u2018\u2019\u201a]/g;
const DASHES = /[\u2010-\u2015\u2212]/g;

/** The same length, so that a place in one is the same place in the other. */
function fold(text: string): string {
  return text.replace(DOUBLE_QUOTES, '"').replace(SINGLE_QUOTES, "'").replace(DASHES, '-');
}

function shown(text: string): string {
  const words = collapsed(text);
  return words.length <= SHOWN_CHARACTERS ? words : `${words.slice(0, SHOWN_CHARACTERS)}…`;
}
