import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, launchBrowser, openViewer, overflowOf, screenshot } from './browser.js';
import { NUMBER, type Site, startSite } from './site.js';

const OTHER = '+14155550101';
const MARKUP = `<b>${'Desk'.repeat(20)}</b> & "sons"`;

let site: Site;
let browser: Browser;
let page: Page;
let troubles: readonly string[];

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  await site.stack.admin.put(`/numbers/${encodeURIComponent(OTHER)}`, {
    agentId: site.agentId,
    fallback: { say: MARKUP },
  });
  await site.stack.admin.post('/tokens', { name: MARKUP, role: 'viewer' });
  const call = await site.stack.phone.call({ from: '+14155550100', to: NUMBER });
  await call.hangUp();
  ({ page, troubles } = await openViewer(browser, { width: 390, scheme: 'dark' }));
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** How many of each the browser tells a screen reader. */
async function spokenRoles(): Promise<Record<string, number>> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const counts: Record<string, number> = { table: 0, columnheader: 0, row: 0, cell: 0 };
  for (const { ignored, role } of nodes) {
    if (!ignored && typeof role?.value === 'string' && role.value in counts) counts[role.value]! += 1;
  }
  return counts;
}

/** What stands above each cell of the first card. */
function namesInCard(): Promise<string[]> {
  return page
    .getByRole('row')
    .nth(1)
    .getByRole('cell')
    .evaluateAll((cells) => cells.map((cell) => /"(.*?)"/.exec(getComputedStyle(cell, '::before').content)?.[1] ?? ''));
}

describe('a list on a narrow screen', () => {
  it.each([
    ['numbers', '/numbers', 2, ['', '', 'Twilio', 'Agent', 'Fallback', 'Hours', 'Recording', 'Updated']],
    ['calls', '/calls', 1, ['', 'Caller', 'Number', 'Agent', 'State', 'Duration', 'Turns', 'Tools', 'Dead air']],
    ['people', '/people', 1, ['', 'Role', 'Created', 'Last used', 'State', 'Action']],
    ['audit', '/people?tab=audit', 4, ['', 'Who', 'Did', 'Object', 'Change']],
  ] as const)('is of cards that fit, and still a table to hear: %s', async (name, path, count, names) => {
    await site.logIn(page, path);
    const cards = page.getByRole('table').getByRole('row');
    await cards.nth(count).waitFor();

    const lefts = await cards
      .nth(1)
      .getByRole('cell')
      .evaluateAll((cells) =>
        cells.filter((cell) => cell.textContent !== '').map((cell) => Math.round(cell.getBoundingClientRect().left)),
      );
    expect(new Set(lefts).size).toBeLessThanOrEqual(2);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await page.locator('.list-scroll').evaluate((list) => list.scrollWidth - list.clientWidth)).toBe(0);
    expect(await namesInCard()).toEqual(names);
    const rows = await cards.count();
    expect(await spokenRoles()).toMatchObject({ table: 1, columnheader: names.length, row: rows });
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, `narrow-${name}-dark-390`);
    expect(troubles).toEqual([]);
  });

  it('leads where the table does, and selects', async () => {
    await page.goto(`${site.url}/numbers`);
    await page.getByLabel('Select +1 415 555 0101').check();
    await page.getByText('1 of 2 selected').waitFor();
    await page.getByRole('link', { name: '+1 415 555 0101' }).click();
    await page.getByRole('dialog').getByLabel('Notice').waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
  });
});
