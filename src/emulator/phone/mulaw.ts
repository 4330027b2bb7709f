/** Mu-law's zero: what Twilio sends while nobody speaks. Source: ITU-T G.711. */
export const MULAW_SILENCE = 0xff;
export const MULAW_BYTES_PER_MS = 8;
const BIAS = 0x84;
const CLIP = 32_635;

const DECODED = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + BIAS) << ((code >> 4) & 0x07)) - BIAS;
  return code & 0x80 ? -magnitude : magnitude;
});

const ENCODED = Uint8Array.from({ length: 65_536 }, (_, index) => {
  const sample = index - 32_768;
  const biased = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = Math.floor(Math.log2(biased)) - 7;
  const mantissa = (biased >> (exponent + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
});

/** 16-bit samples to one byte each; out of range cannot happen. */
export function encodeMulaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (let index = 0; index < samples.length; index++)
    bytes[index] = ENCODED[(samples[index] as number) + 32_768] as number;
  return bytes;
}

export function decodeMulaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) samples[index] = DECODED[bytes[index] as number] as number;
  return samples;
}

/** So many bytes of silence. */
export function mulawSilence(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength).fill(MULAW_SILENCE);
}
