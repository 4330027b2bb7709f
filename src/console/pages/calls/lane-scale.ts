import type { Turn } from '../../api/types.ts';
import type { View } from './view.ts';

/** Nothing is drawn narrower. */
export const LEAST_PX = 3;
/** About how wide a letter of a label is. */
export const LETTER_PX = 6.9;
export const ICON_PX = 12;

type Span = Pick<Turn, 'startMs' | 'endMs'>;

/** Where a time is, in px. */
export interface Scale {
  readonly view: View;
  readonly widthPx: number;
  x(ms: number): number;
  /** Whether any of it can be seen. */
  sees(startMs: number, endMs: number): boolean;
}

export function scaleOf(view: View, widthPx: number): Scale {
  return {
    view,
    widthPx,
    x: (ms) => ((ms - view.fromMs) / (view.toMs - view.fromMs)) * widthPx,
    sees: (startMs, endMs) => endMs >= view.fromMs && startMs <= view.toMs,
  };
}

export function widthOf({ startMs, endMs }: Span, scale: Scale): number {
  return Math.max(LEAST_PX, scale.x(Math.max(startMs, endMs)) - scale.x(startMs));
}

/** Of those that would be drawn over one another, the first: of a long call there are more than px. */
export function distinct<Item extends Span>(items: readonly Item[], scale: Scale, leastPx = LEAST_PX): Item[] {
  let freeFromPx = Number.NEGATIVE_INFINITY;
  return items.filter((item) => {
    const end = Math.max(scale.x(item.startMs) + leastPx, scale.x(item.endMs));
    if (end < freeFromPx + 1) return false;
    freeFromPx = end;
    return true;
  });
}
