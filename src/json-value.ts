import { JsonHead } from './json-head.js';

/** One JSON value as text that comes in pieces: as it is, or what is kept of one of more than `largeLength` characters. */
export class JsonValue {
  readonly #largeLength: number;
  #text = '';
  #head: JsonHead | undefined;

  constructor(largeLength: number) {
    this.#largeLength = largeLength;
  }

  push(piece: string): void {
    if (!this.#head && this.#text.length + piece.length <= this.#largeLength) {
      this.#text += piece;
      return;
    }
    if (!this.#head) {
      this.#head = new JsonHead();
      this.#head.push(this.#text);
    }
    this.#head.push(piece);
  }

  /** Undefined of a large one that is no JSON. */
  end(): string | undefined {
    return this.#head ? this.#head.end() : this.#text;
  }
}
