export type DistanceMetric = 'cosine' | 'euclidean';

/** A vector as it is stored: numbers of 32 bits. */
export type Components = Float32Array<ArrayBuffer>;

/** How far two vectors of the same length are apart; the smaller, the more alike. Cosine: 0 to 2. */
export function distance(metric: DistanceMetric, a: Components, b: Components): number {
  let dot = 0;
  let squaredA = 0;
  let squaredB = 0;
  let squaredGap = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    dot += x * y;
    squaredA += x * x;
    squaredB += y * y;
    squaredGap += (x - y) ** 2;
  }
  if (metric === 'euclidean') return Math.fround(Math.sqrt(squaredGap));
  return Math.fround(Math.min(2, Math.max(0, 1 - dot / Math.sqrt(squaredA * squaredB))));
}

/** What is wrong with a vector for an index; undefined when nothing is. Judged after the rounding to 32 bits. */
export function vectorFault(vector: Components, dimension: number, metric: DistanceMetric): string | undefined {
  if (vector.length !== dimension) return `vector must have length ${dimension}, but has length ${vector.length}`;
  if (!vector.every(Number.isFinite)) return 'vector contains NaNs or Infs';
  if (metric === 'cosine' && vector.every((component) => component === 0)) {
    return 'cosine distance does not support vectors with zero norm';
  }
  return undefined;
}
