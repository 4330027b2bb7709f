import { ANY, allBut, type CharacterSet, classOf, inBothCases, only, overlap } from './characters.js';
import type { RegexNode } from './expression.js';

/** What Python's `re` may know and this reader does not. */
export class RegexNotUnderstood extends Error {}

const MOST_CHARACTERS = 1000;
const DEEPEST = 20;
const EMPTY: RegexNode = { kind: 'sequence', parts: [] };
const ASSERTION: RegexNode = { kind: 'assertion', isStart: false };
/** What a group has taken before, which nobody knows here. */
const BEFORE: RegexNode = {
  kind: 'sequence',
  parts: [ASSERTION, { kind: 'repeat', of: { kind: 'set', set: ANY }, least: 0, most: 1 }],
};
const IN_LINE = allBut(only(10));
const CONTROLS: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7, '0': 0 };

/** Reads a pattern of Python's `re`; `flags` are the letters of its inline flags. Throws RegexNotUnderstood. */
export function readRegex(pattern: string, flags: string): RegexNode {
  if (pattern.length > MOST_CHARACTERS) throw new RegexNotUnderstood('it is too long');
  const [, inline = ''] = /^\(\?([aiLmsux]+)\)/.exec(pattern) ?? [];
  const all = flags + inline;
  return new RegexReader(pattern, all).whole();
}

class RegexReader {
  readonly #characters: readonly string[];
  readonly #ignoresCase: boolean;
  readonly #isVerbose: boolean;
  /** `^` and `$` at lines: somewhere, everywhere. */
  readonly #hasLines: boolean;
  readonly #isByLine: boolean;
  readonly #any: CharacterSet;
  #at = 0;
  #depth = 0;

  constructor(pattern: string, flags: string) {
    this.#characters = [...pattern];
    // Flags of a part are taken for those of the whole where that makes more texts fit.
    const ofParts = [...pattern.matchAll(/\(\?([aiLmsux]*)(-?)[imsx]*:/g)];
    const [all, anywhere] = [flags, flags + ofParts.map(([, on]) => on).join('')];
    if (ofParts.some(([whole]) => whole.includes('x'))) throw new RegexNotUnderstood('a part of it is verbose');
    this.#ignoresCase = anywhere.includes('i');
    this.#isVerbose = all.includes('x');
    this.#hasLines = anywhere.includes('m');
    this.#isByLine = all.includes('m') && ofParts.every(([, , off]) => off === '');
    this.#any = anywhere.includes('s') ? ANY : IN_LINE;
  }

  whole(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw new RegexNotUnderstood('a bracket is closed that was not opened');
    return node;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }
  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new RegexNotUnderstood('it ends too early');
    return character;
  }
  #take(text: string): boolean {
    if (
      !this.#characters
        .slice(this.#at, this.#at + text.length)
        .join('')
        .startsWith(text)
    )
      return false;
    this.#at += text.length;
    return true;
  }
  #until(end: string): string {
    let text = '';
    for (let character = this.#next(); character !== end; character = this.#next()) text += character;
    return text;
  }

  #choice(): RegexNode {
    if (++this.#depth > DEEPEST) throw new RegexNotUnderstood('it is nested too deeply');
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#depth--;
    const [single, another] = options;
    if (single && !another) return single;
    const sets = options.map(onlySet);
    // Python makes one set of them, too.
    return sets.some((set, index) => !set || sets.slice(index + 1).some((other) => !other || overlap(set, other)))
      ? { kind: 'choice', options }
      : { kind: 'set', set: sets.flatMap((set) => set ?? []) };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    this.#skip();
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      const part = this.#repeated(this.#atom());
      // After all that is left of a line there is its end.
      const isSure = next === '$' && this.#isByLine && part.kind === 'assertion' && this.#takesLine(parts.at(-1));
      if (!isSure) parts.push(part);
      this.#skip();
    }
    return { kind: 'sequence', parts };
  }
  #takesLine(part: RegexNode | undefined): boolean {
    if (part?.kind === 'kept') return this.#takesLine(part.of);
    if (part?.kind === 'sequence') return this.#takesLine(part.parts.at(-1));
    return part?.kind === 'repeat' && part.most === Infinity && part.of.kind === 'set' && part.of.set === IN_LINE;
  }
  /** What a verbose pattern has between its parts. */
  #skip(): void {
    if (!this.#isVerbose) return;
    for (let next = this.#peek(); next !== undefined && /[\s#]/.test(next); next = this.#peek()) {
      if (this.#next() === '#') while (this.#peek() !== undefined && this.#next() !== '\n');
    }
  }

  #repeated(of: RegexNode): RegexNode {
    this.#skip();
    const bounds = this.#bounds();
    if (!bounds) return of;
    // Lazy and possessive ones repeat as much.
    if (!this.#take('?')) this.#take('+');
    return { kind: 'repeat', of, ...bounds };
  }
  #bounds(): { least: number; most: number } | undefined {
    if (this.#take('*')) return { least: 0, most: Infinity };
    if (this.#take('+')) return { least: 1, most: Infinity };
    if (this.#take('?')) return { least: 0, most: 1 };
    const rest = this.#characters.slice(this.#at, this.#at + 24).join('');
    const [whole, least = '', comma, most = ''] = /^\{(\d*)(,)?(\d*)\}/.exec(rest) ?? [];
    // Anything else in braces is text.
    if (whole === undefined || (least === '' && comma === undefined)) return undefined;
    this.#at += whole.length;
    return { least: Number(least), most: comma === undefined ? Number(least) : most === '' ? Infinity : Number(most) };
  }

  #atom(): RegexNode {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#set(this.#bracketed());
      case '.':
        return { kind: 'set', set: this.#any };
      case '^':
        return { kind: 'assertion', isStart: !this.#hasLines };
      case '$':
        return ASSERTION;
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new RegexNotUnderstood('it repeats nothing');
      default:
        return this.#set(only(character.codePointAt(0) ?? 0));
    }
  }
  #set(set: CharacterSet): RegexNode {
    return { kind: 'set', set: this.#ignoresCase ? inBothCases(set) : set };
  }

  #group(): RegexNode {
    if (!this.#take('?')) return { kind: 'kept', of: this.#closed() };
    if (this.#take('P=')) {
      this.#until(')');
      return BEFORE;
    }
    if (this.#take('P<')) {
      this.#until('>');
      return { kind: 'kept', of: this.#closed() };
    }
    if (this.#take('#')) {
      this.#until(')');
      return EMPTY;
    }
    if (this.#take('=') || this.#take('!') || this.#take('<=') || this.#take('<!')) {
      return { kind: 'look', of: this.#closed() };
    }
    if (this.#take(':') || this.#take('>')) return this.#closed();
    const [flags] = /^[aiLmsux-]+[:)]/.exec(this.#characters.slice(this.#at).join('')) ?? [];
    if (flags === undefined) throw new RegexNotUnderstood('a group begins in an unknown way');
    this.#at += flags.length;
    return flags.endsWith(')') ? EMPTY : this.#closed();
  }
  #closed(): RegexNode {
    const inside = this.#choice();
    if (!this.#take(')')) throw new RegexNotUnderstood('a bracket is not closed');
    return inside;
  }

  #escape(): RegexNode {
    const letter = this.#next();
    if (/[bBAZ]/.test(letter)) return { kind: 'assertion', isStart: letter === 'A' };
    if (/[1-9]/.test(letter)) {
      if (/\d/.test(this.#peek() ?? '')) this.#at++;
      return BEFORE;
    }
    return this.#set(classOf(letter) ?? only(this.#code(letter)));
  }
  #code(letter: string): number {
    const digits = { x: 2, u: 4, U: 8 }[letter];
    if (digits !== undefined) {
      const hex = this.#characters.slice(this.#at, this.#at + digits).join('');
      if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(hex)) throw new RegexNotUnderstood('an escape is not complete');
      this.#at += digits;
      return Number.parseInt(hex, 16);
    }
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    if (/[A-Za-z0-9]/.test(letter)) throw new RegexNotUnderstood(`\\${letter} is unknown`);
    return letter.codePointAt(0) ?? 0;
  }

  /** After the opening bracket. */
  #bracketed(): CharacterSet {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      const from = this.#member();
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']';
      if (typeof from !== 'number' || !isRange) {
        ranges.push(...(typeof from === 'number' ? only(from) : from));
        continue;
      }
      this.#at++;
      const to = this.#member();
      if (typeof to !== 'number' || to < from) throw new RegexNotUnderstood('a range of characters is none');
      ranges.push([from, to]);
    }
    this.#at++;
    return isNegated ? allBut(ranges) : ranges;
  }
  #member(): number | CharacterSet {
    const character = this.#next();
    if (character !== '\\') return character.codePointAt(0) ?? 0;
    const letter = this.#next();
    return letter === 'b' ? 8 : (classOf(letter) ?? this.#code(letter));
  }
}

/** The set of an option that is a single one. */
function onlySet(option: RegexNode): CharacterSet | undefined {
  const [part, another] = option.kind === 'sequence' ? option.parts : [option];
  // Not of a dot, though.
  return part?.kind === 'set' && !another && part.set !== ANY && part.set !== IN_LINE ? part.set : undefined;
}
