import type { CallRecord } from '../../call/record.js';

/** Which of the agent's words on record the caller has answered, and which are new. */
export class AgentWords {
  readonly #taken = new Map<number, number>();

  /** The agent's words that are new, of all turns; of one that was cut only what was heard. */
  fresh(record: CallRecord | undefined): string {
    return this.#pieces(record)
      .map(({ piece }) => piece.trim())
      .filter(Boolean)
      .join(' ');
  }

  /** What is on record now is new no more. */
  take(record: CallRecord | undefined): void {
    for (const { index, length } of this.#pieces(record)) this.#taken.set(index, length);
  }

  #pieces(record: CallRecord | undefined) {
    return (record?.turns ?? []).flatMap((turn, index) => {
      if (turn.role !== 'agent') return [];
      const text = turn.interrupted ? turn.heardText : turn.text;
      const taken = this.#taken.get(index) ?? 0;
      return [{ index, piece: text.slice(taken), length: Math.max(taken, text.length) }];
    });
  }
}
