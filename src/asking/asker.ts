import { arrived, carried } from './carried-error.js';
import type { Order, Outcome, Told } from './messages.js';
import type { Answer, Given, Live, MethodName } from './methods.js';

interface Ask {
  readonly live: Partial<Live>;
  readonly settle: (outcome: Outcome<unknown>) => void;
  /** What was said so far; undefined until something was. */
  said?: { text: string | undefined };
}

/** Asks over a channel, and keeps what is live of each ask. */
export class Asker {
  readonly #post: (order: Order) => void;
  readonly #asks = new Map<number, Ask>();
  #lastNumber = 0;

  /** `post` throws when nobody is there, or what is given is no data: the ask is rejected with that. */
  constructor(post: (order: Order) => void) {
    this.#post = post;
  }

  /** How many are not answered yet. */
  get openCount(): number {
    return this.#asks.size;
  }

  async ask<Name extends MethodName>(
    method: Name,
    given: Given<Name>,
    live: Partial<Live> = {},
  ): Promise<Answer<Name>> {
    const number = ++this.#lastNumber;
    const { signal, streams } = live;
    const isAborted = signal?.aborted ?? false;
    this.#post({ kind: 'ask', number, method, given, isHeard: streams !== undefined, isAborted });
    const answered = new Promise<Outcome<unknown>>((settle) => this.#asks.set(number, { live, settle }));
    const abort = () => {
      if (this.#asks.has(number)) this.#post({ kind: 'abort', number });
    };
    signal?.addEventListener('abort', abort, { once: true });
    const outcome = await answered;
    signal?.removeEventListener('abort', abort);
    if ('error' in outcome) throw arrived(outcome.error);
    return outcome.value as Answer<Name>;
  }

  /** Takes what is told of an ask; of one that is over nobody wants to know any more. */
  take(told: Extract<Told, { number: number }>): void {
    const { number } = told;
    const ask = this.#asks.get(number);
    if (!ask) return;
    switch (told.kind) {
      case 'answer':
        this.#settle(number, ask, told.outcome);
        return;
      case 'soFar':
        heard(ask, told.text);
        return;
      case 'wanted':
        void this.#do(number, ask, told.actions);
        return;
    }
  }

  /** Whoever was asked is gone: nothing that is open will be answered. */
  lost(error: Error): void {
    for (const [number, ask] of [...this.#asks]) this.#settle(number, ask, { error: carried(error) });
  }

  #settle(number: number, ask: Ask, outcome: Outcome<unknown>): void {
    this.#asks.delete(number);
    ask.settle(outcome);
  }

  async #do(number: number, { live }: Ask, actions: Parameters<Live['doWanted']>[0]): Promise<void> {
    const outcome = await outcomeOf(async () => live.doWanted?.(actions));
    if (this.#asks.has(number)) postOutcome(outcome, (posted) => this.#post({ kind: 'done', number, outcome: posted }));
  }
}

function heard(ask: Ask, text: string | undefined): void {
  if (ask.said) {
    ask.said.text = text;
    return;
  }
  const said = { text };
  ask.said = said;
  ask.live.streams?.(() => said.text);
}

/** What is no data cannot be posted, and that is what came of it then. */
export function postOutcome<Value>(outcome: Outcome<Value>, post: (outcome: Outcome<Value>) => void): void {
  try {
    post(outcome);
  } catch (error) {
    post({ error: carried(error) });
  }
}

export async function outcomeOf<Value>(work: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: carried(error) };
  }
}
