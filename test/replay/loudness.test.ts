import { describe, expect, it } from 'vitest';
import { encodeMulaw } from '../../src/audio/mulaw.js';
import { clicksIn, clipping, loudnessDbfs } from '../../src/replay/expect/loudness.js';

const SECOND = { startMs: 0, endMs: 1000, cut: false };

/** A second of a 200 Hz tone of full scale times `level`, silent where `isSilent` says so (ms). */
function mulaw(level: number, isSilent: (atMs: number) => boolean = () => false): Uint8Array {
  const samples = Int16Array.from({ length: 8000 }, (_, index) =>
    isSilent(index / 8) ? 0 : Math.round(32_767 * level * Math.sin((2 * Math.PI * 200 * index) / 8000)),
  );
  const bytes = new Uint8Array(samples.length);
  encodeMulaw(samples, bytes);
  return bytes;
}

describe('loudness', () => {
  it('is the level of the voice', () => {
    expect(loudnessDbfs(mulaw(1), SECOND)).toBeCloseTo(-3, 0);
    expect(loudnessDbfs(mulaw(0.1), SECOND)).toBeCloseTo(-23, 0);
  });

  it('leaves pauses out', () => {
    const halfSilent = mulaw(0.1, (atMs) => atMs % 200 >= 100);

    expect(loudnessDbfs(halfSilent, SECOND)).toBeCloseTo(-23, 0);
  });

  it('is none for silence, and where nothing was heard', () => {
    expect(loudnessDbfs(mulaw(0), SECOND)).toBe(Number.NEGATIVE_INFINITY);
    expect(loudnessDbfs(new Uint8Array(), SECOND)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('clipping', () => {
  it('is the share of samples that are as loud as can be, and where it begins', () => {
    const sound = mulaw(0.3);
    sound.fill(0x80, 800, 840);
    sound.fill(0x00, 840, 880);

    expect(clipping(sound, [SECOND])).toEqual({ percent: 1, atMs: 100 });
    expect(clipping(sound, [{ startMs: 200, endMs: 400 }])).toEqual({ percent: 0, atMs: undefined });
    expect(clipping(sound, [])).toEqual({ percent: 0, atMs: undefined });
  });
});

describe('clicks', () => {
  const hole = mulaw(0.3, (atMs) => atMs >= 500.625 && atMs < 520.625);

  it('are where a wave breaks off and where it begins again', () => {
    expect(clicksIn(hole, SECOND)).toEqual([500.5, 520.625]);
  });

  it('are none in a tone that begins and ends softly, nor in one that is soft', () => {
    expect(clicksIn(mulaw(0.3), SECOND)).toEqual([]);
    expect(
      clicksIn(
        mulaw(0.05, (atMs) => atMs >= 500.625 && atMs < 520.625),
        SECOND,
      ),
    ).toEqual([]);
  });

  it('are none where the bridge cleared the rest', () => {
    const cleared = hole.subarray(0, 500.625 * 8);
    const stretch = { startMs: 0, endMs: 500.625 };

    expect(clicksIn(cleared, { ...stretch, cut: true })).toEqual([]);
    expect(clicksIn(cleared, { ...stretch, cut: false })).toEqual([500.5]);
  });
});
