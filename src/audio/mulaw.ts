import alawmulaw from 'alawmulaw';

/** Code of PCM 0. Pads frames and fills gaps. */
export const MULAW_SILENCE = 0xff;

const DECODED = new Int16Array(256);
for (let code = 0; code < 256; code++) DECODED[code] = alawmulaw.mulaw.decodeSample(code);

/** Indexed by the 16 bits of the sample read as unsigned. */
const ENCODED = new Uint8Array(65_536);
// The library returns negative codes (-1 for 0xff): masked here. Samples are Int16, so nothing outside 16 bits reaches it.
for (let sample = -32_768; sample < 32_768; sample++) {
  ENCODED[sample & 0xffff] = alawmulaw.mulaw.encodeSample(sample) & 0xff;
}

/**
 * Expands mu-law bytes to 8 kHz PCM in `out`, from `outOffset` on, and returns how many samples were written:
 * all of them, or as many as `out` has room for.
 */
export function decodeMulaw(payload: Uint8Array, out: Int16Array, outOffset = 0): number {
  const count = Math.min(payload.length, out.length - outOffset);
  for (let i = 0; i < count; i++) out[outOffset + i] = DECODED[payload[i]!]!;
  return count;
}

/**
 * Compresses 8 kHz PCM to mu-law bytes in `out`, from `outOffset` on, and returns how many bytes were written:
 * all of them, or as many as `out` has room for.
 */
export function encodeMulaw(samples: Int16Array, out: Uint8Array, outOffset = 0): number {
  const count = Math.min(samples.length, out.length - outOffset);
  for (let i = 0; i < count; i++) out[outOffset + i] = ENCODED[samples[i]! & 0xffff]!;
  return count;
}
