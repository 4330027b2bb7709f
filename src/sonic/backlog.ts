/** Something that waits to be sent: an event, or caller audio with the envelope it was spoken under. */
export type Waiting<Envelope> =
  | { kind: 'event'; json: string }
  | { kind: 'audio'; envelope: Envelope; s16le: Buffer; durationMs: number };

/** What waits for the connection, in order. Events are never dropped; audio is bounded by its duration, oldest out first. */
export class Backlog<Envelope> {
  readonly #items: Waiting<Envelope>[] = [];
  readonly #maxMs: number;
  #audioMs = 0;

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  get audioMs(): number {
    return this.#audioMs;
  }

  pushEvent(json: string): void {
    this.#items.push({ kind: 'event', json });
  }

  /** Copies the audio. Returns the milliseconds of audio that were dropped to stay within the bound. */
  pushAudio(envelope: Envelope, s16le: Uint8Array, durationMs: number): number {
    this.#items.push({ kind: 'audio', envelope, s16le: Buffer.from(s16le), durationMs });
    this.#audioMs += durationMs;
    let droppedMs = 0;
    while (this.#audioMs > this.#maxMs) {
      const at = this.#items.findIndex((item) => item.kind === 'audio');
      const [oldest] = at < 0 ? [] : this.#items.splice(at, 1);
      if (oldest?.kind !== 'audio') break;
      this.#audioMs -= oldest.durationMs;
      droppedMs += oldest.durationMs;
    }
    return droppedMs;
  }

  /** Takes out what waits longest. */
  shift(): Waiting<Envelope> | undefined {
    const item = this.#items.shift();
    if (item?.kind === 'audio') this.#audioMs -= item.durationMs;
    return item;
  }

  clear(): void {
    this.#items.length = 0;
    this.#audioMs = 0;
  }
}
