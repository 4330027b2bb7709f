/**
 * How long a letter is spoken, in ms, by a voice of which nothing is known yet, and by how many letters of its own it
 * outweighs that: one short sentence says little of the next one. Measured on human words: the average voice of them, credited
 * too early at about one of a thousand moments.
 */
const UNKNOWN_LETTER_MS = 115;
const UNKNOWN_LETTERS = 200;
/** By how much a sentence may be slower than the voice is otherwise. */
const SLOWER = 1.05;
/** No voice speaks a sentence so much faster than it spoke before: then its audio is not that of the whole sentence. */
const NEVER_FASTER = 0.4;

/** What is known of the speed of a voice by the sentences that it has spoken. */
export class LetterRate {
  #letters = UNKNOWN_LETTERS;
  #ms = UNKNOWN_LETTERS * UNKNOWN_LETTER_MS;

  /** A sentence of so many letters was spoken in so many ms. */
  add(letters: number, ms: number): void {
    if (letters === 0) return;
    this.#letters += letters;
    this.#ms += ms;
  }

  /** It was not, after all. */
  remove(letters: number, ms: number): void {
    this.add(-letters, -ms);
  }

  /** How long a letter of the next sentence may take. */
  get letterMs(): number {
    return (this.#ms / this.#letters) * SLOWER;
  }

  /** Whether so many letters cannot have been spoken in so many ms. */
  isTooFast(letters: number, ms: number): boolean {
    return ms < letters * (this.#ms / this.#letters) * NEVER_FASTER;
  }
}
