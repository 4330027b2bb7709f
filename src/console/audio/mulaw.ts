/** Code of PCM 0. */
export const MULAW_SILENCE = 0xff;

/** What is added before the segments begin, and the loudest that has a code. Source: ITU-T G.711, mu-law. */
const BIAS = 132;
const LOUDEST = 32_635;

const CODES = Uint8Array.from({ length: 65_536 }, (_, index) => encode((index << 16) >> 16));
const SAMPLES = Float32Array.from({ length: 256 }, (_, code) => decode(code) / 32_768);

/** The code of a sample from -1 to 1; what is louder is cut. */
export function mulawOf(sample: number): number {
  const pcm = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
  return CODES[pcm & 0xffff]!;
}

/** The sample of a code, from -1 to 1. */
export function sampleOf(code: number): number {
  return SAMPLES[code]!;
}

function encode(pcm: number): number {
  const magnitude = Math.min(LOUDEST, Math.abs(pcm) + BIAS);
  const segment = 31 - Math.clz32(magnitude >> 7);
  const step = (magnitude >> (segment + 3)) & 0x0f;
  return ~((pcm < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

function decode(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 7)) - BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}
