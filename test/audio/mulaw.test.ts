import alawmulaw from 'alawmulaw';
import { describe, expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from '../../src/audio/mulaw.js';
import { toInt16 } from '../../src/audio/pcm.js';

const EVERY_SAMPLE = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
const EVERY_CODE = Uint8Array.from({ length: 256 }, (_, i) => i);

describe('mu-law', () => {
  it('encodes all 65,536 samples like alawmulaw', () => {
    const out = new Uint8Array(65_536);

    expect(encodeMulaw(EVERY_SAMPLE, out)).toBe(65_536);

    expect(Buffer.from(out).equals(alawmulaw.mulaw.encode(EVERY_SAMPLE))).toBe(true);
  });

  it('decodes all 256 codes like alawmulaw', () => {
    const out = new Int16Array(256);

    expect(decodeMulaw(EVERY_CODE, out)).toBe(256);

    expect(out).toEqual(alawmulaw.mulaw.decode(EVERY_CODE));
  });

  it('returns every code after decoding and encoding, except that negative zero becomes zero', () => {
    const samples = new Int16Array(256);
    const codes = new Uint8Array(256);
    decodeMulaw(EVERY_CODE, samples);
    encodeMulaw(samples, codes);

    expect(codes).toEqual(EVERY_CODE.map((code) => (code === 0x7f ? 0xff : code)));
  });

  it('keeps silence silent in both directions', () => {
    const codes = new Uint8Array(160);
    encodeMulaw(new Int16Array(160), codes);
    const samples = new Int16Array(2).fill(1);
    decodeMulaw(Uint8Array.of(0xff, 0x7f), samples);

    expect(MULAW_SILENCE).toBe(0xff);
    expect(codes).toEqual(new Uint8Array(160).fill(0xff));
    expect(samples).toEqual(Int16Array.of(0, 0));
  });

  it('clamps what a filter overshoots instead of wrapping it to the other sign', () => {
    const codes = new Uint8Array(4);
    encodeMulaw(Int16Array.from([40_000, 32_768, -40_000, -32_769], toInt16), codes);

    expect([...codes]).toEqual([0x80, 0x80, 0x00, 0x00]);
    expect([32_767.6, -32_768.7, 1e9, -1e9, 0.4, -1.6].map(toInt16)).toEqual([32_767, -32_768, 32_767, -32_768, 0, -2]);
  });

  it('writes no further than the room it was given', () => {
    const codes = new Uint8Array(3);
    const samples = new Int16Array(2);

    expect(encodeMulaw(EVERY_SAMPLE, codes)).toBe(3);
    expect(decodeMulaw(EVERY_CODE, samples)).toBe(2);
  });

  it('writes behind what is already there', () => {
    const codes = Uint8Array.of(1, 2, 3);
    const samples = Int16Array.of(1, 2, 3);

    expect(encodeMulaw(Int16Array.of(0, 0, 0), codes, 1)).toBe(2);
    expect(decodeMulaw(Uint8Array.of(0), samples, 2)).toBe(1);
    expect([...codes]).toEqual([1, 0xff, 0xff]);
    expect([...samples]).toEqual([1, 2, -32_124]);
  });
});
