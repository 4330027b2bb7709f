import type { Clock } from '../clock.js';
import type { CallInput, Tape } from './tape.js';
import { TickClock } from './tick-clock.js';

export interface IntakeOptions {
  clock: Clock;
  tape: Tape | undefined;
  /** A call that is over takes nothing in. */
  isOver: () => boolean;
  /** Something in the call broke on an input. */
  failed: (error: unknown) => void;
}

/**
 * The one way into a call: inputs are worked on one after the other, each at one time, and noted. One that comes while
 * another is worked on, because of what that sent, waits until it is done.
 */
export class Intake {
  /** The time of the input that is worked on; timers made by it come back as inputs. */
  readonly clock: TickClock;
  readonly #options: IntakeOptions;
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.clock = new TickClock(options.clock, (timer, action) => this.take({ kind: 'timerFired', timer }, action));
  }

  take<Input extends CallInput>(input: Input, action: (input: Input) => void): void {
    if (this.#isBusy) {
      const kept = copied(input);
      this.#waiting.push(() => this.#work(kept, action));
      return;
    }
    this.#isBusy = true;
    try {
      this.#work(input, action);
      while (this.#waiting.length > 0) this.#waiting.shift()!();
    } finally {
      this.#isBusy = false;
    }
  }

  #work<Input extends CallInput>(input: Input, action: (input: Input) => void): void {
    const { tape, isOver, failed } = this.#options;
    if (isOver()) return;
    const atMs = this.clock.begin();
    tape?.took(input, atMs);
    try {
      action(input);
    } catch (error) {
      failed(error);
    }
  }
}

/** The bytes of audio are valid only while it is handed over. */
function copied<Input extends CallInput>(input: Input): Input {
  if (input.kind === 'callerAudio') return { ...input, mulaw: input.mulaw.slice() };
  if (input.kind === 'modelAudio') return { ...input, s16le: input.s16le.slice() };
  return input;
}
