import { type Random, seededRandom } from './random.js';
import type { Sounds } from './surroundings.js';

/** What goes wrong between caller, Twilio and bridge. Times in ms on the call's timeline; all of it follows the call's seed. */
export interface Impairments extends Sounds {
  /** Each frame comes up to this much late (order is kept: it is TCP). */
  jitterMs?: number | undefined;
  /** Share of caller frames that never arrive; timestamps jump, chunk numbers do not. */
  lossPercent?: number | undefined;
  /** `lost`: no frames for a while. `late`: they are held and then come in one burst. */
  gaps?: readonly { atMs: number; forMs: number; kind: 'lost' | 'late' }[] | undefined;
  /** Again and again, frames are held for `forMs` and then come at once: the last part of every `everyMs`. */
  bursts?: { forMs: number; everyMs: number } | undefined;
  /**
   * The phone stops reading its socket for a while, so that the bridge's sends pile up (TCP pushes back); with `everyMs` again
   * and again.
   */
  slowReader?: { atMs: number; forMs: number; everyMs?: number | undefined } | undefined;
  /** The caller's clock runs this much fast (positive) or slow: frames come closer together or further apart. */
  driftPpm?: number | undefined;
  /** Marks come back this much after they are due. */
  lateMarksMs?: number | undefined;
  /** The media connection breaks without a close frame, once. */
  tcpCutAtMs?: number | undefined;
  /** Every status callback is sent twice. */
  duplicateCallbacks?: boolean | undefined;
  /** The final callback of a call or stream overtakes the earlier ones. */
  reorderCallbacks?: boolean | undefined;
}

export const FRAME_MS = 20;

/** When one caller frame is spoken and when it reaches the bridge (ms on the call's timeline). */
export interface FramePlan {
  spokenMs: number;
  /** The same by the caller's own clock: exactly 20 ms apart, whatever the drift. */
  callerMs: number;
  dueMs: number;
  /** As written into the message: ms since the stream was made. */
  timestampMs: number;
  isLost: boolean;
}

/**
 * The fate of every caller frame of a stream that starts at `startMs`, frame by frame. Pure and seeded. Even a good network has
 * timestamps that begin at 50 to 170 and wander by 2 ms. Source: published recordings of Media Streams.
 */
export class FrameSchedule {
  readonly #impairments: Impairments;
  readonly #startMs: number;
  readonly #random: Random;
  readonly #intervalMs: number;
  readonly #firstTimestampMs: number;
  #index = 0;
  #lastDueMs = Number.NEGATIVE_INFINITY;
  #lastTimestampMs = -1;

  constructor(impairments: Impairments, seed: number, startMs: number) {
    this.#impairments = impairments;
    this.#startMs = startMs;
    this.#random = seededRandom(seed);
    this.#intervalMs = FRAME_MS / (1 + (impairments.driftPpm ?? 0) / 1e6);
    this.#firstTimestampMs = 50 + Math.floor(this.#random() * 121);
  }

  /** When the next frame is spoken. */
  get nextSpokenMs(): number {
    return quantised(this.#startMs + this.#index * this.#intervalMs);
  }

  next(): FramePlan {
    const { jitterMs = 0, lossPercent = 0, gaps = [], bursts } = this.#impairments;
    const spokenMs = this.nextSpokenMs;
    const callerMs = this.#startMs + this.#index * FRAME_MS;
    const wanderMs = this.#index === 0 ? 0 : Math.floor(this.#random() * 5) - 2;
    const delayMs = jitterMs > 0 ? this.#random() * jitterMs : 0;
    let isLost = lossPercent > 0 && this.#random() * 100 < lossPercent;
    let dueMs = spokenMs + delayMs;
    for (const gap of gaps) {
      if (spokenMs < gap.atMs || spokenMs >= gap.atMs + gap.forMs) continue;
      if (gap.kind === 'lost') isLost = true;
      else dueMs = Math.max(dueMs, gap.atMs + gap.forMs);
    }
    if (bursts && spokenMs % bursts.everyMs >= bursts.everyMs - bursts.forMs) {
      dueMs = Math.max(dueMs, (Math.floor(spokenMs / bursts.everyMs) + 1) * bursts.everyMs);
    }
    dueMs = Math.max(quantised(dueMs), this.#lastDueMs);
    if (!isLost) this.#lastDueMs = dueMs;
    const timestampMs = Math.max(this.#lastTimestampMs + 1, this.#firstTimestampMs + this.#index * FRAME_MS + wanderMs);
    this.#lastTimestampMs = timestampMs;
    this.#index += 1;
    return { spokenMs, callerMs, dueMs, timestampMs, isLost };
  }
}

/** Whether a phone with a slow reader reads its socket at a time. */
export function isReadingAt({ slowReader }: Impairments, nowMs: number): boolean {
  if (!slowReader || nowMs < slowReader.atMs) return true;
  const { atMs, forMs, everyMs = Number.POSITIVE_INFINITY } = slowReader;
  return (nowMs - atMs) % everyMs >= forMs;
}

/** To 1/8 ms, which a clock that counts from the epoch holds exactly: else a timer could fire a hair before its time for ever. */
function quantised(ms: number): number {
  return Math.round(ms * 8) / 8;
}
