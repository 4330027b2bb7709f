import { rmsDbfs } from '../audio/level.js';
import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from '../audio/mulaw.js';
import { toInt16 } from '../audio/pcm.js';
import type { Span } from './recorded-call.js';

const RATE_HZ = 8000;
export const BYTES_PER_MS = 8;
const WAVE_FORMAT_MULAW = 7;
const WINDOW_MS = 20;
/** Quieter than this is a pause, in dBFS: what the local model holds to be one. */
const PAUSE_DBFS = -41;
/** The local model begins to hear where three of five windows are this loud, in dBFS. */
const BEGIN_DBFS = -38;
const BEGIN_WINDOWS = 3;
const BEGIN_SPAN = 5;
/** The local model ends the caller's turn at a pause of 800 ms: longer ones are shortened to this, in ms. */
const LONGEST_PAUSE_MS = 500;
/** Sound before a pause as long as this did not belong to the words after it: the service would have ended the turn. */
const FOREIGN_PAUSE_MS = 1800;
/** Silence that is kept around an utterance, in ms. */
export const EDGE_MS = 200;
/** What stands in for sound that was taken out: loud enough to count as voice. */
const TONE_HZ = 1000;
const TONE_PEAK = 4000;
/** A voice that the local model does not hear is brought to this level. */
const AUDIBLE_DBFS = -26;

/** An utterance cut out of the caller's line, for the local model to hear as one. */
export interface Utterance {
  mulaw: Uint8Array;
  /** Where it begins on the line. */
  startMs: number;
  /** How the sound was changed, in words for a person. */
  changes: string[];
}

export function utteranceIn(line: Uint8Array, voice: Span, notBeforeMs: number): Utterance {
  const changes: string[] = [];
  const fromMs = Math.max(notBeforeMs, voice.startMs - EDGE_MS);
  const toMs = Math.min(line.length / BYTES_PER_MS, voice.endMs + EDGE_MS);
  const windows = windowsOf(line, fromMs, toMs);
  const first = beginOfLastPart(windows);
  if (first > 0) changes.push('sound long before the words was left out');
  const kept: Uint8Array[] = [];
  let pauseMs = 0;
  let hasSpoken = false;
  let isShortened = false;
  for (const { mulaw, isLoud } of windows.slice(first)) {
    pauseMs = isLoud ? 0 : pauseMs + WINDOW_MS;
    hasSpoken ||= isLoud;
    if (hasSpoken && pauseMs > LONGEST_PAUSE_MS) isShortened = true;
    else kept.push(mulaw);
  }
  if (isShortened) changes.push(`pauses were shortened to ${LONGEST_PAUSE_MS} ms`);
  const audible = heardByModel(Buffer.concat(kept), changes);
  return { mulaw: audible, startMs: fromMs + first * WINDOW_MS, changes };
}

/** A tone of so long. */
export function tone(durationMs: number): Uint8Array {
  const samples = Int16Array.from({ length: Math.round(durationMs * BYTES_PER_MS) }, (_, i) =>
    Math.round(TONE_PEAK * Math.sin((2 * Math.PI * TONE_HZ * i) / RATE_HZ)),
  );
  const mulaw = new Uint8Array(samples.length);
  encodeMulaw(samples, mulaw);
  return mulaw;
}

/** The sound with a tone in place of some stretches. */
export function withTones(mulaw: Uint8Array, spans: readonly Span[]): Uint8Array {
  const result = Uint8Array.from(mulaw);
  for (const { startMs, endMs } of spans) {
    const at = Math.round(startMs * BYTES_PER_MS);
    result.set(tone(endMs - startMs).subarray(0, Math.max(0, result.length - at)), at);
  }
  return result;
}

/** The sound with silence in place of some stretches; the sound itself when there are none. */
export function silenced(mulaw: Uint8Array, spans: readonly Span[]): Uint8Array {
  if (spans.length === 0) return mulaw;
  const result = Uint8Array.from(mulaw);
  for (const { startMs, endMs } of spans) {
    result.fill(MULAW_SILENCE, Math.max(0, Math.round(startMs * BYTES_PER_MS)), Math.round(endMs * BYTES_PER_MS));
  }
  return result;
}

/** Where a share of the voice in a sound lies, in ms: pauses hold no words. */
export function placesIn(mulaw: Uint8Array): (share: number) => number {
  const durationMs = mulaw.length / BYTES_PER_MS;
  const loud = windowsOf(mulaw, 0, durationMs).flatMap(({ isLoud }, index) => (isLoud ? [index * WINDOW_MS] : []));
  return (share) => {
    if (loud.length === 0) return share * durationMs;
    const at = share * loud.length;
    return at >= loud.length ? loud.at(-1)! + WINDOW_MS : loud[Math.floor(at)]!;
  };
}

/** The sound, again from its beginning as often as needed, with silence between: as long as this at least. */
export function lengthened(mulaw: Uint8Array, durationMs: number): Uint8Array {
  const parts = [mulaw];
  const length = () => parts.reduce((sum, part) => sum + part.length, 0);
  while (mulaw.length > 0 && length() < durationMs * BYTES_PER_MS) {
    parts.push(new Uint8Array(EDGE_MS * BYTES_PER_MS).fill(MULAW_SILENCE), mulaw);
  }
  return Buffer.concat(parts);
}

/**
 * A WAV of 8 kHz mu-law with these bytes, and one of silence where their number is odd. Source: Multimedia Programming Interface and Data Specifications 1.0 and
 * its revision 3.0: what is not PCM has an extension of the format and a fact chunk.
 */
export function mulawWav(mulaw: Uint8Array): Uint8Array {
  const padding = Buffer.alloc(mulaw.length % 2, MULAW_SILENCE);
  const format = Buffer.alloc(18);
  format.writeUInt16LE(WAVE_FORMAT_MULAW, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(RATE_HZ, 4);
  format.writeUInt32LE(RATE_HZ, 8);
  format.writeUInt16LE(1, 12);
  format.writeUInt16LE(8, 14);
  const sampleCount = uint32(mulaw.length + padding.length);
  const chunks = [
    Buffer.from('WAVEfmt '),
    uint32(format.length),
    format,
    Buffer.from('fact'),
    uint32(4),
    sampleCount,
    Buffer.from('data'),
    sampleCount,
    mulaw,
    padding,
  ];
  const byteLength = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return Buffer.concat([Buffer.from('RIFF'), uint32(byteLength), ...chunks]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

interface Window {
  mulaw: Uint8Array;
  isLoud: boolean;
}

function windowsOf(line: Uint8Array, fromMs: number, toMs: number): Window[] {
  const samples = new Int16Array(WINDOW_MS * BYTES_PER_MS);
  const windows: Window[] = [];
  for (let atMs = fromMs; atMs + WINDOW_MS <= toMs; atMs += WINDOW_MS) {
    const at = Math.round(atMs * BYTES_PER_MS);
    const mulaw = line.subarray(at, at + samples.length);
    const count = decodeMulaw(mulaw, samples);
    windows.push({ mulaw, isLoud: rmsDbfs(samples.subarray(0, count)) >= PAUSE_DBFS });
  }
  return windows;
}

/** The window in which begins what belongs together at the end. */
function beginOfLastPart(windows: readonly Window[]): number {
  let pauseMs = 0;
  const lastLoud = windows.findLastIndex(({ isLoud }) => isLoud);
  for (let index = lastLoud; index >= 0; index--) {
    pauseMs = windows[index]!.isLoud ? 0 : pauseMs + WINDOW_MS;
    if (pauseMs >= FOREIGN_PAUSE_MS) return index + (FOREIGN_PAUSE_MS - EDGE_MS) / WINDOW_MS;
  }
  return 0;
}

function heardByModel(mulaw: Uint8Array, changes: string[]): Uint8Array {
  const samples = new Int16Array(mulaw.length);
  decodeMulaw(mulaw, samples);
  if (isHeard(samples)) return mulaw;
  const levelDbfs = rmsDbfs(samples);
  if (!Number.isFinite(levelDbfs)) return mulaw;
  changes.push('made louder');
  const gain = 10 ** ((AUDIBLE_DBFS - levelDbfs) / 20);
  const louder = new Uint8Array(mulaw.length);
  encodeMulaw(
    samples.map((sample) => toInt16(sample * gain)),
    louder,
  );
  return louder;
}

function isHeard(samples: Int16Array): boolean {
  const length = WINDOW_MS * BYTES_PER_MS;
  const recent: boolean[] = [];
  for (let at = 0; at + length <= samples.length; at += length) {
    recent.push(rmsDbfs(samples.subarray(at, at + length)) >= BEGIN_DBFS);
    if (recent.slice(-BEGIN_SPAN).filter(Boolean).length >= BEGIN_WINDOWS) return true;
  }
  return false;
}
