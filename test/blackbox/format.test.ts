import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOX_FORMAT, type BoxHead, type KeptInput, type Tick } from '../../src/blackbox/box.js';
import { decodeBox } from '../../src/blackbox/decoder.js';
import { BoxEncoder } from '../../src/blackbox/encoder.js';
import type { CallOutput } from '../../src/call/tape.js';
import { tapedCall } from './kept.js';

const { mayDial: _mayDial, ...made } = tapedCall('CA1');
const HEAD: BoxHead = JSON.parse(
  JSON.stringify({ ...made, format: BOX_FORMAT, dialable: [], versions: { bridge: '1', node: 'v20' } }),
);

const audio = fc
  .uint8Array({ minLength: 1, maxLength: 400 })
  .map((bytes) => Buffer.from(bytes))
  .chain((bytes) => fc.constantFrom(bytes, Buffer.alloc(bytes.length, 0xff)));
const input: fc.Arbitrary<KeptInput> = fc.oneof(
  fc.record({
    kind: fc.constant('callerAudio' as const),
    mulaw: audio,
    timestampMs: fc.option(fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true })), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('modelAudio' as const), blockId: fc.string(), byteLength: fc.nat() }),
  fc.record({ kind: fc.constant('timerFired' as const), timer: fc.nat() }),
  fc.record({
    kind: fc.constant('voice' as const),
    event: fc.record({ kind: fc.constant('callerText' as const), text: fc.string({ unit: 'grapheme' }) }),
  }),
  fc.constant({ kind: 'started' as const }),
);
const output: fc.Arbitrary<CallOutput> = fc.oneof(
  fc.record({ kind: fc.constant('play' as const), mulaw: audio }),
  fc.record({ kind: fc.constant('mark' as const), name: fc.string() }),
  fc.constant({ kind: 'clear' as const }),
  fc.record({ kind: fc.constant('tell' as const), text: fc.string({ unit: 'grapheme' }) }),
);
const ticks: fc.Arbitrary<Tick[]> = fc
  .array(
    fc.record({
      sinceUs: fc.nat({ max: 5_000_000_000 }),
      input,
      outputs: fc.array(output, { maxLength: 4 }),
      isBlanked: fc.boolean(),
    }),
    { maxLength: 20 },
  )
  .map((steps) => {
    let us = 1_790_000_000_000_000;
    return steps.map(({ sinceUs, ...tick }) => {
      us += sinceUs;
      return { atMs: us / 1000, ...tick };
    });
  });

/** Each of `parts` in a record of its own. */
function written(parts: readonly (readonly Tick[])[], head = HEAD): Buffer {
  const encoder = new BoxEncoder();
  encoder.head(head);
  const records = parts.map((part) => {
    for (const tick of part) encoder.tick(tick);
    return encoder.takeRecord() ?? Buffer.alloc(0);
  });
  return Buffer.concat(records);
}

const shown = (list: readonly Tick[]) => JSON.parse(JSON.stringify(list));

describe('a box', () => {
  it('gives back what was written, to the microsecond and the byte', () => {
    fc.assert(
      fc.property(ticks, fc.nat(), (list, place) => {
        const half = place % (list.length + 1);

        const box = decodeBox(written([list.slice(0, half), list.slice(half)]));

        expect(box.head).toEqual(HEAD);
        expect(shown(box.ticks)).toEqual(shown(list));
        expect(box.endReason).toBeUndefined();
      }),
    );
  });

  it('torn off anywhere gives what lies whole before that', () => {
    fc.assert(
      fc.property(ticks, fc.nat(), fc.nat(), (list, halfway, place) => {
        const half = halfway % (list.length + 1);
        const first = list.slice(0, half);
        const whole = written([first, list.slice(half)]);
        const firstBytes = written([first]).length;
        const cut = firstBytes + (place % (whole.length - firstBytes + 1));

        const box = decodeBox(whole.subarray(0, cut));

        expect(box.ticks).toHaveLength(cut === whole.length ? list.length : half);
      }),
    );
  });

  it('with a wrong bit gives what lies before the record that has it', () => {
    const tick: Tick = { atMs: 5, input: { kind: 'started' }, outputs: [], isBlanked: false };
    const bytes = written([[tick], [tick], [tick]]);
    const at = written([[tick], [tick]]).length - 3;
    bytes[at]! ^= 0x10;

    expect(decodeBox(bytes).ticks).toHaveLength(1);
  });

  it('names why the call ended', () => {
    const encoder = new BoxEncoder();
    encoder.head(HEAD);
    encoder.end('silence');

    expect(decodeBox(encoder.takeRecord()!).endReason).toBe('silence');
  });

  it('that is none is refused, and so is one of another format', () => {
    expect(() => decodeBox(Buffer.from('RIFF and so on'))).toThrow('no black box');
    expect(() => decodeBox(written([[]], { ...HEAD, format: 3 as 2 }))).toThrow(
      'the box has format 3, this bridge reads 2',
    );
  });

  it('spends next to nothing on a silent line', () => {
    const frame = (index: number): Tick => ({
      atMs: 20 * index,
      input: { kind: 'callerAudio', mulaw: new Uint8Array(160).fill(0xff), timestampMs: 20 * index },
      outputs: [],
      isBlanked: false,
    });
    const second = Array.from({ length: 50 }, (_, index) => frame(index));

    expect(written([second]).length - written([[]]).length).toBeLessThan(600);
  });
});
