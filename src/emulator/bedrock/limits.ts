import type { Clock } from '../../clock.js';

export interface Limits {
  /** Longest gap between audio or live text, in ms. Source: error text of the service (55 s; 295 s was seen too). */
  idleMs: number;
  /** Until the first audio or live text, in ms (about 60 s in the field). */
  firstInputMs: number;
  /** Longest life of a stream, in ms. Source: Bedrock API reference (8 minutes). */
  sessionMs: number;
}

export const DEFAULT_LIMITS: Limits = { idleMs: 55_000, firstInputMs: 60_000, sessionMs: 480_000 };

export interface Expiry {
  endedBy: 'idle' | 'sessionLimit' | 'credentials';
  /** A typed error of the stream, or a code that has no type in it. */
  type: 'validationException' | 'modelTimeoutException' | typeof EXPIRED_TOKEN;
  message: string;
}

/** Source: AWS, common errors. What becomes of streams that are open by then is not documented; the stand-in ends them. */
export const EXPIRED_TOKEN = 'ExpiredTokenException';
export const EXPIRED_TOKEN_MESSAGE = 'The security token included in the request is expired';

/** The clocks that end a session. One timer each: input only notes its time. */
export class LimitTimers {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #onExpired: (expiry: Expiry) => void;
  readonly #openedMs: number;
  #lastInputMs: number | undefined;
  #cancelIdle: () => void;
  readonly #cancelSession: () => void;
  readonly #cancelCredentials: () => void;

  /** The credentials expire at that time of the clock; undefined: never. */
  constructor(
    clock: Clock,
    limits: Limits,
    credentialsExpireAtMs: number | undefined,
    onExpired: (expiry: Expiry) => void,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#onExpired = onExpired;
    this.#openedMs = clock.now();
    this.#cancelIdle = clock.after(limits.firstInputMs, () => this.#checkIdle());
    this.#cancelSession = clock.after(limits.sessionMs, () =>
      onExpired({
        endedBy: 'sessionLimit',
        type: 'modelTimeoutException',
        message: 'Model has timed out in processing the request. Try your request again.',
      }),
    );
    this.#cancelCredentials =
      credentialsExpireAtMs === undefined
        ? () => undefined
        : clock.after(credentialsExpireAtMs - clock.now(), () =>
            onExpired({ endedBy: 'credentials', type: EXPIRED_TOKEN, message: EXPIRED_TOKEN_MESSAGE }),
          );
  }

  /** Audio or live text came. */
  noteInput(): void {
    const isFirst = this.#lastInputMs === undefined;
    this.#lastInputMs = this.#clock.now();
    if (isFirst) this.#rearm();
  }

  stop(): void {
    this.#cancelIdle();
    this.#cancelSession();
    this.#cancelCredentials();
  }

  #rearm(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.#clock.after(this.#dueMs - this.#clock.now(), () => this.#checkIdle());
  }

  get #dueMs(): number {
    return this.#lastInputMs === undefined
      ? this.#openedMs + this.#limits.firstInputMs
      : this.#lastInputMs + this.#limits.idleMs;
  }

  #checkIdle(): void {
    if (this.#clock.now() < this.#dueMs) {
      this.#rearm();
      return;
    }
    const seconds = Math.round(this.#limits.idleMs / 1000);
    this.#onExpired({
      endedBy: 'idle',
      type: 'validationException',
      message:
        this.#lastInputMs === undefined
          ? 'Timed out waiting for input events'
          : `Timed out waiting for audio bytes or interactive content. Please ensure gaps between audio bytes and interactive content are less than ${seconds} seconds`,
    });
  }
}
