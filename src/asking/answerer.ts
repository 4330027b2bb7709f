import type { Clock } from '../clock.js';
import { outcomeOf, postOutcome } from './asker.js';
import { arrived } from './carried-error.js';
import type { Order, Told } from './messages.js';
import type { Live, MethodName } from './methods.js';

/** What an agent is saying is told anew no more often than this, in ms: a time budget that runs out takes what there is. */
export const SO_FAR_EVERY_MS = 100;

interface Running {
  readonly abort: AbortController;
  done?: (outcome: Extract<Order, { kind: 'done' }>['outcome']) => void;
}

/** Answers what is asked over a channel; answers how to take an order. */
export function answerer(options: {
  methods: Readonly<Record<MethodName, (live: Live, ...given: never[]) => Promise<unknown>>>;
  post: (told: Told) => void;
  clock: Clock;
}): (order: Order) => void {
  const { methods, post, clock } = options;
  const runs = new Map<number, Running>();

  const answer = async ({ number, method, given, isHeard, isAborted }: Extract<Order, { kind: 'ask' }>) => {
    const run: Running = { abort: new AbortController() };
    runs.set(number, run);
    if (isAborted) run.abort.abort();
    let cancel = (): void => undefined;
    const live: Live = {
      signal: run.abort.signal,
      streams(soFar) {
        if (!isHeard) return;
        let last: string | undefined;
        const tell = () => {
          const text = soFar();
          if (text !== last) post({ kind: 'soFar', number, text });
          last = text;
          cancel = clock.after(SO_FAR_EVERY_MS, tell);
        };
        tell();
      },
      async doWanted(actions) {
        const outcome = await new Promise<Parameters<NonNullable<Running['done']>>[0]>((resolve) => {
          run.done = resolve;
          post({ kind: 'wanted', number, actions });
        });
        if ('error' in outcome) throw arrived(outcome.error);
        return outcome.value;
      },
    };
    // What is given was typed where it was asked.
    const outcome = await outcomeOf(async () => methods[method](live, ...(given as never[])));
    cancel();
    runs.delete(number);
    postOutcome(outcome, (posted) => post({ kind: 'answer', number, outcome: posted }));
  };

  return (order) => {
    switch (order.kind) {
      case 'ask':
        void answer(order);
        return;
      case 'abort':
        runs.get(order.number)?.abort.abort();
        return;
      case 'done':
        runs.get(order.number)?.done?.(order.outcome);
        return;
    }
  };
}
