import type { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { Order, Told } from './messages.js';

/** A thread that lived for so long did not die of how it was started. */
const STEADY_MS = 60_000;
/** Before each new start in a row, in ms: the first is at once. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** Nothing is known of the service that was asked: it may have done what it was asked for. */
export function interrupted(): BridgeError {
  const details = { reason: 'interrupted', retryable: true };
  return new BridgeError('TOOL_FAILED', 'the question was interrupted before there was an answer', details);
}

export interface LastingThreadOptions {
  readonly start: () => Worker;
  /** It has been started, again perhaps: what it must know is told first. */
  readonly began: () => void;
  readonly told: (told: Told) => void;
  /** What was asked of it will not be answered. */
  readonly lost: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A thread that is started again when it dies, a moment later each time. */
export class LastingThread {
  readonly #options: LastingThreadOptions;
  #worker: Worker | undefined;
  #deathCount = 0;
  #cancelStart = (): void => undefined;
  #isClosed = false;

  constructor(options: LastingThreadOptions) {
    this.#options = options;
  }

  start(): void {
    const { start, began, told, lost, clock, log } = this.#options;
    const startMs = clock.now();
    const worker = start();
    let reason = '';
    this.#worker = worker;
    worker.on('message', told);
    worker.on('error', (error) => {
      reason = messageOf(error);
    });
    worker.once('exit', (exitCode) => {
      this.#worker = undefined;
      lost();
      if (this.#isClosed) return;
      this.#deathCount = clock.now() - startMs >= STEADY_MS ? 1 : this.#deathCount + 1;
      const pauseMs = pauseAfter(this.#deathCount);
      log.error({ code: 'INTERNAL', exitCode, reason, pauseMs }, 'thread that asks services has ended');
      if (pauseMs === 0) this.start();
      else this.#cancelStart = clock.after(pauseMs, () => this.start());
    });
    began();
  }

  /** Throws TOOL_FAILED while there is no thread, and what cannot be carried. */
  post(order: Order): void {
    if (!this.#worker) throw interrupted();
    this.#worker.postMessage(order);
  }

  /** Ends it, whatever it is doing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelStart();
    await this.#worker?.terminate();
  }
}

export function pauseAfter(deathCount: number): number {
  return deathCount <= 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (deathCount - 2), LONGEST_PAUSE_MS);
}
