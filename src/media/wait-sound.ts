/** What is sent at once, in ms: little, so that it stops at once. */
const PIECE_MS = 100;
/** How far ahead of the caller's ear the sound is sent, in ms: a late event loop leaves no hole in it. */
const LEAD_MS = 200;
const BYTES_PER_MS = 8;

export interface WaitSoundOptions {
  play: (mulaw: Uint8Array) => void;
  /** Throws away what was sent and has not been played. */
  clear: () => void;
  now: () => number;
  after: (delayMs: number, action: () => void) => () => void;
}

/** A sound in a loop, sent to the carrier in small pieces as it is played, and taken back at once when it stops. */
export class WaitSound {
  readonly #options: WaitSoundOptions;
  #loop: Uint8Array | undefined;
  #position = 0;
  #startedMs = 0;
  #sentMs = 0;
  #cancelNext = (): void => undefined;

  constructor(options: WaitSoundOptions) {
    this.#options = options;
  }

  get isSounding(): boolean {
    return this.#loop !== undefined;
  }

  /** Plays the loop (mu-law at 8 kHz, not empty) from its beginning until it is stopped. */
  start(loop: Uint8Array): void {
    this.stop();
    this.#loop = loop;
    this.#position = 0;
    this.#startedMs = this.#options.now();
    this.#sentMs = 0;
    this.#send();
  }

  /** Silence, at once: what the carrier still holds of the sound is not played. */
  stop(): void {
    if (!this.#loop) return;
    this.#loop = undefined;
    this.#cancelNext();
    if (this.#options.now() - this.#startedMs < this.#sentMs) this.#options.clear();
  }

  #send(): void {
    const loop = this.#loop;
    if (!loop) return;
    const { now, play, after } = this.#options;
    while (this.#sentMs < now() - this.#startedMs + LEAD_MS) {
      play(this.#piece(loop));
      this.#sentMs += PIECE_MS;
    }
    this.#cancelNext = after(PIECE_MS, () => this.#send());
  }

  #piece(loop: Uint8Array): Uint8Array {
    const piece = new Uint8Array(PIECE_MS * BYTES_PER_MS);
    for (let filled = 0; filled < piece.length; ) {
      const part = loop.subarray(this.#position, this.#position + piece.length - filled);
      piece.set(part, filled);
      filled += part.length;
      this.#position = (this.#position + part.length) % loop.length;
    }
    return piece;
  }
}
