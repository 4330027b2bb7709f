import { rm } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { environmentOf } from '../../src/chaos/environment.js';
import { appStarter } from '../../src/chaos/in-process.js';
import { type Site, startSite } from '../../src/chaos/site.js';
import { steadyClock } from '../../src/replay/stack/steady-clock.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { freshDatabase } from '../store/postgres.js';

const SPEED = 2;

/** A bridge with everything around it in this process, on a clock that stands still while the machine is busy. */
export async function siteInOneProcess(sessionLimitMs: number): Promise<Site> {
  const clock = steadyClock({ speed: SPEED });
  const site = await startSite(clock, { sessionLimitMs });
  const database = await freshDatabase();
  const data = await temporaryDataDir();
  const own = { databaseUrl: database.url, dataDir: data.path, sessionLimitMs };
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
  return site;
}
