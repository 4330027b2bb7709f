import { MULAW_SILENCE, mulawOf } from './mulaw.ts';
import { Resampler } from './resampler.ts';

/** 20 ms of mu-law at 8 kHz: what a telephone line carries at once. */
export const FRAME_BYTES = 160;

/** The caller's way to the line: sound of any rate becomes frames of mu-law, each in memory of its own. */
export class Uplink {
  /** While it is set, silence goes to the line. */
  isMuted = false;
  readonly #down: Resampler;
  readonly #send: (frame: Uint8Array<ArrayBuffer>) => void;
  #frame = new Uint8Array(FRAME_BYTES);
  #filled = 0;

  constructor(rateHz: number, send: (frame: Uint8Array<ArrayBuffer>) => void) {
    this.#down = new Resampler(rateHz, 8000);
    this.#send = send;
  }

  hear(samples: Float32Array): void {
    this.#down.push(samples, this.#take);
  }

  readonly #take = (sample: number): void => {
    this.#frame[this.#filled++] = this.isMuted ? MULAW_SILENCE : mulawOf(sample);
    if (this.#filled < FRAME_BYTES) return;
    this.#send(this.#frame);
    this.#frame = new Uint8Array(FRAME_BYTES);
    this.#filled = 0;
  };
}
