import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeptAudio } from '../../src/media/kept-audio.js';

const LONGEST_MS = 30_000;

type Action = { do: 'add' | 'drop' | 'slice'; ms: number; toMs: number };

const action: fc.Arbitrary<Action> = fc.record({
  do: fc.constantFrom('add', 'add', 'drop', 'slice'),
  // Also times between two samples.
  ms: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.double({ min: 0, max: 40_000, noNaN: true })),
  toMs: fc.double({ min: 0, max: 40_000, noNaN: true }),
});

/** Audio of that length in which each sample is its number. */
function numbered(from: number, count: number): Uint8Array {
  return new Uint8Array(Int16Array.from({ length: count }, (_, index) => (from + index) % 32_768).buffer);
}

function samplesOf(s16le: Uint8Array): number[] {
  const view = new DataView(s16le.buffer, s16le.byteOffset, s16le.byteLength);
  return Array.from({ length: s16le.byteLength / 2 }, (_, index) => view.getInt16(index * 2, true));
}

describe('kept audio', () => {
  it.each([8000, 16_000])('at %i Hz is what a plain list of its samples would be', (rateHz) => {
    const perMs = rateHz / 1000;
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const kept = new KeptAudio(rateHz);
        let first = 0;
        let end = 0;
        for (const each of actions) {
          if (each.do === 'add') {
            const count = Math.round(Math.min(each.ms, 400) * perMs);
            kept.add(numbered(end, count));
            end += count;
          } else if (each.do === 'drop') {
            kept.dropBefore(each.ms);
            first = Math.min(end, Math.max(first, Math.floor(each.ms * perMs)));
          } else {
            const from = Math.max(first, Math.min(end, Math.floor(each.ms * perMs)));
            const to = Math.max(from, Math.min(end, Math.floor(each.toMs * perMs)));
            const expected = samplesOf(numbered(from, to - from));
            expect(samplesOf(kept.slice(each.ms, each.toMs))).toEqual(expected);
          }
          expect(kept.startMs).toBe(first / perMs);
          expect(kept.endMs).toBe(end / perMs);
        }
        expect(samplesOf(kept.slice(0, kept.endMs))).toEqual(samplesOf(numbered(first, end - first)));
      }),
      { numRuns: 500 },
    );
  });

  it('is no more than half a minute: the oldest goes', () => {
    const kept = new KeptAudio(8000);
    for (let second = 0; second < 90; second++) kept.add(numbered(second * 8000, 8000));

    expect(kept.endMs).toBe(90_000);
    expect(kept.endMs - kept.startMs).toBe(LONGEST_MS);
    expect(samplesOf(kept.slice(kept.startMs, kept.startMs + 1))).toEqual(samplesOf(numbered(60_000 * 8, 8)));
    expect(samplesOf(kept.slice(89_999, 90_000))).toEqual(samplesOf(numbered(89_999 * 8, 8)));
  });

  it('is a copy: what is added may be used again', () => {
    const kept = new KeptAudio(8000);
    const frame = numbered(1, 160);
    kept.add(frame);
    frame.fill(0);

    expect(samplesOf(kept.slice(0, 20))).toEqual(samplesOf(numbered(1, 160)));
  });

  it('gives nothing of what was dropped or is still to come', () => {
    const kept = new KeptAudio(8000);
    kept.add(numbered(0, 1600));
    kept.dropBefore(100);

    expect(kept.slice(0, 100)).toHaveLength(0);
    expect(kept.slice(200, 300)).toHaveLength(0);
    expect(kept.slice(150, 120)).toHaveLength(0);
    expect(samplesOf(kept.slice(0, 101))).toEqual(samplesOf(numbered(800, 8)));
  });
});
