/** Two lists beside each other: what stands at the same place in both, or in one of them only. */
export type Aligned<Before, Now = Before> =
  | { before: Before; now: Now }
  | { before: Before; now?: undefined }
  | { before?: undefined; now: Now };

/**
 * Puts two lists side by side at the least cost. `cost` of a pair is 0 (the same) to 2; at 2 and above the two are not put
 * together. What is in one list only costs 1.
 */
export function aligned<Before, Now = Before>(
  before: readonly Before[],
  now: readonly Now[],
  cost: (before: Before, now: Now) => number,
): Aligned<Before, Now>[] {
  const width = now.length + 1;
  // costs[i][j]: of what is left from i and j on.
  const costs = new Float64Array((before.length + 1) * width);
  const at = (i: number, j: number) => costs[i * width + j] ?? 0;
  for (let i = before.length; i >= 0; i--) {
    for (let j = now.length; j >= 0; j--) {
      const left = before.length - i + (now.length - j);
      if (i === before.length || j === now.length) {
        costs[i * width + j] = left;
        continue;
      }
      const both = cost(before[i]!, now[j]!);
      costs[i * width + j] = Math.min(both + at(i + 1, j + 1), 1 + at(i + 1, j), 1 + at(i, j + 1));
    }
  }
  const pairs: Aligned<Before, Now>[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < now.length) {
    const both = i < before.length && j < now.length ? cost(before[i]!, now[j]!) : Number.POSITIVE_INFINITY;
    if (both < 2 && at(i, j) === both + at(i + 1, j + 1)) pairs.push({ before: before[i++]!, now: now[j++]! });
    else if (i < before.length && at(i, j) === 1 + at(i + 1, j)) pairs.push({ before: before[i++]! });
    else pairs.push({ now: now[j++]! });
  }
  return pairs;
}
