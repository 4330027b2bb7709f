import type { ModelScript, ScriptTurn } from './script.js';

/** What was said before the session, as it was told. */
type Told = readonly { role: 'USER' | 'ASSISTANT'; text: string }[];

/**
 * Which line of the script is next. A session that is told what was said before goes on after it. Past the script's end, or
 * without one, answers that the clips can always say.
 */
export class Lines {
  readonly #hears: readonly ScriptTurn[];
  readonly #texts: readonly ScriptTurn[];
  readonly #used = new Set<ScriptTurn>();
  readonly #told: Told;
  #nextHear: number | undefined;

  /** `told` may grow until the first line is asked for. */
  constructor(script: ModelScript | undefined, told: Told = []) {
    this.#told = told;
    this.#hears = script?.turns.filter((turn) => turn.hear !== undefined) ?? [];
    this.#texts = script?.turns.filter((turn) => turn.text !== undefined) ?? [];
  }

  /** The line for the next utterance, with the transcript that the model gives of it. */
  forUtterance(durationMs: number): { turn: ScriptTurn; transcript: string } {
    const turn = this.#next;
    if (turn?.hear !== undefined) {
      this.#nextHear!++;
      return { turn, transcript: turn.hear };
    }
    const seconds = Math.max(1, Math.round(durationMs / 1000));
    const unit = seconds === 1 ? 'second' : 'seconds';
    return {
      turn: { say: `Thank you ${numberWords(seconds)} ${unit}.` },
      transcript: `(speech of ${seconds} ${unit})`,
    };
  }

  /** The line for a live text: the first unused one whose words are in it, else the last used one, else that of the next utterance. */
  forText(text: string): ScriptTurn {
    const fitting = this.#texts.filter((turn) => text.toLowerCase().includes((turn.text ?? '').toLowerCase()));
    const turn = fitting.find((candidate) => !this.#used.has(candidate)) ?? fitting.at(-1);
    if (turn) {
      this.#used.add(turn);
      return turn;
    }
    const spoken = this.#next;
    if (spoken && isSame(spoken.hear, text)) {
      this.#nextHear!++;
      return spoken;
    }
    return /greet/i.test(text) ? { say: 'Hello.' } : { say: 'One moment please.' };
  }

  /** The line of the next utterance: after those that were heard before the session. */
  get #next(): ScriptTurn | undefined {
    this.#nextHear ??= this.#heardBefore();
    return this.#hears[this.#nextHear];
  }

  #heardBefore(): number {
    let count = 0;
    for (const { role, text } of this.#told) {
      let rest: string | undefined = role === 'USER' ? text.toLowerCase() : undefined;
      while (rest !== undefined) {
        rest = after(this.#hears[count]?.hear, rest);
        if (rest !== undefined) count++;
      }
    }
    return count;
  }
}

/** What follows on the words in the text; undefined when they are not in it. */
function after(words: string | undefined, text: string): string | undefined {
  if (words === undefined) return undefined;
  const at = text.indexOf(words.toLowerCase());
  return at < 0 ? undefined : text.slice(at + words.length);
}

function isSame(words: string | undefined, text: string): boolean {
  return words !== undefined && text.trim().toLowerCase() === words.toLowerCase();
}

const ONES = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const TENS: Readonly<Record<number, string>> = { 2: 'twenty', 3: 'thirty', 4: 'forty', 5: 'fifty' };

/** A number in words that have clips; where one is wanting (13 to 19, 60 and more) digit by digit. */
function numberWords(value: number): string {
  const small = ONES[value];
  if (small !== undefined) return small;
  const tens = TENS[Math.floor(value / 10)];
  if (tens !== undefined) return value % 10 === 0 ? tens : `${tens} ${ONES[value % 10]}`;
  return [...String(value)].map((digit) => ONES[Number(digit)]).join(' ');
}
