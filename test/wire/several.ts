import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { freshDatabase } from '../store/postgres.js';
import { type Bridge, startBridge } from './bridge.js';

/** A port that was free a moment ago, so that an instance can say where it is before it listens. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
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
    const environment = { PORT: await freePort(), ...options.environment };
    started.push(await startBridge({ ...options, database, environment }));
  }
  return started;
}

export async function twoInstances(options: Options = {}): Promise<[Bridge, Bridge]> {
  return (await severalInstances([options, options])) as [Bridge, Bridge];
}
