import { fieldsLeftOut, itemsLeftOut, LEFT_OUT } from './left-out.js';

/** How much is kept: characters of a text, items of a list, fields of an object, levels of nesting. */
const TEXT_LENGTH = 16_384;
const NAME_LENGTH = 200;
const ITEM_COUNT = 100;
const FIELD_COUNT = 200;
const DEPTH = 12;
/** Characters that are kept in all, more or less; the last quarter is for what stands near the top: errors, words. */
const LENGTH = 49_152;
const RESERVED = 1 / 4;
const NEAR_TOP = 2;

const LONGEST_LITERAL = 64;
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
/** What ends a number or a word like `true`. */
const DELIMITERS = ' \t\n\r,:"[]{}';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const OPENING = 0x7b;
const CLOSING = 0x7d;
/** Makes `[` and `]` the braces that they differ from in this bit alone. */
const BRACE_BIT = 0x20;

/** A list or an object of which something is kept. */
interface Level {
  readonly isList: boolean;
  expects: 'member' | 'colon' | 'value' | 'comma';
  memberCount: number;
  keptCount: number;
}

/** A text that is kept, or the beginning of it. */
interface Text {
  readonly isName: boolean;
  kept: string;
  isCut: boolean;
  /** Of a text that is JSON itself and too long to be kept whole. */
  inner: JsonHead | undefined;
}

/** What is left out: one value, or all that is left of the level, whose members are counted. */
interface Skim {
  readonly isRest: boolean;
  depth: number;
  isInText: boolean;
}

/**
 * Takes the text of a JSON value piece by piece, cut anywhere, and keeps what is worth reading of a large one as JSON of some
 * tens of thousands of characters: long texts cut, long lists and objects shortened (they say so), likewise JSON in a text.
 * No piece is looked at twice; what is left out is looked at only for where it ends.
 */
export class JsonHead {
  readonly #levels: Level[] = [];
  readonly #length: number;
  #kept = '';
  #text: Text | undefined;
  #skim: Skim | undefined;
  #literal = '';
  /** The beginning of an escape sequence that was cut in two. */
  #carried = '';
  #isDone = false;
  #isBroken = false;

  constructor(length = LENGTH) {
    this.#length = length;
  }

  push(cutPiece: string): void {
    const piece = this.#carried + cutPiece;
    this.#carried = '';
    let at = 0;
    while (at < piece.length && !this.#isBroken) {
      if (this.#skim) at = this.#pass(this.#skim, piece, at);
      else if (this.#text) at = this.#takeText(this.#text, piece, at);
      else if (DELIMITERS.includes(piece[at]!)) this.#takeDelimiter(piece[at++]!);
      else at = this.#takeLiteral(piece, at);
    }
  }

  /** The JSON of what is kept; undefined when it was no JSON, or half of some. */
  end(): string | undefined {
    this.#endLiteral();
    return this.#isDone && !this.#isBroken ? this.#kept : undefined;
  }

  #takeDelimiter(character: string): void {
    this.#endLiteral();
    const level = this.#levels.at(-1);
    if (character === '"') this.#beginText(level);
    else if (character === '{' || character === '[') this.#beginLevel(level, character);
    else if (character === '}' || character === ']') this.#endLevel(level, character === ']');
    else if (character === ',') this.#takeComma(level);
    else if (character === ':') this.#takeColon(level);
  }

  #takeComma(level: Level | undefined): void {
    if (level?.expects !== 'comma') {
      this.#break();
      return;
    }
    level.expects = level.isList ? 'value' : 'member';
    if (level.keptCount < (level.isList ? ITEM_COUNT : FIELD_COUNT) && this.#room > 0) return;
    level.memberCount++;
    this.#skim = { isRest: true, depth: 0, isInText: false };
  }

  #takeColon(level: Level | undefined): void {
    if (level?.expects === 'colon') level.expects = 'value';
    else this.#break();
  }

  #beginText(level: Level | undefined): void {
    const isName = level?.expects === 'member';
    if (isName || this.#beginValue(level)) this.#text = { isName, kept: '', isCut: false, inner: undefined };
  }

  /** Up to the end of the text or of the piece. */
  #takeText(text: Text, piece: string, from: number): number {
    const end = endOfText(piece, from);
    const run = piece.slice(from, end);
    if (text.isCut) text.inner?.push(unescaped(run));
    else this.#add(text, run);
    if (piece.charCodeAt(end) === QUOTE) {
      this.#endText(text);
      return end + 1;
    }
    this.#carried = piece.slice(end);
    return piece.length;
  }

  #add(text: Text, run: string): void {
    const limit = text.isName ? NAME_LENGTH : Math.min(TEXT_LENGTH, this.#room);
    const left = Math.max(0, limit - text.kept.length);
    text.isCut = run.length > left;
    const cut = text.isCut ? cutBetween(run, left) : run.length;
    text.kept += run.slice(0, cut);
    if (!text.isCut || text.isName || !/^\s*[[{]/.test(text.kept)) return;
    text.inner = new JsonHead(Math.floor(this.#room / 2));
    text.inner.push(unescaped(text.kept));
    text.inner.push(unescaped(run.slice(cut)));
  }

  #endText(text: Text): void {
    this.#text = undefined;
    if (!text.isName) {
      const inner = text.inner?.end();
      this.#kept += inner === undefined ? `"${text.kept}"` : JSON.stringify(inner);
      this.#endValue();
      return;
    }
    const level = this.#levels.at(-1)!;
    level.expects = 'colon';
    if (text.isCut) {
      level.memberCount++;
      this.#skim = { isRest: false, depth: 0, isInText: false };
    } else {
      this.#beginMember(level);
      this.#kept += `"${text.kept}":`;
    }
  }

  #takeLiteral(piece: string, from: number): number {
    let at = from;
    while (at < piece.length && !DELIMITERS.includes(piece[at]!)) at++;
    this.#literal += piece.slice(from, Math.min(at, from + LONGEST_LITERAL));
    if (this.#literal.length > LONGEST_LITERAL) this.#break();
    return at;
  }

  #endLiteral(): void {
    const literal = this.#literal;
    if (literal === '') return;
    this.#literal = '';
    if (!this.#beginValue(this.#levels.at(-1))) return;
    this.#kept += literal;
    this.#endValue();
    if (!LITERAL.test(literal)) this.#break();
  }

  #beginLevel(level: Level | undefined, opening: '{' | '['): void {
    if (!this.#beginValue(level)) return;
    if (this.#levels.length === DEPTH) {
      this.#kept += '"(left out: nested too deeply)"';
      this.#skim = { isRest: false, depth: 1, isInText: false };
      return;
    }
    this.#kept += opening;
    const isList = opening === '[';
    this.#levels.push({ isList, expects: isList ? 'value' : 'member', memberCount: 0, keptCount: 0 });
  }

  #endLevel(level: Level | undefined, isList: boolean): void {
    const isWhole = level?.expects === 'comma' || level?.memberCount === 0;
    if (!level || !isWhole || level.isList !== isList) {
      this.#break();
      return;
    }
    const leftOut = level.memberCount - level.keptCount;
    const note = isList ? `"${itemsLeftOut(leftOut)}"` : `"${LEFT_OUT}":"${fieldsLeftOut(leftOut)}"`;
    if (leftOut > 0) this.#kept += (level.keptCount > 0 ? ',' : '') + note;
    this.#kept += isList ? ']' : '}';
    this.#levels.pop();
    this.#endValue();
  }

  /** False when no value may stand here. */
  #beginValue(level: Level | undefined): boolean {
    if (level ? level.expects !== 'value' : this.#isDone) {
      this.#break();
      return false;
    }
    if (level?.isList) this.#beginMember(level);
    return true;
  }

  #beginMember(level: Level): void {
    if (level.keptCount > 0) this.#kept += ',';
    level.memberCount++;
    level.keptCount++;
  }

  #endValue(): void {
    const level = this.#levels.at(-1);
    if (level) level.expects = 'comma';
    else this.#isDone = true;
  }

  /** To behind what is left out, or to the end of the piece. */
  #pass(skim: Skim, piece: string, from: number): number {
    const level = this.#levels.at(-1);
    let { depth, isInText } = skim;
    let at = from;
    for (; at < piece.length; at++) {
      if (isInText) {
        at = endOfText(piece, at);
        if (piece.charCodeAt(at) !== QUOTE) {
          this.#carried = piece.slice(at);
          at = piece.length;
          break;
        }
        isInText = false;
        continue;
      }
      const code = piece.charCodeAt(at);
      if (code === QUOTE) isInText = true;
      else if ((code | BRACE_BIT) === OPENING) depth++;
      else if ((code | BRACE_BIT) === CLOSING) {
        if (depth === 0) break;
        depth--;
      } else if (code === COMMA && depth === 0) {
        if (!skim.isRest || !level) break;
        level.memberCount++;
      }
    }
    skim.depth = depth;
    skim.isInText = isInText;
    if (at < piece.length) {
      this.#skim = undefined;
      if (level) level.expects = 'comma';
    }
    return at;
  }

  /** Characters that may still be kept here. */
  get #room(): number {
    return this.#length * (this.#levels.length > NEAR_TOP ? 1 - RESERVED : 1) - this.#kept.length;
  }

  #break(): void {
    this.#isBroken = true;
    this.#kept = '';
  }
}

/** Where the text ends within the piece; where its last escape sequence begins when that is cut off, else the piece's end. */
function endOfText(piece: string, from: number): number {
  let at = from;
  while (at < piece.length) {
    const code = piece.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code !== BACKSLASH) at++;
    else if (at + escapeLength(piece, at) > piece.length) return at;
    else at += escapeLength(piece, at);
  }
  return at;
}

function escapeLength(piece: string, at: number): number {
  return piece.charCodeAt(at + 1) === LETTER_U ? 6 : 2;
}

/** The last place up to `limit` that is not within an escape sequence. */
function cutBetween(run: string, limit: number): number {
  let at = 0;
  for (;;) {
    const next = at + (run.charCodeAt(at) === BACKSLASH ? escapeLength(run, at) : 1);
    if (next > limit) return at;
    at = next;
  }
}

/** What the text says; nothing when it is no text of JSON. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return '';
  }
}
