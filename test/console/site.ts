import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { realClock } from '../../src/clock.js';
import { FIXTURES_DIR, loadAgentFile } from '../../src/replay/fixture/fixture.js';
import { startLocalStack } from '../../src/replay/stack/local-stack.js';

export const NUMBER = '+14155550199';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The local stack with the console, an agent, and a number that is answered by it; known by the address it has. */
export async function startSite(environment: Readonly<Record<string, string>> = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const stack = await startLocalStack({ port, publicUrl: url, clock: realClock(), environment });
  const { agent, number } = loadAgentFile(join(FIXTURES_DIR, 'agents', 'reception.yaml'));
  const { id: agentId } = await stack.admin.post<{ id: string }>('/agents', agent);
  await stack.admin.put(`/numbers/${encodeURIComponent(NUMBER)}`, { ...number, agentId });

  /** Logs in as a person does, and waits for the page that was asked for. */
  async function logIn(page: Page, path = '/', token = stack.adminToken): Promise<void> {
    await page.goto(url + path);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page
      .getByRole('navigation', { name: 'Pages' })
      .or(page.getByRole('button', { name: 'Navigation' }))
      .first()
      .waitFor();
  }

  return { stack, url, agentId, agentName: agent.name as string, logIn, close: () => stack.close() };
}

export type Site = Awaited<ReturnType<typeof startSite>>;
