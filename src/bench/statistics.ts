/** What a row of figures comes to. */
export interface Summary {
  count: number;
  p50: number;
  p99: number;
  max: number;
  mean: number;
}

/** The value below which `share` (0 to 1) of the values lie, by nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  return ranked(sorted(values), share);
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Undefined when nothing was measured, so that no table shows a figure that is none. */
export function summaryOf(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  const order = sorted(values);
  return {
    count: order.length,
    p50: ranked(order, 0.5),
    p99: ranked(order, 0.99),
    max: order.at(-1)!,
    mean: order.reduce((sum, value) => sum + value, 0) / order.length,
  };
}

/** What several windows of the same come to: of each figure the median, of all the count and the highest. */
export function medianSummary(windows: readonly (Summary | undefined)[]): Summary | undefined {
  const measured = windows.filter((window) => window !== undefined);
  if (measured.length === 0) return undefined;
  return {
    count: measured.reduce((sum, { count }) => sum + count, 0),
    p50: median(measured.map(({ p50 }) => p50)),
    p99: median(measured.map(({ p99 }) => p99)),
    max: Math.max(...measured.map(({ max }) => max)),
    mean: median(measured.map(({ mean }) => mean)),
  };
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

function ranked(order: readonly number[], share: number): number {
  if (order.length === 0) return Number.NaN;
  return order[Math.min(order.length - 1, Math.max(0, Math.ceil(share * order.length) - 1))]!;
}
