import { expect, it } from 'vitest';
import { Injector, SHORT_LIFE_MS } from '../../src/chaos/injector.js';
import { RENEWAL_STATES, renewalCalls, SHORT_SESSION_MS } from '../../src/chaos/plan.js';
import { formatViolations } from '../../src/chaos/report.js';
import { runCalls } from '../../src/chaos/round.js';
import { siteInOneProcess } from './one-process.js';

const SEED = 1;
const LIMIT_MS = 360_000;

it(
  'no sample of callers is lost or heard twice at renewals, and no gap is in the agent’s speech, whoever speaks',
  async () => {
    const site = await siteInOneProcess(SHORT_SESSION_MS);
    const injector = new Injector(site, undefined);
    const plans = renewalCalls(SEED, RENEWAL_STATES.length);
    const carry = (isOf: (kind: string) => boolean) => {
      const given = plans.filter(({ kind }) => isOf(kind));
      return runCalls(site, { plans: given, atOnce: given.length, injector });
    };

    const results = await carry((kind) => kind !== 'credentials');
    site.credentials.setLifeMs(SHORT_LIFE_MS);
    results.push(...(await carry((kind) => kind === 'credentials')));

    const flaws = results.filter(
      ({ changes, gapsMs }) => gapsMs.length > 0 || changes.some(({ lost, repeated }) => lost + repeated > 0),
    );
    expect(flaws.map(({ plan, changes, gapsMs, story }) => ({ kind: plan.kind, changes, gapsMs, story }))).toEqual([]);
    expect(formatViolations(`seed ${SEED}`, results)).toBe('');
    expect(results.filter(({ changes }) => changes.length === 0).map(({ plan }) => plan.kind)).toEqual([]);
  },
  LIMIT_MS,
);
