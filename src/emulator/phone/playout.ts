import type { MarkRecord, PlayoutGap } from './contract.js';
import { MULAW_BYTES_PER_MS } from './mulaw.js';
import type { Track } from './track.js';

/** Twilio buffers ten minutes of audio and discards what comes on top. Source: Twilio, error 31931. */
export const BUFFER_LIMIT_BYTES = 10 * 60_000 * MULAW_BYTES_PER_MS;

/** What the caller's ear or the bridge notices; times in ms on the call's timeline. */
export type PlayoutEvent =
  | { kind: 'playing-started'; atMs: number }
  | { kind: 'playing-ended'; atMs: number; cleared: boolean }
  | { kind: 'mark-played'; atMs: number; mark: MarkRecord; cleared: boolean };

/** A stretch in which audio played without a hole; positions in bytes on the timeline. */
interface Run {
  startByte: number;
  endByte: number;
  cut: boolean;
}

/**
 * Twilio's playout buffer: one queue at 8 bytes per ms, marks that come back when what was queued before them has played,
 * `clear` that empties the queue and returns every mark at once. Pure: time is only what callers pass in, and never goes back.
 * Source: Twilio, Media Streams WebSocket messages.
 */
export class Playout {
  readonly #heard: Track;
  readonly #runs: Run[] = [];
  readonly #marks: { mark: MarkRecord; dueByte: number }[] = [];
  #finishedBytes = 0;
  #isPlaying = false;

  /** Writes what is played to `heard`, which outlives this stream. */
  constructor(heard: Track) {
    this.#heard = heard;
  }

  /** Queues audio. False when the buffer is full: the audio is discarded. */
  media(bytes: Uint8Array, nowMs: number): { accepted: boolean; events: PlayoutEvent[] } {
    const events = this.advance(nowMs);
    const nowByte = byteAt(nowMs);
    let run = this.#runs.at(-1);
    const queuedBytes = run && this.#isPlaying ? run.endByte - nowByte : 0;
    if (queuedBytes + bytes.length > BUFFER_LIMIT_BYTES) return { accepted: false, events };
    if (!run || !this.#isPlaying) {
      run = { startByte: nowByte, endByte: nowByte, cut: false };
      this.#runs.push(run);
      this.#isPlaying = true;
      events.push({ kind: 'playing-started', atMs: nowByte / MULAW_BYTES_PER_MS });
    }
    this.#heard.write(run.endByte, bytes);
    run.endByte += bytes.length;
    return { accepted: true, events };
  }

  /** Queues a mark; with nothing queued it comes back at once. */
  mark(mark: MarkRecord, nowMs: number): PlayoutEvent[] {
    const events = this.advance(nowMs);
    if (!this.#isPlaying) events.push({ kind: 'mark-played', atMs: nowMs, mark, cleared: false });
    else this.#marks.push({ mark, dueByte: this.#endByte });
    return events;
  }

  /** Empties the queue; every waiting mark comes back now. */
  clear(nowMs: number): PlayoutEvent[] {
    const events = this.advance(nowMs);
    if (this.#isPlaying) this.#stop(nowMs, events);
    for (const { mark } of this.#marks.splice(0))
      events.push({ kind: 'mark-played', atMs: nowMs, mark, cleared: true });
    return events;
  }

  /** The stream is over: what was queued is never heard, waiting marks never come back. */
  close(nowMs: number): PlayoutEvent[] {
    const events = this.advance(nowMs);
    if (this.#isPlaying) this.#stop(nowMs, events);
    this.#marks.length = 0;
    return events;
  }

  /** What has happened up to now, in order of time. */
  advance(nowMs: number): PlayoutEvent[] {
    const events: PlayoutEvent[] = [];
    const playedByte = nowMs * MULAW_BYTES_PER_MS;
    while (this.#marks.length > 0 && (this.#marks[0] as { dueByte: number }).dueByte <= playedByte) {
      const { mark, dueByte } = this.#marks.shift() as { mark: MarkRecord; dueByte: number };
      events.push({ kind: 'mark-played', atMs: dueByte / MULAW_BYTES_PER_MS, mark, cleared: false });
    }
    const run = this.#runs.at(-1);
    if (run && this.#isPlaying && run.endByte <= playedByte) {
      this.#isPlaying = false;
      this.#finishedBytes += run.endByte - run.startByte;
      events.push({ kind: 'playing-ended', atMs: run.endByte / MULAW_BYTES_PER_MS, cleared: false });
    }
    return events;
  }

  /** When `advance` next has something to tell; Infinity when the queue is empty. */
  get nextDueMs(): number {
    if (!this.#isPlaying) return Number.POSITIVE_INFINITY;
    return (this.#marks[0]?.dueByte ?? this.#endByte) / MULAW_BYTES_PER_MS;
  }

  /** Agent audio heard up to now, ms. */
  playedMs(nowMs: number): number {
    const run = this.#runs.at(-1);
    const current =
      run && this.#isPlaying ? Math.max(0, Math.min(run.endByte, nowMs * MULAW_BYTES_PER_MS) - run.startByte) : 0;
    return (this.#finishedBytes + current) / MULAW_BYTES_PER_MS;
  }

  /** Agent audio still to be heard, ms. */
  queuedMs(nowMs: number): number {
    return this.#isPlaying ? Math.max(0, this.#endByte / MULAW_BYTES_PER_MS - nowMs) : 0;
  }

  /** Silences between two runs of which the first ran dry; `beforeMs` is agent audio heard before this stream. */
  gaps(minMs: number, maxMs: number, beforeMs = 0): PlayoutGap[] {
    const gaps: PlayoutGap[] = [];
    let playedMs = beforeMs;
    for (const [index, run] of this.#runs.entries()) {
      playedMs += (run.endByte - run.startByte) / MULAW_BYTES_PER_MS;
      const next = this.#runs[index + 1];
      if (!next || run.cut) continue;
      const forMs = (next.startByte - run.endByte) / MULAW_BYTES_PER_MS;
      if (forMs >= minMs && forMs <= maxMs)
        gaps.push({ atMs: run.endByte / MULAW_BYTES_PER_MS, forMs, afterPlayedMs: playedMs });
    }
    return gaps;
  }

  get #endByte(): number {
    return this.#runs.at(-1)?.endByte ?? 0;
  }

  #stop(nowMs: number, events: PlayoutEvent[]): void {
    const run = this.#runs.at(-1) as Run;
    run.endByte = Math.max(run.startByte, Math.min(run.endByte, byteAt(nowMs)));
    run.cut = true;
    this.#heard.cut(run.endByte);
    this.#isPlaying = false;
    this.#finishedBytes += run.endByte - run.startByte;
    events.push({ kind: 'playing-ended', atMs: nowMs, cleared: true });
  }
}

function byteAt(ms: number): number {
  return Math.ceil(ms * MULAW_BYTES_PER_MS);
}
