/** Where in a call one is. With the sound of a recording it plays on; without, it is a place that can be moved. */
export class Player {
  #audio: HTMLAudioElement | undefined;
  #ms = 0;
  #isPlaying = false;
  #trouble: string | undefined;
  readonly #listeners = new Set<() => void>();

  readonly getMs = (): number => this.#ms;
  readonly getIsPlaying = (): boolean => this.#isPlaying;
  /** Why it does not sound, in words. */
  readonly getTrouble = (): string | undefined => this.#trouble;

  readonly follow = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Plays by that element from now on, until what it answers is called. */
  attach(audio: HTMLAudioElement): () => void {
    const abort = new AbortController();
    const on = (name: string, listener: () => void) => audio.addEventListener(name, listener, { signal: abort.signal });
    this.#audio = audio;
    if (this.#ms > 0) audio.currentTime = this.#ms / 1000;
    on('play', () => {
      this.#isPlaying = true;
      this.#trouble = undefined;
      this.#run();
    });
    for (const name of ['pause', 'ended']) on(name, () => this.#stopped());
    on('error', () => {
      this.#trouble = audio.error?.message || 'The recording cannot be played.';
      this.#stopped();
    });
    return () => {
      abort.abort();
      audio.pause();
      this.#audio = undefined;
      this.#stopped();
    };
  }

  seek(ms: number): void {
    this.#ms = Math.max(0, ms);
    if (this.#audio) this.#audio.currentTime = this.#ms / 1000;
    this.#tell();
  }

  playFrom(ms: number): void {
    this.seek(ms);
    this.play();
  }

  play(): void {
    this.#audio?.play().catch((error: unknown) => {
      // Another seek or a pause came first: nothing is wrong.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      this.#trouble = `The recording cannot be played: ${error instanceof Error ? error.message : String(error)}`;
      this.#tell();
    });
  }

  toggle(): void {
    if (this.#isPlaying) this.#audio?.pause();
    else this.play();
  }

  setRate(rate: number): void {
    if (this.#audio) this.#audio.playbackRate = rate;
  }

  #run(): void {
    const audio = this.#audio;
    if (!audio || !this.#isPlaying) return;
    if (!audio.seeking) this.#ms = audio.currentTime * 1000;
    this.#tell();
    requestAnimationFrame(() => this.#run());
  }

  #stopped(): void {
    this.#isPlaying = false;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
