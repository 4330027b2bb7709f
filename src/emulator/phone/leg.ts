import type { Clock } from '../../clock.js';
import type { CallFacts } from './callbacks.js';

/** As Twilio's call resource tells it. Source: Twilio, Call resource (status values). */
export type CallStatus =
  | 'queued'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'failed'
  | 'canceled';

export type StatusEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

/** Who wants to hear how a leg goes. */
export interface StatusSubscription {
  url: string;
  method: 'GET' | 'POST';
  events: readonly StatusEvent[];
}

/** One leg as the carrier has it on record: a call, or a person dialled by one. Times are clock times in ms. */
export interface LegRecord {
  readonly callSid: string;
  /** Of the call whose `<Dial>` made this leg. */
  readonly parentCallSid: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly direction: 'inbound' | 'outbound-api' | 'outbound-dial';
  readonly status: CallStatus;
  readonly createdMs: number;
  readonly answeredMs: number | undefined;
  readonly endedMs: number | undefined;
  /** From answer to end (or now), ms; 0 without an answer. */
  readonly durationMs: number;
  /** What answering-machine detection found. */
  readonly answeredBy: string | undefined;
}

const FINAL: readonly CallStatus[] = ['completed', 'busy', 'no-answer', 'failed', 'canceled'];

export function isFinal(status: CallStatus): boolean {
  return FINAL.includes(status);
}

/** Keeps one leg's status; a leg that is over stays as it is. */
export class Leg implements LegRecord {
  readonly facts: CallFacts;
  readonly createdMs: number;
  readonly parentCallSid: string | undefined;
  subscription: StatusSubscription | undefined;
  answeredBy: string | undefined;
  answeredMs: number | undefined;
  endedMs: number | undefined;
  readonly #clock: Clock;
  #status: CallStatus;
  #reportCount = 0;

  constructor(clock: Clock, facts: CallFacts, status: CallStatus, subscription?: StatusSubscription) {
    this.facts = facts;
    this.parentCallSid = facts.parentCallSid;
    this.subscription = subscription;
    this.createdMs = clock.now();
    this.#clock = clock;
    this.#status = status;
    if (status === 'in-progress') this.answeredMs = this.createdMs;
  }

  get callSid(): string {
    return this.facts.callSid;
  }

  get from(): string {
    return this.facts.from;
  }

  get to(): string {
    return this.facts.to;
  }

  get direction(): LegRecord['direction'] {
    return this.facts.direction;
  }

  get status(): CallStatus {
    return this.#status;
  }

  get isOver(): boolean {
    return isFinal(this.#status);
  }

  get durationMs(): number {
    return this.answeredMs === undefined ? 0 : (this.endedMs ?? this.#clock.now()) - this.answeredMs;
  }

  /** Goes over to a status. Without effect when the leg is over. */
  move(status: CallStatus): void {
    if (this.isOver) return;
    this.#status = status;
    if (status === 'in-progress') this.answeredMs ??= this.#clock.now();
    if (isFinal(status)) this.endedMs = this.#clock.now();
  }

  /** Counts this leg's status callbacks from 0. */
  nextSequenceNumber(): number {
    return this.#reportCount++;
  }
}
