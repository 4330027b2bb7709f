import { BridgeError } from '../errors.js';
import { type Fixture, sharedRecording } from './fixture/fixture.js';
import { type Network, networkSchema } from './fixture/network-schema.js';

/** One thing that goes wrong on the line of every call, as written on the command line. */
export interface Impairment {
  /** Of `IMPAIRMENTS`. */
  readonly name: string;
  /** As it was written: `jitter=40`. */
  readonly text: string;
  readonly network: Partial<Network>;
}

interface ImpairmentKind {
  /** How it is written, as an example. */
  readonly example: string;
  readonly help: string;
  /** As `network` of `call.yaml` has it, not checked yet. `detail` is what stands after a colon. */
  readonly network: (value: string, detail: string | undefined) => Readonly<Record<string, unknown>>;
}

/** Who else speaks when nobody is named. */
const TALKER = 'librivox-0870.wav';
/** So many gaps, which is enough for the longest recorded call. */
const GAPS = 100;

/**
 * What `--impair` knows, several joined by commas. Times are ms, or have a unit; levels are dBFS. The local voice model takes
 * everything above -41 dBFS for speech: louder noise keeps it listening.
 */
export const IMPAIRMENTS: Readonly<Record<string, ImpairmentKind>> = {
  jitter: {
    example: 'jitter=40',
    help: 'frames of the caller come up to so many ms late',
    network: (value) => ({ jitterMs: Number(value) }),
  },
  loss: {
    example: 'loss=2',
    help: 'so many percent of the frames never come',
    network: (value) => ({ lossPercent: Number(value) }),
  },
  burst: {
    example: 'burst=300:2s',
    help: 'frames are held so long and then come at once, every 2 s',
    network: (value, detail = '2s') => ({ bursts: { for: time(value), every: time(detail) } }),
  },
  gap: {
    example: 'gap=300:3s',
    help: 'no frames for so long, every 3 s; they are lost',
    network: (value, detail = '3s') => ({ gaps: everySoOften(time(value), time(detail)) }),
  },
  drift: {
    example: 'drift=200',
    help: "the caller's clock runs so many millionths too fast, or too slow",
    network: (value) => ({ driftPpm: Number(value) }),
  },
  'late-marks': {
    example: 'late-marks=200',
    help: "the carrier's marks come back so late",
    network: (value) => ({ lateMarksMs: Number(value) }),
  },
  'slow-reader': {
    example: 'slow-reader=500:3s',
    help: 'the telephone does not read its socket for so long, every 3 s',
    network: (value, detail = '3s') => ({ slowReader: { for: time(value), every: time(detail) } }),
  },
  cut: {
    example: 'cut=5s',
    help: 'the media connection breaks then, once',
    network: (value) => ({ cutAt: time(value) }),
  },
  noise: {
    example: 'noise=-45:pink',
    help: 'noise at that level; after the colon white (default), pink or babble',
    network: (value, kind) => ({ noise: { dbfs: Number(value), ...(kind !== undefined && { kind }) } }),
  },
  echo: {
    example: 'echo=-20:120ms',
    help: 'what the caller hears comes back, so many dB softer, 120 ms later',
    network: (value, delay) => ({ echo: { db: Number(value), ...(delay !== undefined && { delay: time(delay) }) } }),
  },
  talker: {
    example: 'talker=-30:1s',
    help: 'somebody else speaks near the caller at that level, from 1 s on',
    network: (value, at = '1s') => ({ talker: { say: TALKER, dbfs: Number(value), at: time(at) } }),
  },
  seed: {
    example: 'seed=7',
    help: 'the same seed gives the same line',
    network: (value) => ({ seed: Number(value) }),
  },
};

/**
 * Reads a list such as `jitter=40,loss=2,noise=-45:pink`; `none` is an empty one. Throws `FIXTURE_INVALID` that says what is
 * wrong and names all impairments.
 */
export function parseImpairments(text: string): Impairment[] {
  if (text.trim() === 'none') return [];
  return text.split(',').map((part) => oneImpairment(part.trim()));
}

/** The fixture on this line: what is given here takes the place of the same in its `network`, gaps come on top. */
export function impaired(fixture: Fixture, impairments: readonly Impairment[]): Fixture {
  let { network } = fixture.call;
  for (const { network: change } of impairments) {
    const gaps = [...(network.gaps ?? []), ...(change.gaps ?? [])];
    network = { ...network, ...change, ...(gaps.length > 0 && { gaps }) };
  }
  const { talker } = network;
  const recordings = new Map(fixture.recordings);
  if (talker && !recordings.has(talker.say)) recordings.set(talker.say, sharedRecording(talker.say));
  return { ...fixture, call: { ...fixture.call, network }, recordings };
}

function oneImpairment(text: string): Impairment {
  const match = /^([a-z-]+)=([^:]+)(?::(.+))?$/.exec(text);
  const name = match?.[1] ?? '';
  const kind = Object.hasOwn(IMPAIRMENTS, name) ? IMPAIRMENTS[name] : undefined;
  if (!match || !kind) throw refusal(`"${text}" is no impairment`);
  const parsed = networkSchema.safeParse(kind.network(match[2] ?? '', match[3]));
  if (parsed.success) return { name, text, network: parsed.data };
  throw refusal(`"${text}" cannot be: ${parsed.error.issues.map(({ message }) => message).join('; ')}`);
}

function refusal(reason: string): BridgeError {
  const known = Object.values(IMPAIRMENTS).map(({ example, help }) => `  ${example.padEnd(20)}${help}`);
  return new BridgeError('FIXTURE_INVALID', [`${reason}. Impairments, joined by commas:`, ...known].join('\n'));
}

/** A bare number is ms. */
function time(text: string): string {
  return /^\d+(\.\d+)?$/.test(text) ? `${text}ms` : text;
}

function everySoOften(length: string, every: string) {
  const everyMs = Number.parseFloat(every) * (every.endsWith('ms') ? 1 : 1000);
  if (!(everyMs > 0)) return [{ at: every, for: length }];
  return Array.from({ length: GAPS }, (_, index) => ({ at: `${(index + 1) * everyMs}ms`, for: length }));
}
