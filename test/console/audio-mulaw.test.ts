import alawmulaw from 'alawmulaw';
import { describe, expect, it } from 'vitest';
import { MULAW_SILENCE, mulawOf, sampleOf } from '../../src/console/audio/mulaw.js';

describe('mu-law in the browser', () => {
  it('has for all 65,536 samples the code that alawmulaw has', () => {
    const wrong: number[] = [];
    for (let pcm = -32_768; pcm < 32_768; pcm++) {
      if (mulawOf(pcm / 32_768) !== (alawmulaw.mulaw.encodeSample(pcm) & 0xff)) wrong.push(pcm);
    }

    expect(wrong).toEqual([]);
  });

  it('has for every code the sample that alawmulaw has', () => {
    const wrong: number[] = [];
    for (let code = 0; code < 256; code++) {
      if (sampleOf(code) * 32_768 !== alawmulaw.mulaw.decodeSample(code)) wrong.push(code);
    }

    expect(wrong).toEqual([]);
  });

  it('cuts what is louder than full scale, and has one silence', () => {
    expect([mulawOf(1.5), mulawOf(-1.5)]).toEqual([mulawOf(1), mulawOf(-1)]);
    expect(mulawOf(0)).toBe(MULAW_SILENCE);
    expect(Math.abs(sampleOf(MULAW_SILENCE))).toBe(0);
  });
});
