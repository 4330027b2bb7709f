import { expect, it } from 'vitest';
import { Injector } from '../../src/chaos/injector.js';
import { RENEWAL_STATES, renewalCalls, SHORT_SESSION_MS } from '../../src/chaos/plan.js';
import { renewals } from '../../src/chaos/renewals.js';
import { formatViolations } from '../../src/chaos/report.js';
import { siteInOneProcess } from './one-process.js';

const SEED = 1;
const LIMIT_MS = 360_000;
/** An answer that outlasts its stream is cut, and goes on after this at most. */
const LONGEST_CUT_MS = 1500;

it(
  'no sample of callers is lost or heard twice at renewals, and no gap is in the agent’s speech, whoever speaks',
  async () => {
    const site = await siteInOneProcess(SHORT_SESSION_MS);
    const plans = renewalCalls(SEED, RENEWAL_STATES.length);

    const results = await renewals(site, { atOnce: plans.length, injector: new Injector(site, undefined) }, plans);

    const flaws = results.filter(
      ({ changes, gapsMs }) => gapsMs.length > 0 || changes.some(({ lost, repeated }) => lost + repeated > 0),
    );
    expect(flaws.map(({ plan, changes, gapsMs, story }) => ({ kind: plan.kind, changes, gapsMs, story }))).toEqual([]);
    expect(formatViolations(`seed ${SEED}`, results)).toBe('');
    expect(results.filter(({ changes }) => changes.length === 0).map(({ plan }) => plan.kind)).toEqual([]);
    const cuts = results.flatMap(({ cutMs }) => cutMs ?? []);
    expect(cuts.map((cutMs) => cutMs > 0 && cutMs < LONGEST_CUT_MS)).toEqual([true]);
  },
  LIMIT_MS,
);
