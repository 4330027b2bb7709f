import { JsonValue } from '../json-value.js';

type Fields = Readonly<Record<string, unknown>>;

/** Characters of an item that are parsed at one go, which takes half a millisecond; of more only what is worth reading is kept. */
const LARGE_ITEM = 65_536;
/** More than any service gives that is asked for a hundred items at most. */
const MAX_ITEMS = 1000;
/** Characters beside the items. */
const MAX_BESIDE = 16_384;

/** What may begin or end something. */
const MARKS = /["{}[\]]/g;
const MARKS_IN_TEXT = /["\\]/g;

/** Levels of nesting below which the items are: an object, and in it their list. */
const LIST_DEPTH = 2;

/**
 * Takes the text of a JSON object piece by piece, cut anywhere, and puts what `shorten` makes of them in the place of the
 * objects in its lists. They are parsed one by one; nothing is parsed of what stands beside them.
 */
export class ItemLists {
  readonly #shorten: (item: Fields) => Fields;
  #kept = '';
  #besideLength = 0;
  #itemCount = 0;
  #item: JsonValue | undefined;
  #depth = 0;
  #isInList = false;
  #isInText = false;
  #isEscaped = false;
  #isBroken = false;

  constructor(shorten: (item: Fields) => Fields) {
    this.#shorten = shorten;
  }

  push(piece: string): void {
    let from = 0;
    let at = 0;
    while (at < piece.length && !this.#isBroken) {
      if (this.#isEscaped) {
        this.#isEscaped = false;
        at++;
        continue;
      }
      const marks = this.#isInText ? MARKS_IN_TEXT : MARKS;
      marks.lastIndex = at;
      const mark = marks.exec(piece);
      if (!mark) break;
      at = mark.index + 1;
      const isItem = this.#item !== undefined;
      this.#pass(mark[0]);
      if (!isItem && this.#item) {
        this.#beside(piece.slice(from, mark.index));
        from = mark.index;
      } else if (isItem && this.#depth === LIST_DEPTH) {
        this.#item?.push(piece.slice(from, at));
        this.#endItem();
        from = at;
      }
    }
    const rest = piece.slice(from);
    if (this.#item) this.#item.push(rest);
    else this.#beside(rest);
  }

  /** The JSON with its items shortened; undefined when it broke off, has broken items, or is nothing of the kind. */
  end(): string | undefined {
    const isWhole = this.#depth === 0 && !this.#isInText && !this.#isBroken;
    return isWhole ? this.#kept : undefined;
  }

  #pass(mark: string): void {
    if (mark === '"') this.#isInText = !this.#isInText;
    else if (mark === '\\') this.#isEscaped = true;
    else if (mark === '{' || mark === '[') {
      if (this.#depth === LIST_DEPTH && this.#isInList && mark === '{') this.#item ??= new JsonValue(LARGE_ITEM);
      this.#depth++;
      if (this.#depth === LIST_DEPTH) this.#isInList = mark === '[';
    } else this.#depth--;
  }

  #beside(text: string): void {
    this.#kept += text;
    this.#besideLength += text.length;
    if (this.#besideLength > MAX_BESIDE) this.#isBroken = true;
  }

  #endItem(): void {
    const text = this.#item?.end();
    this.#item = undefined;
    this.#itemCount++;
    try {
      if (text === undefined || this.#itemCount > MAX_ITEMS) this.#isBroken = true;
      else this.#kept += JSON.stringify(this.#shorten(JSON.parse(text) as Fields));
    } catch {
      this.#isBroken = true;
    }
  }
}
