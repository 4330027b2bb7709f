/** Silence on both sides longer than this counts as dead air, in ms. */
export const DEAD_AIR_AFTER_MS = 4000;

/** Adds up the stretches in which neither caller nor agent could be heard for more than four seconds. */
export class DeadAir {
  totalMs = 0;
  #lastSoundMs: number;
  #beforeMs: number;

  /** `beforeMs`: for how long nobody was heard before it started. */
  constructor(startMs: number, beforeMs = 0) {
    this.#lastSoundMs = startMs;
    this.#beforeMs = beforeMs;
  }

  /** Somebody is audible now. */
  sound(nowMs: number): void {
    const silentMs = nowMs - this.#lastSoundMs + this.#beforeMs;
    this.#beforeMs = 0;
    if (silentMs > DEAD_AIR_AFTER_MS) this.totalMs += silentMs;
    this.#lastSoundMs = nowMs;
  }

  /** For how long nobody was audible since it started. */
  quietMs(nowMs: number): number {
    return nowMs - this.#lastSoundMs;
  }

  /** The call is over: the silence at its end counts too. */
  close(nowMs: number): void {
    this.sound(nowMs);
  }
}
