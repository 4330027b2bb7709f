import type { ModelStreamHandlers, StreamOutcome } from '../../src/sonic/stream.js';
import { Inbox } from './h2-server.js';

/** Handlers that keep what they were told, and whether they were told anything after the end. */
export class Recorder implements ModelStreamHandlers {
  readonly events = new Inbox<unknown>();
  readonly whenOpened: Promise<void>;
  readonly whenClosed: Promise<StreamOutcome>;
  droppedMs = 0;
  openedCount = 0;
  closedCount = 0;
  callsAfterClosed = 0;
  credentialsExpireAtMs: number | undefined;
  #noteOpened: () => void = () => undefined;
  #noteClosed: (outcome: StreamOutcome) => void = () => undefined;

  constructor() {
    this.whenOpened = new Promise((resolve) => {
      this.#noteOpened = resolve;
    });
    this.whenClosed = new Promise((resolve) => {
      this.#noteClosed = resolve;
    });
  }

  opened(info: { credentialsExpireAtMs?: number }): void {
    this.#note();
    this.credentialsExpireAtMs = info.credentialsExpireAtMs;
    this.openedCount++;
    this.#noteOpened();
  }

  event(json: Buffer): void {
    this.#note();
    this.events.push(JSON.parse(json.toString()));
  }

  dropped(durationMs: number): void {
    this.#note();
    this.droppedMs += durationMs;
  }

  closed(outcome: StreamOutcome): void {
    this.#note();
    this.closedCount++;
    this.#noteClosed(outcome);
  }

  #note(): void {
    if (this.closedCount > 0) this.callsAfterClosed++;
  }
}
