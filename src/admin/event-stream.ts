import { PassThrough, type Readable } from 'node:stream';
import type { CallFeed, StoredEvent } from '../call/call-store.js';
import type { Clock } from '../clock.js';
import { eventBytes, eventText } from './event-text.js';

const KEEP_ALIVE_MS = 15_000;
/** What a reader may lag behind, in bytes. Who is slower is cut off, and resumes where it was. */
const MAX_LAG_BYTES = 1024 * 1024;
const READ_AT_ONCE = 200;
/** Events kept while older ones are still being read; what comes beyond is read again. */
const MAX_HELD_EVENTS = 2000;

export interface EventStreamOptions {
  feed: CallFeed;
  clock: Clock;
  /** Of this call only. */
  callSid?: string | undefined;
  /** The last event that the reader has; undefined for a new reader. */
  afterId: number | undefined;
  /** How things stand, as it is written, with the newest event that is in it. */
  snapshot: () => Promise<{ id: number; bytes: Buffer }>;
  /** Hears of every event that the reader is told. */
  told?: (event: StoredEvent) => void;
  /** Whether nothing more is to come; asked after each event and from time to time. */
  isOver?: () => boolean;
  /** Whether the reader may still read; asked from time to time. */
  isAllowed: () => boolean;
  failed: (error: unknown) => void;
}

/**
 * Events for one reader: first how things stand, or what the reader has missed, then everything as it happens; in order,
 * nothing twice, nothing left out. Ends when it is over, when the reader is too slow, or when `close` is called.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #out = new PassThrough({ highWaterMark: MAX_LAG_BYTES / 8 });
  readonly #unsubscribe: () => void;
  #cancelKeepAlive: () => void = () => undefined;
  /** Newest event that the reader has. */
  #position = 0;
  /** Events that came while older ones were still being read; undefined once the reader is up to date. */
  #held: StoredEvent[] | undefined = [];
  #hasLost = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    // Before anything is read: what is not in the reading comes this way.
    this.#unsubscribe = options.feed.subscribe((events) => this.#heard(events));
    this.#out.on('error', () => undefined);
    this.#out.on('close', () => this.#release());
    this.#keepAlive();
    this.#write('retry: 1000\n\n');
    this.#begin().catch((error: unknown) => {
      if (!this.#out.destroyed) options.failed(error);
      this.#out.destroy();
    });
  }

  get readable(): Readable {
    return this.#out;
  }

  /** Says that it is over and ends; may be called twice. */
  close(): void {
    if (!this.#out.writableEnded) this.#out.end();
    this.#release();
  }

  async #begin(): Promise<void> {
    const { feed, afterId } = this.#options;
    if (afterId !== undefined && !(await feed.hasForgotten(afterId))) {
      this.#position = afterId;
    } else {
      if (afterId !== undefined) this.#write(eventText({ kind: 'reset', data: {} }));
      const { id, bytes } = await this.#options.snapshot();
      this.#position = id;
      this.#write(bytes);
    }
    await this.#catchUp();
    this.#endIfOver();
  }

  /** Reads on until nothing lies between what was read and what is heard; no faster than the reader takes it. */
  async #catchUp(): Promise<void> {
    const { feed, callSid } = this.#options;
    while (!this.#out.destroyed) {
      const events = await feed.since(this.#position, { callSid, limit: READ_AT_ONCE });
      if (!this.#tell(events)) await this.#drained();
      if (events.length === READ_AT_ONCE) continue;
      while (this.#held && this.#held.length > 0) {
        if (!this.#tell(this.#held.splice(0, READ_AT_ONCE))) await this.#drained();
      }
      if (!this.#hasLost) {
        this.#held = undefined;
        return;
      }
      this.#hasLost = false;
    }
  }

  #heard(all: readonly StoredEvent[]): void {
    const { callSid } = this.#options;
    const events = callSid === undefined ? all : all.filter(({ event }) => event.callSid === callSid);
    if (events.length === 0) return;
    if (!this.#held) {
      this.#tell(events);
      this.#endIfOver();
    } else if (!this.#hasLost && this.#held.length + events.length <= MAX_HELD_EVENTS) {
      this.#held.push(...events);
    } else {
      this.#hasLost = true;
    }
  }

  /** False when the reader has enough for now. */
  #tell(all: readonly StoredEvent[]): boolean {
    const [first] = all;
    // Whoever is up to date is told the same array as all others, which is written once for all of them.
    const events = first && first.id > this.#position ? all : all.filter(({ id }) => id > this.#position);
    const last = events.at(-1);
    if (!last) return true;
    this.#position = last.id;
    for (const event of events) this.#options.told?.(event);
    return this.#write(eventBytes(events));
  }

  #write(text: string | Buffer): boolean {
    if (this.#out.destroyed || this.#out.writableEnded) return true;
    // Asked before: one that is larger than that alone goes through, else no reader would ever get beyond it.
    if (this.#out.writableLength + this.#out.readableLength > MAX_LAG_BYTES) {
      this.#out.destroy();
      return true;
    }
    return this.#out.write(text);
  }

  async #drained(): Promise<void> {
    if (this.#out.destroyed || !this.#out.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        this.#out.off('drain', over).off('close', over);
        resolve();
      };
      this.#out.once('drain', over).once('close', over);
    });
  }

  #keepAlive(): void {
    this.#cancelKeepAlive = this.#options.clock.after(KEEP_ALIVE_MS, () => {
      if (!this.#options.isAllowed()) return this.close();
      this.#write(': keep-alive\n\n');
      this.#keepAlive();
      this.#endIfOver();
    });
  }

  #endIfOver(): void {
    if (this.#held || !this.#options.isOver?.()) return;
    this.#write(eventText({ kind: 'end', data: {} }));
    this.close();
  }

  #release(): void {
    this.#unsubscribe();
    this.#cancelKeepAlive();
  }
}
