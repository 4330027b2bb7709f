import type { View } from './view.ts';

/** Speech seldom comes near full scale: shown at this multiple, cut at the edge. */
const GAIN = 1.6;
const LEAST_LEVEL = 0.004;

/**
 * Levels in equal steps of a stretch as an outline of upright strokes around `middle`; what is not in the view is left out.
 * `xOf` gives a time its place in px.
 */
export function wavePath(
  levels: readonly number[],
  { fromMs, toMs }: View,
  view: View,
  xOf: (ms: number) => number,
  middle: number,
  half: number,
): string {
  const stepMs = (toMs - fromMs) / levels.length;
  const parts: string[] = [];
  // Strokes on the same px are one: the loudest.
  let lastX = Number.NEGATIVE_INFINITY;
  let loudest = 0;
  const stroke = () => {
    if (loudest < LEAST_LEVEL) return;
    const height = Math.max(0.5, Math.min(1, loudest * GAIN) * half);
    parts.push(`M${lastX} ${(middle - height).toFixed(1)}v${(2 * height).toFixed(1)}`);
  };
  for (const [index, level] of levels.entries()) {
    const atMs = fromMs + (index + 0.5) * stepMs;
    if (atMs < view.fromMs || atMs > view.toMs) continue;
    const x = Math.round(xOf(atMs) * 2) / 2;
    if (x === lastX) {
      loudest = Math.max(loudest, level);
      continue;
    }
    stroke();
    lastX = x;
    loudest = level;
  }
  stroke();
  return parts.join('');
}

/** How wide each stroke is drawn so that they touch, in px. */
export function strokeWidthOf(levelCount: number, covered: View, view: View, widthPx: number): number {
  const stepPx = ((covered.toMs - covered.fromMs) / Math.max(1, levelCount) / (view.toMs - view.fromMs)) * widthPx;
  return Math.max(1, Math.min(4, stepPx));
}
