import { expect, it } from 'vitest';
import type { ChaosCall } from '../../src/chaos/call.js';
import { CALL_FAULTS, type CallFault } from '../../src/chaos/faults.js';
import { Injector } from '../../src/chaos/injector.js';
import { plannedCalls } from '../../src/chaos/plan.js';
import { formatViolations } from '../../src/chaos/report.js';
import { runCalls } from '../../src/chaos/round.js';
import { siteInOneProcess } from './one-process.js';

/** Of the faults it leaves out some that are of the same kind as others. */
const SEED = 27;
const CALLS = 20;
/** Calls of about twelve seconds. */
const SHORT = { kinds: ['plain', 'interruption', 'tool', 'greeted'], mostTurns: 2, latestFaultMs: 11_000 } as const;
const SESSION_LIMIT_MS = 480_000;
const LIMIT_MS = 400_000;

/** The database and the disk are everybody's here, and a stream that falls silent takes as long as all the rest. */
const NOT_HERE: readonly CallFault[] = ['database-away', 'database-slow', 'disk-full', 'disk-slow', 'stall'];

it(
  'no call is lost, no word answered twice, none credited unheard and no silence long, whatever fails in twenty calls',
  async () => {
    const site = await siteInOneProcess(SESSION_LIMIT_MS);
    const injector = new Injector(site, undefined);
    const faults = CALL_FAULTS.filter((name) => !NOT_HERE.includes(name));
    const calls: ChaosCall[] = [];

    const results = await runCalls(site, {
      ...{ plans: plannedCalls(SEED, CALLS, faults, SHORT), atOnce: CALLS, injector },
      ended: (call) => calls.push(call),
    });
    await injector.settled();

    expect(formatViolations(`seed ${SEED}`, results)).toBe('');
    expect(calls.flatMap(({ strikes }) => strikes).length).toBeGreaterThan(CALLS * 0.8);
    expect(calls.flatMap(({ streams }) => streams).filter(({ endedBy }) => endedBy === undefined)).toEqual([]);
  },
  LIMIT_MS,
);
