import type { Clock } from '../clock.js';
import type { PhoneEvent } from '../emulator/phone/contract.js';
import type { AgentStretch, Span } from './replayed-call.js';
import { isWaitingTone } from './waiting-tone.js';

/** A pause of the agent's voice up to this long, in ms, belongs to its turn: late audio, not a new turn. */
export const TURN_PAUSE_MS = 300;

export interface AgentFloorOptions {
  clock: Clock;
  /** A turn (counted from 1) begins or has ended at this time of the call, in ms. Ends are told `TURN_PAUSE_MS` late. */
  started: (turn: number, atMs: number) => void;
  ended: (turn: number, atMs: number, cut: boolean) => void;
}

/**
 * The agent's turns as the caller's ear has them: by what the phone played, not by the bridge's word. The sound of waiting
 * for a tool is nobody's turn.
 */
export class AgentFloor {
  readonly stretches: AgentStretch[] = [];
  readonly waits: Span[] = [];
  readonly #options: AgentFloorOptions;
  #isPlaying = false;
  #isOpen = false;
  #isWaiting = false;
  /** What came last, which is what begins to play when nothing did. */
  #newest: Uint8Array = new Uint8Array();
  #cancelEnd = (): void => undefined;

  constructor(options: AgentFloorOptions) {
    this.#options = options;
  }

  hear(event: PhoneEvent): void {
    if (event.kind === 'media') this.#newest = event.payload;
    else if (event.kind === 'playing-started') this.#begin(event.atMs);
    else if (event.kind === 'playing-ended') this.#pause(event.atMs, event.cleared);
    else if (event.kind === 'ended') this.#close();
  }

  #begin(atMs: number): void {
    if (isWaitingTone(this.#newest)) {
      this.#isWaiting = true;
      this.waits.push({ startMs: atMs, endMs: atMs });
      return;
    }
    this.#cancelEnd();
    this.#isPlaying = true;
    const last = this.stretches.at(-1);
    if (this.#isOpen && last && atMs - last.endMs <= TURN_PAUSE_MS) return;
    this.#close();
    this.#isOpen = true;
    this.stretches.push({ startMs: atMs, endMs: atMs, cut: false });
    this.#options.started(this.stretches.length, atMs);
  }

  #pause(atMs: number, cut: boolean): void {
    const wait = this.waits.at(-1);
    if (this.#isWaiting && wait) {
      this.#isWaiting = false;
      wait.endMs = atMs;
      return;
    }
    const last = this.stretches.at(-1);
    if (!last || !this.#isPlaying) return;
    this.#isPlaying = false;
    last.endMs = atMs;
    last.cut = cut;
    this.#cancelEnd = this.#options.clock.after(cut ? 0 : TURN_PAUSE_MS, () => this.#close());
  }

  #close(): void {
    this.#cancelEnd();
    const last = this.stretches.at(-1);
    if (!this.#isOpen || !last) return;
    this.#isOpen = false;
    this.#options.ended(this.stretches.length, last.endMs, last.cut);
  }
}
