/** Level of the samples in dB relative to full scale (32768): a full-scale sine is -3, silence (or nothing) -Infinity. */
export function rmsDbfs(samples: Int16Array): number {
  if (samples.length === 0) return Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!;
  return 10 * Math.log10(sum / samples.length / 32_768 ** 2);
}

/** Largest sample in dB relative to full scale (32768); silence (or nothing) is -Infinity. */
export function peakDbfs(samples: Int16Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!));
  return 20 * Math.log10(peak / 32_768);
}
