import type { Span } from './recorded-call.js';

const BYTES_PER_MS = 8;

/** Sound that was sent to the carrier, and when it was heard. */
export interface Piece extends Span {
  /** Of the agent's voice; undefined: the sound of waiting for a tool. */
  blockId: string | undefined;
  mulaw: Uint8Array;
  sentMs: number;
  /** Its rest, or all of it, was thrown away before it was heard. */
  isCut: boolean;
}

/** What the caller heard of what was sent: one queue in real time, emptied by `clear`. */
export class Playout {
  readonly pieces: Piece[] = [];
  #endMs = 0;

  sent(blockId: string | undefined, mulaw: Uint8Array, atMs: number): void {
    const startMs = Math.max(this.#endMs, atMs);
    this.#endMs = startMs + mulaw.length / BYTES_PER_MS;
    this.pieces.push({ blockId, mulaw, sentMs: atMs, startMs, endMs: this.#endMs, isCut: false });
  }

  /** Also what the end of the call does. */
  cleared(atMs: number): void {
    for (const piece of this.pieces) {
      if (piece.endMs <= atMs) continue;
      piece.isCut = true;
      piece.endMs = Math.max(piece.startMs, atMs);
    }
    this.#endMs = Math.min(this.#endMs, atMs);
  }
}

/** The caller's line: pieces by the carrier's timestamps, or one after the other as they came; silence between. */
export function callerLine(
  pieces: readonly { mulaw: Uint8Array; timestampMs: number | undefined; atMs: number }[],
  durationMs: number,
): Uint8Array {
  const line = new Uint8Array(Math.ceil(durationMs * BYTES_PER_MS)).fill(0xff);
  let endMs = 0;
  let offsetMs: number | undefined;
  for (const { mulaw, timestampMs, atMs } of pieces) {
    const lengthMs = mulaw.length / BYTES_PER_MS;
    const arrivedMs = Math.max(0, atMs - lengthMs);
    if (timestampMs !== undefined) offsetMs ??= arrivedMs - timestampMs;
    const startMs = timestampMs === undefined ? Math.max(endMs, arrivedMs) : timestampMs + (offsetMs ?? 0);
    const at = Math.max(0, Math.round(startMs * BYTES_PER_MS));
    if (at < line.length) line.set(mulaw.subarray(0, line.length - at), at);
    endMs = startMs + lengthMs;
  }
  return line;
}
