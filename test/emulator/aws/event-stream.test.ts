import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFrame,
  encodeFrame,
  FrameFault,
  FrameReader,
  type HeaderValue,
} from '../../../src/emulator/aws/event-stream.js';

const headers = new Map<string, HeaderValue>([
  [':date', { type: 'timestamp', value: 1_767_323_045_123 }],
  [':chunk-signature', { type: 'bytes', value: Buffer.alloc(32, 7) }],
  [':event-type', { type: 'string', value: 'chunk' }],
]);

describe('event-stream frames', () => {
  // The two vectors are those of the Smithy event-stream specification's test suite.
  it.each([
    ['an empty message', '', '000000100000000005c248eb7d98c8ff'],
    ['a payload without headers', "{'foo':'bar'}", '0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936'],
  ])('encodes and decodes %s as published', (_title, payload, hex) => {
    expect(encodeFrame(new Map(), Buffer.from(payload)).toString('hex')).toBe(hex);
    expect(Buffer.from(decodeFrame(Buffer.from(hex, 'hex')).payload).toString()).toBe(payload);
  });

  it('gives back the headers it encoded, with their types', () => {
    const frame = decodeFrame(encodeFrame(headers, Buffer.from('x')));

    expect([...frame.headers]).toEqual([...headers]);
  });

  it('finds the same frames however the bytes are split', () => {
    const frames = ['one', '', 'three'].map((payload) => encodeFrame(headers, Buffer.from(payload)));
    const bytes = Buffer.concat(frames);

    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const reader = new FrameReader();
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const payloads = edges
          .slice(1)
          .flatMap((edge, index) => reader.push(bytes.subarray(edges[index], edge)))
          .map((frame) => Buffer.from(frame.payload).toString());
        expect(payloads).toEqual(['one', '', 'three']);
        expect(reader.pendingBytes).toBe(0);
      }),
    );
  });

  it('notices every changed byte', () => {
    const frame = encodeFrame(headers, Buffer.from('payload'));

    for (let at = 0; at < frame.length; at++) {
      const bad = Buffer.from(frame);
      bad[at]! ^= 0x10;
      expect(() => decodeFrame(bad), `byte ${at}`).toThrow(FrameFault);
    }
  });

  it('refuses a frame that says it is longer than any may be, without waiting for it', () => {
    const reader = new FrameReader();
    const prelude = encodeFrame(new Map(), new Uint8Array());
    prelude.writeUInt32BE(0x7fffffff, 0);

    expect(() => reader.push(prelude)).toThrow(FrameFault);
  });
});
