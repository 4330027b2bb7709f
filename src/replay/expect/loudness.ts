import { rmsDbfs } from '../../audio/level.js';
import { decodeMulaw } from '../../audio/mulaw.js';
import type { Span } from '../replayed-call.js';

const BYTES_PER_MS = 8;
const WINDOW_BYTES = 20 * BYTES_PER_MS;
/** Windows quieter than this, in dBFS, are pauses. */
const PAUSE_DBFS = -50;
/** Mu-law's loudest steps, above and below zero. Source: ITU-T G.711. */
const LOUDEST: readonly number[] = [0x80, 0x00];
/** Mu-law's zero, above and below. */
const ZERO: readonly number[] = [0xff, 0x7f];
/** So many zeros in a row are no part of a wave. */
const SILENCE_BYTES = 2 * BYTES_PER_MS;
/** A wave that begins or breaks off at this height (about a tenth of full scale) clicks. */
const CLICK_STEP = 3000;

/** Level of a stretch of speech in mu-law, its pauses left out, in dBFS; -Infinity when there is nothing else. */
export function loudnessDbfs(mulaw: Uint8Array, { startMs, endMs }: Span): number {
  const samples = new Int16Array(WINDOW_BYTES);
  let power = 0;
  let windows = 0;
  for (let start = byteAt(startMs); start + WINDOW_BYTES <= byteAt(endMs); start += WINDOW_BYTES) {
    const count = decodeMulaw(mulaw.subarray(start, start + WINDOW_BYTES), samples);
    const dbfs = rmsDbfs(samples.subarray(0, count));
    if (dbfs < PAUSE_DBFS) continue;
    power += 10 ** (dbfs / 10);
    windows += 1;
  }
  return 10 * Math.log10(power / windows || 0);
}

/** Share of the samples that are as loud as mu-law can be, in percent, and where the first one is. */
export function clipping(mulaw: Uint8Array, spans: readonly Span[]): { percent: number; atMs: number | undefined } {
  let clipped = 0;
  let count = 0;
  let atMs: number | undefined;
  for (const { startMs, endMs } of spans) {
    for (let index = byteAt(startMs); index < Math.min(byteAt(endMs), mulaw.length); index++) {
      count += 1;
      if (!LOUDEST.includes(mulaw[index] as number)) continue;
      clipped += 1;
      atMs ??= index / BYTES_PER_MS;
    }
  }
  return { percent: count === 0 ? 0 : (100 * clipped) / count, atMs };
}

/** Where sound begins out of silence, or breaks off into it, with a jump, in ms. `cut`: the end was cleared, which always jumps. */
export function clicksIn(mulaw: Uint8Array, { startMs, endMs, cut }: Span & { cut: boolean }): number[] {
  const samples = new Int16Array(mulaw.length);
  decodeMulaw(mulaw, samples);
  const isZero = (index: number) => index < 0 || index >= mulaw.length || ZERO.includes(mulaw[index] as number);
  const isSilent = (from: number) => {
    for (let index = from; index < from + SILENCE_BYTES; index++) if (!isZero(index)) return false;
    return true;
  };
  const clicks: number[] = [];
  const end = Math.min(byteAt(endMs), mulaw.length);
  for (let index = byteAt(startMs); index < end; index++) {
    if (Math.abs(samples[index] as number) < CLICK_STEP) continue;
    const begins = isSilent(index - SILENCE_BYTES);
    const breaksOff = isSilent(index + 1) && !(cut && index + SILENCE_BYTES >= end);
    if (begins || breaksOff) clicks.push(index / BYTES_PER_MS);
  }
  return clicks;
}

function byteAt(ms: number): number {
  return Math.max(0, Math.round(ms * BYTES_PER_MS));
}
