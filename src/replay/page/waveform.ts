import { decodeMulaw } from '../../audio/mulaw.js';

/** Height of a full-scale sample in the drawing's units, above and below the middle. */
const HALF_HEIGHT = 100;
/** Speech seldom comes near full scale: shown at this multiple, cut at the edge. */
const GAIN = 1.5;

/** The outline of a mu-law voice as an SVG path: one column of the loudest samples each `stepMs`, x in ms. Silence is left out. */
export function waveformPath(mulaw: Uint8Array, stepMs = 20): string {
  const samples = new Int16Array(stepMs * 8);
  const parts: string[] = [];
  for (let offset = 0; offset < mulaw.length; offset += samples.length) {
    const count = decodeMulaw(mulaw.subarray(offset, offset + samples.length), samples);
    let high = 0;
    let low = 0;
    for (let index = 0; index < count; index++) {
      high = Math.max(high, samples[index] ?? 0);
      low = Math.min(low, samples[index] ?? 0);
    }
    const top = scaled(high);
    const bottom = scaled(-low);
    if (top + bottom < 2) continue;
    parts.push(`M${offset / 8 + stepMs / 2} ${-top}v${top + bottom}`);
  }
  return parts.join('');
}

function scaled(level: number): number {
  return Math.round(Math.min(1, (level / 32_768) * GAIN) * HALF_HEIGHT);
}
