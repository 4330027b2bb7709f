import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, openViewer, screenshot } from './browser.js';
import { type Site, startSite } from './site.js';

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

it('the page of the API lists every operation, opens one, and its content policy has nothing to stop', {
  timeout: 180_000,
}, async () => {
  const document = (await (await fetch(`${site.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const wanted = Object.values(document.paths).flatMap((path) => Object.values(path).map((each) => each.operationId));
  const { page, troubles } = await openViewer(browser);

  const answer = await page.goto(`${site.url}/docs`);
  await page.locator('.opblock').first().waitFor({ timeout: 90_000 });
  const listed = await page.locator('.opblock').evaluateAll((blocks) => blocks.map(({ id }) => id.replace(/^.*-/, '')));
  await page.locator('#operations-agents-createAgent .opblock-summary-control').click();
  await page.locator('#operations-agents-createAgent').getByText('systemPrompt').first().waitFor();
  await screenshot(page, 'docs');

  expect(answer?.headers()['content-security-policy']).toContain("default-src 'self'");
  expect(listed.sort()).toEqual(wanted.sort());
  expect(troubles).toEqual([]);
});
