import { idealResample } from '../../src/bench/reference.js';
import type { ModelSession } from '../../src/emulator/bedrock/model-session.js';

/** How much of a recording is looked for, in samples at 8 kHz: a fifth of a second. */
const PART = 1600;

/** How alike a recording at 16 kHz is to what a model heard of it over a telephone line: 1 is the same, whatever its loudness. */
export function likenessOfHeard(recording: Int16Array, session: ModelSession): number {
  const every = 16_000 / 8000;
  return likeness(recording, Float64Array.from(session.heard.samples.filter((_, index) => index % every === 0)));
}

function likeness(recording: Int16Array, heard: Float64Array): number {
  const source = idealResample(recording, 16_000, 8000);
  const at = loudest(source, PART);
  const part = source.subarray(at, at + PART);
  let best = { place: 0, sum: 0 };
  for (let place = at; place + source.length - at <= heard.length; place++) {
    let sum = 0;
    for (let i = 0; i < part.length; i++) sum += part[i]! * heard[place + i]!;
    if (sum > best.sum) best = { place, sum };
  }
  const there = heard.subarray(best.place, best.place + part.length);
  // Filters delay by parts of a sample, too.
  const from = Math.min(at, PART);
  const around = recording.subarray(2 * (at - from), 2 * (at + 2 * PART));
  const shifts = [-0.5, -0.25, 0, 0.25, 0.5];
  return Math.max(
    ...shifts.map((shift) => {
      const shifted = idealResample(around, 16_000, 8000, shift / 8).subarray(from, from + part.length);
      return product(shifted, there) / Math.sqrt(product(shifted, shifted) * product(there, there));
    }),
  );
}

function product(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, value, index) => sum + value * other[index]!, 0);
}

function loudest(samples: Float64Array, length: number): number {
  let best = { at: 0, energy: 0 };
  for (let at = 0; at + length <= samples.length; at += length / 4) {
    const energy = samples.subarray(at, at + length).reduce((sum, sample) => sum + sample ** 2, 0);
    if (energy > best.energy) best = { at, energy };
  }
  return best.at;
}
