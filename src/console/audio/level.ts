/** How loud it was since it was last asked. */
export class Level {
  #sum = 0;
  #count = 0;

  add(samples: Float32Array): void {
    for (const sample of samples) this.#sum += sample * sample;
    this.#count += samples.length;
  }

  /** Root mean square, 0 to 1, and begins anew. */
  take(): number {
    const level = this.#count === 0 ? 0 : Math.sqrt(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    return level;
  }
}
