import { SHORT_LIFE_MS } from './injector.js';
import type { CallKind, CallPlan } from './plan.js';
import { type CallResult, type RoundOptions, runCalls } from './round.js';
import type { Site } from './site.js';

/** Whether the streams of such a call are renewed because their own time is up, and can be. */
export function isByLimit(kind: CallKind): boolean {
  return kind !== 'credentials' && kind !== 'no room';
}

/**
 * Carries calls whose streams are renewed: those whose own time is up, then those whose credentials expire, and those for which
 * there is no second stream at the model.
 */
export async function renewals(
  site: Site,
  options: Omit<RoundOptions, 'plans'>,
  plans: readonly CallPlan[],
): Promise<CallResult[]> {
  const of = (isOne: (kind: CallKind) => boolean) => plans.filter(({ kind }) => isOne(kind));
  const results = await runCalls(site, { ...options, plans: of(isByLimit) });
  site.credentials.setLifeMs(SHORT_LIFE_MS);
  results.push(...(await runCalls(site, { ...options, plans: of((kind) => kind === 'credentials') })));
  site.credentials.setLifeMs(undefined);

  const crowded = of((kind) => kind === 'no room');
  const [model, other] = site.models;
  model.setQuota(Math.min(crowded.length, options.atOnce));
  other.setQuota(0);
  results.push(...(await runCalls(site, { ...options, plans: crowded })));
  for (const each of site.models) each.setQuota(undefined);
  return results;
}
