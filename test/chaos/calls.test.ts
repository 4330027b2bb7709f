import { rm } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { ChaosCall } from '../../src/chaos/call.js';
import { environmentOf } from '../../src/chaos/environment.js';
import { CALL_FAULTS, type CallFault } from '../../src/chaos/faults.js';
import { appStarter } from '../../src/chaos/in-process.js';
import { Injector } from '../../src/chaos/injector.js';
import { plannedCalls } from '../../src/chaos/plan.js';
import { formatViolations } from '../../src/chaos/report.js';
import { runCalls } from '../../src/chaos/round.js';
import { startSite } from '../../src/chaos/site.js';
import { steadyClock } from '../../src/replay/stack/steady-clock.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { freshDatabase } from '../store/postgres.js';

const SEED = 6;
const CALLS = 20;
const SPEED = 2;
/** Calls of about twelve seconds. */
const SHORT = { kinds: ['plain', 'interruption', 'tool', 'greeted'], mostTurns: 2, latestFaultMs: 11_000 } as const;
const SESSION_LIMIT_MS = 480_000;
const LIMIT_MS = 180_000;

/** The database is everybody's here, and a stream that falls silent takes as long as all the rest. */
const NOT_HERE: readonly CallFault[] = ['database-away', 'database-slow', 'stall'];

it(
  'no call is lost, no word answered twice, none credited unheard and no silence long, whatever fails in twenty calls',
  async () => {
    const clock = steadyClock({ speed: SPEED });
    const site = await startSite(clock, { sessionLimitMs: SESSION_LIMIT_MS });
    const database = await freshDatabase();
    const data = await temporaryDataDir();
    const own = { databaseUrl: database.url, dataDir: data.path, sessionLimitMs: SESSION_LIMIT_MS };
    const start = appStarter(site, environmentOf(site, own), () => undefined);
    onTestFinished(async () => {
      for (const instance of site.balancer.instances) await instance.kill();
      await site.close();
      clock.stop();
      await database.drop();
      await rm(data.path, { recursive: true, force: true });
    });
    // One alone: instances tell each other that they live by the database's clock, which does not stand still.
    site.balancer.add(await start('one'));
    await site.furnish(site.balancer.next());
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
