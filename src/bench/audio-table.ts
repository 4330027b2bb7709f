import { readdirSync, readFileSync } from 'node:fs';
import { decodeMulaw, encodeMulaw } from '../audio/mulaw.js';
import { toInt16 } from '../audio/pcm.js';
import { readWav } from '../audio/wav.js';
import { messageOf } from '../errors.js';
import { type AudioPath, BUILT_IN, type Candidate, OPTIONAL, RATES_HZ } from './audio-candidates.js';
import {
  chirp,
  concat,
  idealResample,
  measureDelayMs,
  ratioDb,
  rms,
  seededRandom,
  segmentalSnrDb,
  sinadDb,
  tone,
  toneAmplitude,
} from './reference.js';
import { bandRms, logMelDistanceDb } from './spectrum.js';

/** What was measured of one way to convert audio; a figure that makes no sense for it is undefined. */
export type AudioFigures = {
  /** Largest deviation from unit gain, 313-3391 Hz. */
  rippleDb: number;
  /** Down: strongest alias of a tone from 4.6 kHz up. Up: strongest image above 4 kHz of a tone below 3.4 kHz. */
  leakDb: number | undefined;
  sinadDb: number;
  /** With a telephone line behind (down) or before (up) the converter. */
  sinadMulawDb: number;
  /** Largest difference to one single push, in 16-bit units, in 20 ms chunks and in irregular ones. */
  chunkDiffLsb: number | undefined;
  irregularDiffLsb: number | undefined;
  /** Samples out, less what the rates say, for irregular chunks. */
  countError: number;
  /** Delay in the stream and samples held back. */
  latencyMs: number | undefined;
  /** Per 20 ms; medians of repeats. */
  frameMicros: number | undefined;
  frameAllocBytes: number | undefined;
  /** On human speech, mean over the clips, against an ideal resampler with the same delay, in 20 ms chunks. */
  segmentalSnrDb: number;
  logMelDb: number;
};

export type AudioRow = { name: string; path: AudioPath } & (
  | { state: 'measured'; figures: AudioFigures }
  | { state: 'not installed' }
  | { state: 'failed'; reason: string }
);

const PASS_BAND_HZ = [313, 509, 1019, 2003, 3011, 3391];
const STOP_BAND_HZ = [4609, 4703, 5003, 6007, 7993, 11_503];
const LONGEST_IRREGULAR_CHUNK = 1999;
const SPEECH = new URL('../../fixtures/speech/', import.meta.url);

function cut(samples: Int16Array, nextLength: () => number): Int16Array[] {
  const pieces: Int16Array[] = [];
  for (let at = 0; at < samples.length; ) {
    const length = nextLength();
    pieces.push(samples.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

async function run(candidate: Candidate, pieces: readonly Int16Array[]): Promise<Int16Array> {
  const convert = await candidate.open();
  const out: Int16Array[] = [];
  for (const piece of pieces) convert(piece, (samples) => out.push(samples.slice()));
  return concat(out);
}

function inFrames(candidate: Candidate, samples: Int16Array): Int16Array[] {
  const frame = candidate.isWhole ? samples.length : RATES_HZ[candidate.path].from / 50;
  return cut(samples, () => frame);
}

function irregular(samples: Int16Array): Int16Array[] {
  const random = seededRandom(7);
  return cut(samples, () => 1 + Math.floor(random() * LONGEST_IRREGULAR_CHUNK));
}

function throughMulaw(samples: Int16Array): Int16Array {
  const codes = new Uint8Array(samples.length);
  const decoded = new Int16Array(samples.length);
  encodeMulaw(samples, codes);
  decodeMulaw(codes, decoded);
  return decoded;
}

/** The steady middle of an output. */
function settled(samples: Int16Array): Int16Array {
  return samples.subarray(samples.length >> 3, samples.length - (samples.length >> 3));
}

async function measureTones(candidate: Candidate) {
  const { from, to } = RATES_HZ[candidate.path];
  const play = async (samples: Int16Array) => settled(await run(candidate, inFrames(candidate, samples)));
  let rippleDb = 0;
  let leakDb = candidate.path === 'native' ? undefined : -200;
  for (const hz of PASS_BAND_HZ) {
    const out = await play(tone(from, hz, -1, from));
    const gainDb = ratioDb(toneAmplitude(out, to, hz), 32_767 * 10 ** (-1 / 20));
    rippleDb = Math.max(rippleDb, Math.abs(gainDb));
    if (candidate.path === 'up') leakDb = Math.max(leakDb!, ratioDb(bandRms(out, to, 4050, 8000), rms(out)));
  }
  for (const hz of candidate.path === 'down' ? STOP_BAND_HZ : []) {
    const input = tone(from, hz, -1, from);
    leakDb = Math.max(leakDb!, ratioDb(rms(await play(input)), rms(input)));
  }
  const clean = tone(from, 1019, -10, 2 * from);
  const out = await play(clean);
  const line = candidate.path === 'up' ? await play(throughMulaw(clean)) : throughMulaw(out);
  return { rippleDb, leakDb, sinadDb: sinadDb(out, to, 1019), sinadMulawDb: sinadDb(line, to, 1019) };
}

function largestDifference(a: Int16Array, b: Int16Array): number {
  let largest = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

async function measureChunks(candidate: Candidate, speech: Int16Array) {
  const { from, to } = RATES_HZ[candidate.path];
  const single = await run(candidate, [speech]);
  const pieces = candidate.isWhole ? [speech] : irregular(speech);
  const parts = await run(candidate, pieces);
  const countError = parts.length - Math.floor((speech.length * to) / from);
  if (candidate.isWhole) return { chunkDiffLsb: undefined, irregularDiffLsb: undefined, countError };
  const frames = await run(candidate, inFrames(candidate, speech));
  return {
    chunkDiffLsb: largestDifference(single, frames),
    irregularDiffLsb: largestDifference(single, parts),
    countError,
  };
}

async function measureDelay(candidate: Candidate) {
  const { from, to } = RATES_HZ[candidate.path];
  const input = chirp(from);
  const out = await run(candidate, inFrames(candidate, input));
  const inStreamMs = measureDelayMs(input, from, out, to);
  const heldBackMs = ((input.length * to) / from - out.length) * (1000 / to);
  return { inStreamMs, latencyMs: candidate.isWhole ? undefined : inStreamMs + heldBackMs };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

async function measureCost(candidate: Candidate, speech: Int16Array) {
  if (candidate.isWhole) return { frameMicros: undefined, frameAllocBytes: undefined };
  const frames = inFrames(candidate, speech).filter((frame) => frame.length * 50 === RATES_HZ[candidate.path].from);
  const convert = await candidate.open();
  let sum = 0;
  const sink = (samples: Int16Array) => {
    sum += samples[0] ?? 0;
  };
  const times: number[] = [];
  const allocations: number[] = [];
  for (let repeat = 0; repeat < 25; repeat++) {
    const before = process.memoryUsage();
    const startMs = performance.now();
    for (const frame of frames) convert(frame, sink);
    times.push(((performance.now() - startMs) * 1000) / frames.length);
    const after = process.memoryUsage();
    const bytes = after.heapUsed + after.external - before.heapUsed - before.external;
    // A collection in between makes it negative: such a repeat says nothing.
    if (bytes >= 0) allocations.push(bytes / frames.length);
  }
  if (!Number.isFinite(sum)) throw new RangeError('converter gave no numbers');
  return { frameMicros: median(times), frameAllocBytes: allocations.length > 0 ? median(allocations) : undefined };
}

async function measureSpeech(candidate: Candidate, clips: readonly Int16Array[], inStreamMs: number) {
  const { from, to } = RATES_HZ[candidate.path];
  let snr = 0;
  let distance = 0;
  for (const clip of clips) {
    const out = await run(candidate, inFrames(candidate, clip));
    const ideal = idealResample(clip, from, to, inStreamMs);
    snr += segmentalSnrDb(ideal, out, to) / clips.length;
    distance += logMelDistanceDb(ideal, out, to) / clips.length;
  }
  return { segmentalSnrDb: snr, logMelDb: distance };
}

async function measure(candidate: Candidate, clips: readonly Int16Array[]): Promise<AudioRow> {
  const { name, path } = candidate;
  const { inStreamMs, latencyMs } = await measureDelay(candidate);
  const figures: AudioFigures = {
    ...(await measureTones(candidate)),
    ...(await measureChunks(candidate, clips[0]!)),
    latencyMs,
    ...(await measureCost(candidate, clips[0]!)),
    ...(await measureSpeech(candidate, clips, inStreamMs)),
  };
  return { name, path, state: 'measured', figures };
}

function readClips(rateHz: number): Int16Array[] {
  const names = readdirSync(SPEECH).filter((name) => name.endsWith('.wav'));
  return names.map((name) => {
    const wav = readWav(readFileSync(new URL(name, SPEECH)));
    return Int16Array.from(idealResample(wav.samples, wav.rateHz, rateHz), toInt16);
  });
}

function isNotInstalled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** Measures our converters and the others one after another; takes about 15 s. A row says so when its package is missing. */
export async function audioTable(): Promise<AudioRow[]> {
  const clips = { down: readClips(24_000), up: readClips(8000).map(throughMulaw), native: readClips(8000) };
  const rows: AudioRow[] = [];
  for (const path of ['down', 'up', 'native'] as const) {
    for (const candidate of BUILT_IN) {
      if (candidate.path === path) rows.push(await measure(candidate, clips[path]));
    }
    for (const { name, load } of OPTIONAL.filter((optional) => optional.path === path)) {
      try {
        rows.push(await measure(await load(), clips[path]));
      } catch (error) {
        rows.push({
          name,
          path,
          ...(isNotInstalled(error) ? { state: 'not installed' } : { state: 'failed', reason: messageOf(error) }),
        });
      }
    }
  }
  return rows;
}

const COLUMNS: readonly { title: string; show: (figures: AudioFigures) => string }[] = [
  { title: 'ripple dB', show: (f) => fixed(f.rippleDb, 2) },
  { title: 'alias/image dB', show: (f) => (f.leakDb !== undefined && f.leakDb < -110 ? '< -110' : fixed(f.leakDb, 1)) },
  { title: 'SINAD dB', show: (f) => fixed(f.sinadDb, 1) },
  { title: 'mu-law', show: (f) => fixed(f.sinadMulawDb, 1) },
  { title: 'diff LSB 20 ms', show: (f) => fixed(f.chunkDiffLsb, 0) },
  { title: 'irregular', show: (f) => fixed(f.irregularDiffLsb, 0) },
  { title: 'count', show: (f) => fixed(f.countError, 0) },
  { title: 'delay ms', show: (f) => fixed(f.latencyMs, 2) },
  { title: 'us/frame', show: (f) => fixed(f.frameMicros, 1) },
  { title: 'B/frame', show: (f) => fixed(f.frameAllocBytes, 0) },
  { title: 'segSNR dB', show: (f) => fixed(f.segmentalSnrDb, 1) },
  { title: 'log-mel dB', show: (f) => fixed(f.logMelDb, 3) },
];

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1');
}

const TITLES: Record<AudioPath, string> = {
  down: 'agent to caller, 24 -> 8 kHz',
  up: 'caller to agent, 8 -> 16 kHz',
  native: 'native, 8 kHz both ways',
};

/** The rows as a text table in columns, one part per path. */
export function formatAudioTable(rows: readonly AudioRow[]): string {
  const lines: string[] = [];
  for (const path of ['down', 'up', 'native'] as const) {
    const cells = rows
      .filter((row) => row.path === path)
      .map((row) => [
        row.name,
        ...(row.state === 'measured' ? COLUMNS.map(({ show }) => show(row.figures)) : [noteOf(row)]),
      ]);
    const head = [TITLES[path], ...COLUMNS.map(({ title }) => title)];
    const nameWidth = Math.max(...[head, ...cells].map((row) => row[0]!.length));
    const format = ([name, ...rest]: string[]) =>
      [name!.padEnd(nameWidth), ...rest.map((cell, i) => cell.padStart(COLUMNS[i]!.title.length))].join('  ');
    lines.push(format(head), ...cells.map(format), '');
  }
  return lines.join('\n');
}

function noteOf(row: AudioRow): string {
  return row.state === 'failed' ? `failed: ${row.reason}` : row.state;
}
