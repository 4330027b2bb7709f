import waveResampler from 'wave-resampler';
import type { ByteConverter } from '../audio/byte-converter.js';
import { Downsampler24to8 } from '../audio/downsampler.js';
import { S16leReader } from '../audio/passthrough.js';
import { toInt16 } from '../audio/pcm.js';
import { Upsampler8to16 } from '../audio/upsampler.js';
import { convertWhole } from '../audio/whole-file.js';

export type AudioPath = 'down' | 'up' | 'native';
export type Sink = (samples: Int16Array) => void;
/** A converter of one stream: takes a chunk, hands out what it has ready. */
export type Convert = (chunk: Int16Array, sink: Sink) => void;

export const RATES_HZ = {
  down: { from: 24_000, to: 8000 },
  up: { from: 8000, to: 16_000 },
  native: { from: 8000, to: 8000 },
} as const satisfies Record<AudioPath, { from: number; to: number }>;

/** A way to convert audio. `isWhole` ones are only given whole signals. `open` starts a fresh stream. */
export type Candidate = { name: string; path: AudioPath; isWhole: boolean; open: () => Promise<Convert> };

function own(name: string, path: AudioPath, create: () => ByteConverter): Candidate {
  const open = async (): Promise<Convert> => {
    const converter = create();
    return (chunk, sink) => converter.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength), sink);
  };
  return { name, path, isWhole: false, open };
}

function stateless(name: string, path: AudioPath, convert: (chunk: Int16Array) => Int16Array): Candidate {
  return { name, path, isWhole: false, open: async () => (chunk, sink) => sink(convert(chunk)) };
}

function waveCandidates(path: 'down' | 'up'): Candidate[] {
  const { from, to } = RATES_HZ[path];
  // Rounding and clamping is more than callers usually do. The copy: it filters the caller's array in place.
  const perChunk = (chunk: Int16Array) => Int16Array.from(waveResampler.resample(chunk.slice(), from, to), toInt16);
  const whole = stateless('wave-resampler, whole', path, (samples) => convertWhole(samples, from, to));
  return [stateless('wave-resampler, per chunk', path, perChunk), { ...whole, isWhole: true }];
}

async function openLinear(): Promise<Convert> {
  let last = 0;
  return (chunk, sink) => {
    const out = new Int16Array(2 * chunk.length);
    chunk.forEach((sample, i) => {
      out[2 * i] = (last + sample) / 2;
      out[2 * i + 1] = sample;
      last = sample;
    });
    sink(out);
  };
}

/** Groups of three that may begin in one chunk and end in the next. */
function openByThrees(pick: (a: number, b: number, c: number) => number): Convert {
  const group: number[] = [];
  return (chunk, sink) => {
    const out = new Int16Array(Math.floor((group.length + chunk.length) / 3));
    let count = 0;
    for (const sample of chunk) {
      group.push(sample);
      if (group.length < 3) continue;
      out[count++] = pick(group[0]!, group[1]!, group[2]!);
      group.length = 0;
    }
    sink(out);
  };
}

export const BUILT_IN: readonly Candidate[] = [
  own('ours', 'down', () => new Downsampler24to8()),
  ...waveCandidates('down'),
  { name: 'linear (= every third)', path: 'down', isWhole: false, open: async () => openByThrees((a) => a) },
  {
    name: 'naive mean of three',
    path: 'down',
    isWhole: false,
    open: async () => openByThrees((a, b, c) => (a + b + c) / 3),
  },
  {
    name: 'ours',
    path: 'up',
    isWhole: false,
    open: async () => {
      const upsampler = new Upsampler8to16();
      return (chunk, sink) => upsampler.push(chunk, sink);
    },
  },
  ...waveCandidates('up'),
  { name: 'linear', path: 'up', isWhole: false, open: openLinear },
  stateless('naive, each twice', 'up', (chunk) =>
    Int16Array.from({ length: 2 * chunk.length }, (_, i) => chunk[i >> 1]!),
  ),
  own('ours', 'native', () => new S16leReader()),
];

/** A candidate that lives in a package which may not be installed here. */
export type Optional = { name: string; path: 'down' | 'up'; load: () => Promise<Candidate> };

type SpeexConstructor = new (
  channels: number,
  fromHz: number,
  toHz: number,
  quality: number,
) => {
  processChunk(s16le: Buffer): Buffer;
};
type Libsamplerate = { full(samples: Float32Array): Float32Array; destroy(): void };
type CreateLibsamplerate = (
  channels: number,
  fromHz: number,
  toHz: number,
  options: { converterType: number },
) => Promise<Libsamplerate>;

/** A member at the end of a path of names; packages in CommonJS wrap theirs once or twice in `default`. */
function memberAt(value: unknown, ...names: string[]): unknown {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const [name, ...rest] = names;
  if (name === undefined) return value;
  return isObject ? memberAt(Reflect.get(value, name), ...rest) : undefined;
}

/** Imports a package by a name the compiler cannot follow, since it need not be there. */
function importOptional(packageName: string): Promise<unknown> {
  return import(packageName);
}

async function loadSpeex(name: string, path: 'down' | 'up'): Promise<Candidate> {
  const module = await importOptional('speex-resampler');
  const found = memberAt(module, 'default', 'default') ?? memberAt(module, 'default');
  if (typeof found !== 'function') throw new TypeError('speex-resampler has no default class');
  await memberAt(found, 'initPromise');
  const Speex = found as SpeexConstructor;
  const open = async (): Promise<Convert> => {
    const speex = new Speex(1, RATES_HZ[path].from, RATES_HZ[path].to, 5);
    return (chunk, sink) => {
      const out = speex.processChunk(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      const samples = new Int16Array(out.length >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = out.readInt16LE(2 * i);
      sink(samples);
    };
  };
  return { name, path, isWhole: false, open };
}

async function loadLibsamplerate(name: string, path: 'down' | 'up'): Promise<Candidate> {
  const module = await importOptional('@alexanderolsen/libsamplerate-js');
  const found = memberAt(module, 'create') ?? memberAt(module, 'default', 'create');
  if (typeof found !== 'function') throw new TypeError('libsamplerate-js has no function create');
  const create = found as CreateLibsamplerate;
  const converterType = 1; // SRC_SINC_MEDIUM_QUALITY
  // An instance is 2 MB of WebAssembly: only the newest stream keeps one.
  let current: Libsamplerate | undefined;
  const open = async (): Promise<Convert> => {
    current?.destroy();
    const stream = await create(1, RATES_HZ[path].from, RATES_HZ[path].to, { converterType });
    current = stream;
    return (chunk, sink) => {
      const out = stream.full(Float32Array.from(chunk, (sample) => sample / 32_768));
      sink(Int16Array.from(out, (value) => toInt16(value * 32_768)));
    };
  };
  return { name, path, isWhole: false, open };
}

export const OPTIONAL: readonly Optional[] = (['down', 'up'] as const).flatMap((path) => [
  { name: 'speex-resampler q5', path, load: () => loadSpeex('speex-resampler q5', path) },
  { name: 'libsamplerate-js medium', path, load: () => loadLibsamplerate('libsamplerate-js medium', path) },
]);
