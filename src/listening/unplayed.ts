const BYTES_PER_MS = 8;

/** What waits longer than this to be played is not kept: whoever comes before it hears a gap there, in ms. */
const LIMIT_MS = 60_000;

interface Piece {
  mulaw: Uint8Array;
  /** When it sounds, by the clock. */
  startMs: number;
  endMs: number;
}

/**
 * What the carrier still has to play of the agent, for listeners who come in the middle of it: mu-law that was sent faster
 * than it sounds. What has sounded is forgotten.
 */
export class Unplayed {
  #pieces: Piece[] = [];
  #endMs = 0;

  /** Sent, to be played after what was sent before. */
  push(mulaw: Uint8Array, nowMs: number): void {
    this.trim(nowMs);
    const startMs = Math.max(this.#endMs, nowMs);
    const endMs = startMs + mulaw.length / BYTES_PER_MS;
    this.#endMs = endMs;
    if (endMs - nowMs <= LIMIT_MS) this.#pieces.push({ mulaw: new Uint8Array(mulaw), startMs, endMs });
  }

  clear(nowMs: number): void {
    this.#pieces = [];
    this.#endMs = nowMs;
  }

  trim(nowMs: number): void {
    while (this.#pieces.length > 0 && this.#pieces[0]!.endMs <= nowMs) this.#pieces.shift();
  }

  /** What is to sound from now on, and when. */
  pieces(nowMs: number): { mulaw: Uint8Array; startMs: number }[] {
    this.trim(nowMs);
    return this.#pieces.map(({ mulaw, startMs }) => {
      const heardBytes = Math.max(0, Math.ceil((nowMs - startMs) * BYTES_PER_MS));
      return heardBytes === 0 ? { mulaw, startMs } : { mulaw: mulaw.subarray(heardBytes), startMs: nowMs };
    });
  }
}
