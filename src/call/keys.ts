import type { Clock } from '../clock.js';

/** More keys than any caller means in one go; what comes beyond is dropped until the entry is over. */
const LONGEST_ENTRY = 64;

/**
 * Collects single key presses into one entry: until the terminator (not part of the entry) or a pause.
 * What was pressed is never logged; only the model sees it.
 */
export class KeyCollector {
  readonly #clock: Clock;
  readonly #terminator: string;
  readonly #pauseMs: number;
  readonly #entered: (digits: string) => void;
  readonly #entering: (isEntering: boolean) => void;
  #digits = '';
  #cancelPause = (): void => undefined;

  /** `entering` tells when the first key of an entry was pressed, and when the entry is over. */
  constructor(
    clock: Clock,
    options: { terminator: string; pauseMs: number },
    entered: (digits: string) => void,
    entering: (isEntering: boolean) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#terminator = options.terminator;
    this.#pauseMs = options.pauseMs;
    this.#entered = entered;
    this.#entering = entering;
  }

  get isEntering(): boolean {
    return this.#digits !== '';
  }

  press(digit: string): void {
    this.#cancelPause();
    if (this.#digits === '') this.#entering(true);
    if (digit === this.#terminator) {
      this.#finish();
      return;
    }
    if (this.#digits.length < LONGEST_ENTRY) this.#digits += digit;
    this.#cancelPause = this.#clock.after(this.#pauseMs, () => this.#finish());
  }

  /** Forgets what was pressed and stops waiting. */
  close(): void {
    this.#cancelPause();
    this.#digits = '';
  }

  #finish(): void {
    const digits = this.#digits;
    this.#digits = '';
    if (digits !== '') this.#entered(digits);
    this.#entering(false);
  }
}
