import type { VoiceProfile } from './ports.js';

type History = VoiceProfile['history'];

/** What the model is told in place of words that its service does not take. */
export const NOT_TAKEN =
  'What the caller said last could not be processed. Say in one short sentence that you could not take their last words, and ask them to say it in another way.';

/** `open`: what the caller was saying, of which no word was found yet; `last`: their last turn, or its answer; `all`: some of it. */
export type Offence = 'open' | 'last' | 'all';

/** What was said in a call that the content filter of the model's service does not take: no stream is given it again. */
export class Filtered {
  readonly #turns = new Set<string>();

  /** A stream was lost over this, as far as it can be known. */
  add(history: History, offence: Offence): void {
    for (const turn of history.slice(beginOf(history, offence))) this.#turns.add(keyOf(turn));
  }

  /** What of it can be given. */
  without(history: History): History {
    return this.#turns.size === 0 ? history : history.filter((turn) => !this.#turns.has(keyOf(turn)));
  }
}

function beginOf(history: History, offence: Offence): number {
  if (offence === 'open') return history.length;
  if (offence === 'all') return 0;
  let first = history.findLastIndex(({ role }) => role === 'caller');
  while (history[first - 1]?.role === 'caller') first--;
  return Math.max(0, first);
}

function keyOf({ role, text }: History[number]): string {
  return `${role} ${text}`;
}
