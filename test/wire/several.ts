import { onTestFinished } from 'vitest';
import { type SteadyClock, steadyClock } from '../../src/replay/stack/steady-clock.js';
import { freePort } from '../free-port.js';
import { freshDatabase } from '../store/postgres.js';
import { type Bridge, startBridge } from './bridge.js';

/**
 * Eight times as fast as real time, until the test is over. Stands still while the process is kept from running: on a busy
 * machine an instance that asks another one does not give it up for that.
 */
export function swiftClock(): SteadyClock {
  const clock = steadyClock({ speed: 8 });
  onTestFinished(clock.stop);
  return clock;
}

type Options = Omit<NonNullable<Parameters<typeof startBridge>[0]>, 'database'>;

/** Instances on one database, until the test is over; each as its options say. */
export async function severalInstances(each: readonly Options[]): Promise<Bridge[]> {
  const database = await freshDatabase();
  const started: Bridge[] = [];
  onTestFinished(async () => {
    for (const bridge of started) await bridge.close();
    await database.drop();
  });
  for (const options of each) {
    const environment = { PORT: String(await freePort()), ...options.environment };
    started.push(await startBridge({ ...options, database, environment }));
  }
  return started;
}

export async function twoInstances(options: Options = {}): Promise<[Bridge, Bridge]> {
  return (await severalInstances([options, options])) as [Bridge, Bridge];
}
