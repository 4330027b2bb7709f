/** A stretch of a call that is looked at, in ms. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

const SHORTEST_MS = 2000;
const STEPS_MS = [1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000];
/** Nearer than this, times along the axis run into each other. */
const LEAST_TICK_PX = 70;

/** Nearer (below 1) or further away, so that `aroundMs` stays where it is. */
export function zoomed(view: View, factor: number, aroundMs: number, lengthMs: number): View {
  const spanMs = Math.min(lengthMs, Math.max(SHORTEST_MS, (view.toMs - view.fromMs) * factor));
  const share = (aroundMs - view.fromMs) / (view.toMs - view.fromMs);
  return placed(aroundMs - share * spanMs, spanMs, lengthMs);
}

export function moved(view: View, byMs: number, lengthMs: number): View {
  return placed(view.fromMs + byMs, view.toMs - view.fromMs, lengthMs);
}

/** The same stretch where it has that time in it, near its left edge. */
export function turnedTo(view: View, atMs: number, lengthMs: number): View {
  if (atMs >= view.fromMs && atMs <= view.toMs) return view;
  const spanMs = view.toMs - view.fromMs;
  return placed(atMs - spanMs / 10, spanMs, lengthMs);
}

export function isWhole(view: View, lengthMs: number): boolean {
  return view.fromMs <= 0 && view.toMs >= lengthMs;
}

function placed(fromMs: number, spanMs: number, lengthMs: number): View {
  const from = Math.max(0, Math.min(fromMs, lengthMs - spanMs));
  return { fromMs: from, toMs: from + spanMs };
}

/** Times along the axis, as many as there is room for. */
export function ticksOf({ fromMs, toMs }: View, widthPx: number): number[] {
  const most = Math.max(1, widthPx / LEAST_TICK_PX);
  const stepMs = STEPS_MS.find((step) => (toMs - fromMs) / step <= most) ?? 3_600_000;
  const ticks: number[] = [];
  for (let ms = Math.ceil(fromMs / stepMs) * stepMs; ms <= toMs; ms += stepMs) ticks.push(ms);
  return ticks;
}
