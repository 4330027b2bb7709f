import type { TelephonyEvent, TelephonyListener } from './ports.js';

/** Kept of a caller to whom nobody listens yet, in bytes of mu-law: three seconds. */
const KEPT_BYTES = 24_000;

/** Keeps what comes of the caller until it is known who listens, and passes it on then, in order. */
export class LateListener implements TelephonyListener {
  #listener: TelephonyListener | undefined;
  #waiting: (
    | { kind: 'audio'; mulaw: Uint8Array; timestampMs: number | undefined }
    | { kind: 'event'; event: TelephonyEvent }
  )[] = [];
  #keptBytes = 0;
  #isClosed = false;

  /** Whether the caller has gone meanwhile. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  hear(mulaw: Uint8Array, timestampMs: number | undefined): void {
    if (this.#listener) {
      this.#listener.hear(mulaw, timestampMs);
      return;
    }
    // The bytes are valid during the call only.
    this.#waiting.push({ kind: 'audio', mulaw: mulaw.slice(), timestampMs });
    this.#keptBytes += mulaw.byteLength;
    while (this.#keptBytes > KEPT_BYTES) this.#dropOldestAudio();
  }

  event(event: TelephonyEvent): void {
    if (this.#listener) {
      this.#listener.event(event);
      return;
    }
    this.#isClosed ||= event.kind === 'stopped' || event.kind === 'closed';
    this.#waiting.push({ kind: 'event', event });
  }

  passTo(listener: TelephonyListener): void {
    for (const each of this.#waiting) {
      if (each.kind === 'audio') listener.hear(each.mulaw, each.timestampMs);
      else listener.event(each.event);
    }
    this.#waiting = [];
    this.#listener = listener;
  }

  #dropOldestAudio(): void {
    const index = this.#waiting.findIndex(({ kind }) => kind === 'audio');
    const [oldest] = this.#waiting.splice(index, 1);
    if (oldest?.kind === 'audio') this.#keptBytes -= oldest.mulaw.byteLength;
  }
}
