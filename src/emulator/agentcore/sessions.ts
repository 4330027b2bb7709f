import type { Clock } from '../../clock.js';
import { wait } from '../aws/wait.js';
import type { RuntimeScript } from './script.js';

/** A session as tests see it. */
export interface RuntimeSession {
  readonly arn: string;
  readonly id: string;
  /** Requests that reached it. */
  readonly count: number;
  readonly startedAtMs: number;
  /** Undefined while it runs; an end by time is noticed by the next request for it. */
  readonly endedBy: 'stopped' | 'idle' | 'lifetime' | undefined;
}

const DEFAULT_IDLE_MS = 900_000;
const DEFAULT_LIFETIME_MS = 28_800_000;

/** One machine for one session of one runtime. */
export class LiveRuntimeSession implements RuntimeSession {
  readonly arn: string;
  readonly id: string;
  readonly startedAtMs: number;
  readonly #clock: Clock;
  readonly #script: RuntimeScript;
  readonly #stopping = new AbortController();
  #usedAtMs: number;
  count = 0;
  endedBy: RuntimeSession['endedBy'];

  constructor(script: RuntimeScript, id: string, clock: Clock) {
    this.arn = script.arn;
    this.id = id;
    this.#script = script;
    this.#clock = clock;
    this.startedAtMs = clock.now();
    this.#usedAtMs = this.startedAtMs;
  }

  /** Aborted when the machine is gone. */
  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Whether it still runs; one whose time is over ends by this. */
  isRunning(): boolean {
    const nowMs = this.#clock.now();
    const { idleMs = DEFAULT_IDLE_MS, lifetimeMs = DEFAULT_LIFETIME_MS } = this.#script;
    if (this.endedBy === undefined && nowMs - this.startedAtMs >= lifetimeMs) this.end('lifetime');
    if (this.endedBy === undefined && nowMs - this.#usedAtMs >= idleMs) this.end('idle');
    return this.endedBy === undefined;
  }

  /** Counts a request and waits until the machine is up. */
  async use(signal: AbortSignal): Promise<void> {
    this.count++;
    this.touch();
    const coldMs = this.startedAtMs + (this.#script.coldStartMs ?? 0) - this.#clock.now();
    if (coldMs > 0) await wait(this.#clock, coldMs, signal);
    this.touch();
  }

  touch(): void {
    this.#usedAtMs = this.#clock.now();
  }

  end(by: NonNullable<RuntimeSession['endedBy']>): void {
    this.endedBy = by;
    this.#stopping.abort(new Error(`the session ended: ${by}`));
  }
}

/** All sessions since the start, oldest first. */
export class RuntimeSessions {
  readonly all: LiveRuntimeSession[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The running session of this id, if there is one. */
  find(arn: string, id: string): LiveRuntimeSession | undefined {
    return this.all.find((session) => session.arn === arn && session.id === id && session.isRunning());
  }

  /** The running session of this id, or a new one. */
  open(script: RuntimeScript, id: string): LiveRuntimeSession {
    const found = this.find(script.arn, id);
    if (found) return found;
    const session = new LiveRuntimeSession(script, id, this.#clock);
    this.all.push(session);
    return session;
  }
}
