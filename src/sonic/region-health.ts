import type { VoiceLoss } from '../call/ports.js';

/** How long a region that just lost a stream comes after the others, in ms. */
export const SHUNNED_MS = 30_000;

/** Losses that say something of the place; the others would have happened anywhere. */
const OF_THE_REGION: ReadonlySet<VoiceLoss> = new Set([
  'throttled',
  'refused',
  'faulted',
  'unreachable',
  'ended',
  'stalled',
]);

/** When each region last lost a stream, by the clock. */
export type RegionHealth = ReadonlyMap<string, number>;

export function withLoss(health: RegionHealth, region: string, loss: VoiceLoss, nowMs: number): RegionHealth {
  return OF_THE_REGION.has(loss) ? new Map([...health, [region, nowMs]]) : health;
}

/**
 * The regions in the order in which they are to be tried: as they were given, but those that lost a stream a short while
 * ago come last, the one whose loss is longest past first among them.
 */
export function inOrder(regions: readonly string[], health: RegionHealth, nowMs: number): string[] {
  const lostAtMs = (region: string): number => {
    const atMs = health.get(region);
    return atMs !== undefined && nowMs - atMs < SHUNNED_MS ? atMs : Number.NEGATIVE_INFINITY;
  };
  return [...regions].sort((a, b) => {
    const [first, second] = [lostAtMs(a), lostAtMs(b)];
    return first === second ? 0 : first - second;
  });
}
