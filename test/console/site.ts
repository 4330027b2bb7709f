import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { realClock } from '../../src/clock.js';
import { FIXTURES_DIR, loadAgentFile } from '../../src/replay/fixture/fixture.js';
import { startLocalStack } from '../../src/replay/stack/local-stack.js';
import { freePort } from '../free-port.js';
import type {} from '../postgres-setup.js';
import { freshDatabase } from '../store/postgres.js';

export const NUMBER = '+14155550199';
/** Who says nothing while a slow browser is looked at is neither asked nor hung up on. */
const PATIENCE = { promptAfterMs: 600_000 };

/** The local stack with the console, an agent, and a number that is answered by it; known by the address it has. */
export async function startSite(environment: Readonly<Record<string, string>> = {}) {
  const [port, database] = await Promise.all([freePort(), freshDatabase()]);
  const url = `http://127.0.0.1:${port}`;
  const stack = await startLocalStack({
    ...{ port, publicUrl: url, clock: realClock() },
    environment: { DATABASE_URL: database.url, ...environment },
  });
  const { agent, number } = loadAgentFile(join(FIXTURES_DIR, 'agents', 'reception.yaml'));
  const { id: agentId } = await stack.admin.post<{ id: string }>('/agents', { ...agent, silence: PATIENCE });
  await stack.admin.put(`/numbers/${encodeURIComponent(NUMBER)}`, { ...number, agentId });

  /** Opens a page as whoever holds the token. That a person gets in by the form is for the tests of the frame. */
  async function logIn(page: Page, path = '/', token = stack.adminToken): Promise<void> {
    const answer = await page.context().request.post(`${url}/api/sessions`, { data: { token } });
    if (!answer.ok()) throw new Error(`The bridge let nobody in: ${await answer.text()}`);
    // What the form leaves behind: else the page does not ask who is logged in.
    await page.addInitScript((origin) => {
      if (location.origin === origin) localStorage.setItem('oratio.has-been', 'yes');
    }, url);
    await page.goto(url + path);
    await page
      .getByRole('navigation', { name: 'Pages' })
      .or(page.getByRole('button', { name: 'Navigation' }))
      .first()
      .waitFor();
  }

  async function close(): Promise<void> {
    await stack.close();
    await database.drop();
  }

  return { stack, url, databaseUrl: database.url, agentId, agentName: agent.name as string, logIn, close };
}

export type Site = Awaited<ReturnType<typeof startSite>>;
