import type { TestProject } from 'vitest/node';
import { buildProcesses } from './built.js';
import startPostgres from './postgres-setup.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where what tests start as processes of their own is built. */
    builtFolder: string;
  }
}

/** The server of the run and what tests start, both at once: one waits mostly while the other works. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const building = buildProcesses();
  const starting = startPostgres(project);
  const [built, started] = await Promise.allSettled([building, starting]);
  const release = async () => {
    if (started.status === 'fulfilled') await started.value();
    if (built.status === 'fulfilled') await built.value.remove();
  };
  for (const each of [built, started]) {
    if (each.status === 'fulfilled') continue;
    await release();
    throw each.reason;
  }
  if (built.status === 'fulfilled') project.provide('builtFolder', built.value.folder);
  return release;
}
