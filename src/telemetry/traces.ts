import type { CallListener } from '../call/events.js';
import type { ToolRunner } from '../call/ports.js';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { CallSpans } from './call-spans.js';
import type { Collector } from './span.js';
import { tracedTools } from './traced-tools.js';

/** What is still waiting to be sent when the process ends is given up after this, in ms. */
export const FLUSH_LIMIT_MS = 2000;

export interface TracesOptions {
  /** Who takes spans; undefined: nobody, nothing is followed, and nothing of OpenTelemetry is loaded. */
  readonly collector: Collector | undefined;
  /** Tells instances of the bridge apart. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Calls as traces. */
export interface Traces {
  readonly listeners: readonly CallListener[];
  /** The same tools, which hand the trace of the call on to whom they ask. */
  tools(runner: ToolRunner): ToolRunner;
  /** Sends what is left. Takes two seconds at most, and never rejects. */
  close(): Promise<void>;
}

/** Follows calls when there is a collector to send spans to. */
export async function openTraces({ collector, instance, clock, log }: TracesOptions): Promise<Traces> {
  if (!collector) {
    return { listeners: [], tools: (runner) => runner, close: async () => undefined };
  }
  const { otlpSpans } = await import('./otlp.js');
  const spans = otlpSpans({ collector, instance, log });
  const calls = new CallSpans(spans);
  return {
    listeners: [calls.listener],
    tools: (runner) => tracedTools(runner, calls),
    close: () =>
      new Promise((resolve) => {
        const cancel = clock.after(FLUSH_LIMIT_MS, () => {
          log.warn('traces not sent in time are given up');
          resolve();
        });
        void spans
          .close()
          .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'traces were not all sent'))
          .then(() => {
            cancel();
            resolve();
          });
      }),
  };
}
