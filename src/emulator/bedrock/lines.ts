import type { ModelScript, ScriptTurn } from './script.js';

/** Which line of the script is next. Past its end, or without one, answers that the clips can always say. */
export class Lines {
  readonly #hears: readonly ScriptTurn[];
  readonly #texts: readonly ScriptTurn[];
  readonly #used = new Set<ScriptTurn>();
  #nextHear = 0;

  constructor(script: ModelScript | undefined) {
    this.#hears = script?.turns.filter((turn) => turn.hear !== undefined) ?? [];
    this.#texts = script?.turns.filter((turn) => turn.text !== undefined) ?? [];
  }

  /** The line for the next utterance, with the transcript that the model gives of it. */
  forUtterance(durationMs: number): { turn: ScriptTurn; transcript: string } {
    const turn = this.#hears[this.#nextHear];
    if (turn?.hear !== undefined) {
      this.#nextHear++;
      return { turn, transcript: turn.hear };
    }
    const seconds = Math.max(1, Math.round(durationMs / 1000));
    const unit = seconds === 1 ? 'second' : 'seconds';
    return {
      turn: { say: `Thank you ${numberWords(seconds)} ${unit}.` },
      transcript: `(speech of ${seconds} ${unit})`,
    };
  }

  /** The line for a live text: the first unused one whose words are in it, else the last used one. */
  forText(text: string): ScriptTurn {
    const fitting = this.#texts.filter((turn) => text.toLowerCase().includes((turn.text ?? '').toLowerCase()));
    const turn = fitting.find((candidate) => !this.#used.has(candidate)) ?? fitting.at(-1);
    if (turn) {
      this.#used.add(turn);
      return turn;
    }
    return /greet/i.test(text) ? { say: 'Hello.' } : { say: 'One moment please.' };
  }
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
