import { collapsed } from './words.js';

/** A piece of a procedure that can be followed by itself, where it stands. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** The words at that place, unchanged. */
  readonly quote: string;
  readonly heading: string;
  /** The line that ends with a colon and leads to this piece, without the colon. */
  readonly leadIn: string;
  /** An item that only names the items below it. */
  isHeading?: boolean;
}

export interface Procedure {
  readonly title: string;
  readonly pieces: readonly Piece[];
}

interface Line {
  readonly start: number;
  readonly text: string;
}

interface Marked {
  readonly indent: number;
  /** `1.`, `a)`, `-`…: what stands for the same level. */
  readonly class: string;
  readonly levels: number;
  readonly textAt: number;
}

interface Open {
  readonly start: number;
  end: number;
  readonly item?: Marked;
}

const HEADING = /^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$/;
const BOLD_LINE = /^\s*(?:\*\*|__)([^*_]+)(?:\*\*|__):?\s*$/;
const RULE = /^\s*(?:[-*_=]\s*){3,}$/;
const FENCE = /^\s*(?:```|~~~)/;
const ITEM =
  /^(\s*(?:>\s*)?)([-*+•–‣◦]|\(?\d{1,3}(?:\.\d{1,3})*[.)]|\d{1,3}(?:\.\d{1,3})+|\(?[a-zA-Z][.)]|\(?[ivxIVX]{2,5}[.)]|(?:step|schritt|paso)\s+\d{1,3}\s*[:.)–-]|§\s*\d{1,3}[.:]?)(\s+)(?=\S)/i;
/** Marks that everybody takes for the beginning of an item. Behind another one, in an indented line, an item might go on. */
const COMMON_MARK = /^(?:\d+(?:\.\d+)*[.)]|[a-z]\)|[^\p{L}\p{N}])$/iu;
const QUOTED = /^\s*>\s?/;
const METADATA =
  /^\W*(?:version|owner|effective(?: date)?|last (?:reviewed|updated|changed)|reviewed|review date|author|approved by|document(?: (?:id|no\.?|number))?|department|date|gültig ab|stand|versión|fecha|vigencia|responsable del documento)\W*\s*:/i;
const LONGEST_QUOTE = 3900;

/**
 * The procedure in its pieces: items of lists whole, rows of tables, sentences of paragraphs. A line that leads to a list
 * with a colon is no piece of its own, unless it is an item itself.
 */
export function readProcedure(sop: string): Procedure {
  const reader = new Reader(sop);
  for (const line of linesOf(sop)) reader.read(line);
  return reader.finished();
}

class Reader {
  private readonly sop: string;
  private readonly pieces: Piece[] = [];
  private title = '';
  private heading = '';
  private open: Open | undefined;
  /** Items that lead to others, the outermost first; a paragraph that does has no mark. */
  private leads: { readonly text: string; readonly item?: Marked }[] = [];
  private isAfterBlank = true;
  /** The last item, when it looks like a heading, and what stood over it. */
  private named: { readonly piece: Piece; readonly item: Marked; readonly above: string } | undefined;

  constructor(sop: string) {
    this.sop = sop;
  }

  read({ start, text }: Line): void {
    if (text.trim() === '' || RULE.test(text) || FENCE.test(text)) {
      // A paragraph underlined with signs is a heading.
      if (/^\s*(?:=+|-{3,})\s*$/.test(text) && this.open && !this.open.item) this.underlined();
      this.close();
      this.isAfterBlank = true;
      return;
    }
    const heading = HEADING.exec(text) ?? BOLD_LINE.exec(text);
    const item = ITEM.exec(text);
    if (heading) this.head(heading[1] ?? '');
    else if (/^\s*\|/.test(text)) this.row(start, text);
    else if (item) this.begin(start, text, item);
    else this.goOn(start, text);
    this.isAfterBlank = false;
  }

  finished(): Procedure {
    this.close();
    return { title: this.title || 'Procedure', pieces: this.pieces };
  }

  private head(text: string): void {
    this.close();
    const words = collapsed(text.replace(/[*_`]/g, '').replace(/^\d+(?:\.\d+)*[.)]?\s+/, ''));
    if (this.title === '') this.title = words;
    this.heading = words.replace(/:$/, '');
    this.leads = [];
    this.named = undefined;
  }

  private underlined(): void {
    const { start, end } = this.open!;
    this.open = undefined;
    this.head(this.sop.slice(start, end));
  }

  private row(start: number, text: string): void {
    this.close();
    const cells = text.split('|').map((cell) => cell.trim());
    const isRuler = cells.every((cell) => /^:?-*:?$/.test(cell));
    if (isRuler) {
      // The row above a ruler names the columns.
      if (this.pieces.at(-1)?.quote.startsWith('|')) this.pieces.pop();
      return;
    }
    this.add(start + text.search(/\S/), start + text.trimEnd().length, '');
  }

  private begin(start: number, text: string, [all, before = '', mark = '']: RegExpExecArray): void {
    this.close();
    const indent = before.replace(/\t/g, '    ').length;
    const levels = mark.split('.').filter((part) => /\d/.test(part)).length;
    const marked = {
      indent,
      class: mark.replace(/\d+/g, '1').replace(/[a-z]+/gi, 'a') + levels,
      levels,
      textAt: start + (indent > 0 && !COMMON_MARK.test(mark) ? before.length : all.length),
    };
    this.under(marked);
    const isInside = (lead: Marked) => marked.indent > lead.indent || marked.class !== lead.class;
    const leaves = this.leads.findIndex(({ item }) => item && (!isInside(item) || marked.indent < item.indent));
    if (leaves >= 0) this.leads = this.leads.slice(0, leaves);
    this.open = { start: marked.textAt, end: start + text.trimEnd().length, item: marked };
  }

  /** What follows an item that looks like a heading stands under it, when it is deeper, or no item at all. */
  private under(next: Marked | undefined): void {
    if (!this.named) return;
    const { piece, item, above } = this.named;
    const isDeeper = !next || next.indent > item.indent || next.levels > item.levels;
    if (isDeeper && !piece.isHeading) {
      piece.isHeading = true;
      this.heading = piece.quote;
    }
    if (isDeeper) return;
    this.heading = above;
    this.named = undefined;
  }

  private goOn(start: number, text: string): void {
    const from = start + (QUOTED.exec(text)?.[0].length ?? text.search(/\S/));
    const end = start + text.trimEnd().length;
    if (this.open) {
      this.open.end = end;
      return;
    }
    this.under(undefined);
    // Text that is not indented ends the list before it.
    if (this.isAfterBlank && !/^\s/.test(text)) this.leads = [];
    this.open = { start: from, end };
  }

  private close(): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    const text = this.sop.slice(open.start, open.end);
    if (open.item) {
      this.add(open.start, open.end, this.leads.at(-1)?.text ?? '');
      const piece = this.pieces.at(-1);
      if (piece && isHeadingLike(text) && !this.named) this.named = { piece, item: open.item, above: this.heading };
      if (/[:：]\W*$/.test(text)) this.leads.push({ text: leadOf(text), item: open.item });
      return;
    }
    if (isHeadingLike(text) && (this.title === '' || !text.includes('\n'))) {
      this.head(text);
      return;
    }
    for (const { start, end } of sentencesOf(text)) {
      const sentence = text.slice(start, end);
      if (METADATA.test(sentence)) continue;
      if (/[:：]\W*$/.test(sentence) && end === text.length) this.leads = [{ text: leadOf(sentence) }];
      else this.add(open.start + start, open.start + end, '');
    }
  }

  private add(start: number, end: number, leadIn: string): void {
    let at = start;
    while (at < end) {
      const whole = this.sop.slice(at, end);
      const cut = whole.length <= LONGEST_QUOTE ? whole : whole.slice(0, LONGEST_QUOTE).replace(/\s+\S*$/, '');
      const quote = cut.trimEnd();
      if (/[\p{L}\p{N}]/u.test(quote)) {
        this.pieces.push({ start: at, end: at + quote.length, quote, heading: this.heading, leadIn });
      }
      at += Math.max(1, cut.length);
      at += this.sop.slice(at, end).search(/\S|$/);
    }
  }
}

const leadOf = (text: string) => collapsed(text).replace(/\W*[:：]\W*$/, '');

/** A short line without the end of a sentence. */
function isHeadingLike(text: string): boolean {
  const words = text.trim().split(/\s+/);
  return words.length <= 8 && /^\W*[\p{Lu}\d]/u.test(text) && !/[.!?:;,…]\W*$/.test(text) && !text.includes('\n');
}

function* linesOf(text: string): Generator<Line> {
  for (const { 0: line, index } of text.matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)) {
    if (line !== '') yield { start: index, text: line.replace(/[\r\n]+$/, '') };
  }
}

const ABBREVIATION =
  /(?:^|[\s(])(?:[\p{L}]|e\.g|i\.e|etc|mr|mrs|ms|dr|no|nos|st|approx|min|max|vs|ext|tel|incl|z\.\s?b|d\.\s?h|u\.\s?a|bzw|ca|nr|ggf|evtl|usw|str|sr|sra|dra|núm|p\.\s?ej|ej|ud|uds|pág)\.$/iu;

/** Where the sentences of a paragraph begin and end. */
export function sentencesOf(text: string): { start: number; end: number }[] {
  const sentences: { start: number; end: number }[] = [];
  let start = text.search(/\S/);
  if (start < 0) return [];
  for (const { 0: stop, index } of text.matchAll(/[.!?…]+["'”’»)*_]*(?=\s+["'“‘«„¿¡(*_]*[\p{Lu}\p{N}])/gu)) {
    const end = index + stop.length;
    if (stop.startsWith('.') && ABBREVIATION.test(text.slice(start, index + 1))) continue;
    sentences.push({ start, end });
    start = end + text.slice(end).search(/\S/);
  }
  sentences.push({ start, end: text.trimEnd().length });
  return sentences;
}
