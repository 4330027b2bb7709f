import type { PhoneEvent } from './contract.js';
import { MULAW_BYTES_PER_MS, mulawSilence } from './mulaw.js';
import { FRAME_MS } from './network.js';
import type { Track } from './track.js';

const FRAME_BYTES = FRAME_MS * MULAW_BYTES_PER_MS;

interface Utterance {
  bytes: Uint8Array;
  startMs: number | undefined;
  resolve: (span: { startMs: number; endMs: number }) => void;
}

/**
 * The caller's mouth: utterances one after the other, cut into 20 ms frames. A caller does not wait for the network: what falls
 * between two streams is lost, as on a real phone.
 */
export class Speech {
  readonly #said: Track;
  readonly #emit: (event: PhoneEvent) => void;
  readonly #queue: Utterance[] = [];

  constructor(said: Track, emit: (event: PhoneEvent) => void) {
    this.#said = said;
    this.#emit = emit;
  }

  /** Speaks mu-law from the next frame on, or after what is being said. Resolves when its last frame has been spoken. */
  say(bytes: Uint8Array): Promise<{ startMs: number; endMs: number }> {
    return new Promise((resolve) => this.#queue.push({ bytes, startMs: undefined, resolve }));
  }

  /** The frame that is spoken at a time of the call; undefined is silence. Times must not go back. */
  frameAt(callerMs: number): Uint8Array | undefined {
    for (;;) {
      const utterance = this.#queue[0];
      if (!utterance) return undefined;
      if (utterance.startMs === undefined) {
        utterance.startMs = callerMs;
        this.#emit({ kind: 'saying-started', atMs: callerMs });
      }
      const offset = Math.round((callerMs - utterance.startMs) * MULAW_BYTES_PER_MS);
      const piece = utterance.bytes.subarray(offset, offset + FRAME_BYTES);
      if (piece.length > 0) {
        this.#said.write(Math.round(callerMs * MULAW_BYTES_PER_MS), piece);
        return piece.length === FRAME_BYTES ? piece : padded(piece);
      }
      this.#queue.shift();
      this.#finish(utterance, utterance.startMs + utterance.bytes.length / MULAW_BYTES_PER_MS);
    }
  }

  /** The caller falls silent: what was still to be said is not said. */
  stop(nowMs: number): void {
    for (const utterance of this.#queue.splice(0)) this.#finish(utterance, nowMs);
  }

  #finish({ startMs, resolve }: Utterance, endMs: number): void {
    if (startMs !== undefined) this.#emit({ kind: 'saying-ended', atMs: endMs });
    resolve({ startMs: startMs ?? endMs, endMs });
  }
}

function padded(piece: Uint8Array): Uint8Array {
  const frame = mulawSilence(FRAME_BYTES);
  frame.set(piece);
  return frame;
}
