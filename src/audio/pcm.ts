declare const rateHz: unique symbol;

/** 16-bit mono PCM in host order that knows its sample rate at compile time. At run time it is a plain Int16Array. */
export type Pcm<Rate extends number> = Int16Array & { readonly [rateHz]: Rate };

/** Receives a view of a converter's own scratch memory: valid until that converter is pushed, flushed or reset again. */
export type PcmSink<Rate extends number> = (samples: Pcm<Rate>) => void;

export const SAMPLES_PER_MS_8K = 8;
export const SAMPLES_PER_MS_24K = 24;

/** Converters work in slices of this length, so their scratch memory is allocated once and never regrown. */
export const SLICE_MS = 20;

/** Brands samples with the rate they were taken at. Nothing is copied or converted. */
export function asPcm<Rate extends number>(samples: Int16Array, _rateHz: Rate): Pcm<Rate> {
  return samples as Pcm<Rate>;
}

/** Nearest 16-bit value; what lies outside the range is clamped, never wrapped. */
export function toInt16(value: number): number {
  if (value >= 32767) return 32767;
  if (value <= -32768) return -32768;
  return Math.round(value);
}
