import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import { PATIENT } from './audio-page.js';
import { axeViolations, launchBrowser, openViewer, overflowOf, screenshot, type Viewer } from './browser.js';
import { type ManyCalls, startManyCalls } from './many-calls.js';

const CALLS = 1000;
/** Rows that a board of this height shows, and those kept ready above and below. */
const MOST_ROWS = 40;

let many: ManyCalls;
let browser: Browser;
let viewer: Viewer;
let page: Page;

beforeAll(async () => {
  [many, browser] = await Promise.all([startManyCalls(CALLS), launchBrowser()]);
  viewer = await openViewer(browser);
  page = viewer.page;
  await many.logIn(page);
  await page.getByText(`${CALLS} calls`, { exact: true }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await many?.close();
});

const said = (text: string): CallFact => ({
  kind: 'turnChanged',
  index: 0,
  turn: { role: 'caller', text, startMs: 0, endMs: 0 },
});
const row = (callSid: string) => page.locator(`[data-call="${callSid}"]`);
/** The next newer one. */
const rowBefore = (callSid: string) => row(many.callSids[many.callSids.indexOf(callSid) + 1]!);
const rowCount = () => page.locator('[data-call]').count();
const focusedCall = () =>
  page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-call]')?.dataset.call);
const focusIsElsewhere = (before: string | undefined) =>
  document.activeElement?.closest<HTMLElement>('[data-call]')?.dataset.call !== before;
/** Calls on the page from top to bottom, as they are placed. */
const placedCalls = () =>
  page.locator('[data-call]').evaluateAll((rows) =>
    rows
      .map((each) => ({ callSid: (each as HTMLElement).dataset.call, top: each.getBoundingClientRect().top }))
      .sort((a, b) => a.top - b.top)
      .map(({ callSid }) => callSid),
  );

describe('a thousand calls', () => {
  it('are gone through by keys from the newest to the oldest, with few rows on the page', async () => {
    await row(many.callSids.at(-1)!).getByRole('link').focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(focusedCall, PATIENT).toBe(many.callSids.at(-2));
    await page.keyboard.press('ArrowUp');
    await expect.poll(focusedCall, PATIENT).toBe(many.callSids.at(-1));

    const seen = new Set<string | undefined>();
    let before = await focusedCall();
    for (let presses = 0; presses < CALLS && !seen.has(many.callSids[0]); presses++) {
      await page.keyboard.press('PageDown');
      await page.waitForFunction(focusIsElsewhere, before);
      // The row itself may be there before those around it.
      await rowBefore((await focusedCall())!).waitFor();
      const there = await placedCalls();
      expect(there.length).toBeLessThanOrEqual(MOST_ROWS);
      for (const callSid of there) seen.add(callSid);
      before = await focusedCall();
    }

    expect(seen.size).toBe(CALLS);
    await page.keyboard.press('Home');
    await expect.poll(focusedCall, PATIENT).toBe(many.callSids.at(-1));
    await page.keyboard.press('End');
    await expect.poll(focusedCall, PATIENT).toBe(many.callSids[0]);
    await rowBefore(many.callSids[0]!).waitFor();
  });

  it('keep their order while they change, and the row with the focus keeps it', async () => {
    const order = await placedCalls();
    for (const callSid of many.callSids) many.tell(callSid, said('All change at once.'));
    await row(many.callSids[0]!).getByText('All change at once.').waitFor();

    expect(await placedCalls()).toEqual(order);
    expect(await focusedCall()).toBe(many.callSids[0]);
    // Far away from what is looked at, it can still be gone on from.
    await page.locator('.board').evaluate((board) => board.scrollTo({ top: 0 }));
    await row(many.callSids.at(-1)!).waitFor();
    expect(await focusedCall()).toBe(many.callSids[0]);
    expect(await rowCount()).toBeLessThanOrEqual(MOST_ROWS);
    await page.keyboard.press('ArrowUp');
    await expect.poll(focusedCall, PATIENT).toBe(many.callSids[1]);
  });

  it('stand still under the eye of who has scrolled down while new ones ring', async () => {
    const top = () => row(many.callSids[1]!).evaluate((each) => Math.round(each.getBoundingClientRect().top));
    const before = await top();
    const fresh = Array.from({ length: 5 }, () => many.ring());
    await page.getByText(`${CALLS + 5} calls`, { exact: true }).waitFor();

    expect(await top()).toBe(before);
    expect(await focusedCall()).toBe(many.callSids[1]);
    await page.keyboard.press('Home');
    await expect.poll(focusedCall, PATIENT).toBe(fresh.at(-1));
  });

  it('are found by what is said, as it is said, and by what they do', async () => {
    const [, , told] = many.callSids;
    await page.getByLabel('Number, agent or words').fill('cinnamon');
    await page.getByText('No calls match').waitFor();
    many.tell(told!, said('Is there cinnamon in it?'));
    await row(told!).getByText('Is there cinnamon in it?').waitFor();
    expect(await rowCount()).toBe(1);
    await page.getByLabel('Number, agent or words').fill('');

    await page.getByText('Tool running').click();
    await page.getByText('No calls match').waitFor();
    const toolCall = { id: 't1', name: 'findOrder', kind: 'webhook', input: {}, output: {}, startMs: 0, durationMs: 0 };
    many.tell(told!, { kind: 'toolChanged', toolCall: { ...toolCall, outcome: 'running' } });
    await row(told!).getByText('findOrder').waitFor();
    expect(await rowCount()).toBe(1);
    await page.getByText('All', { exact: true }).click();
    await expect.poll(rowCount, PATIENT).toBeGreaterThan(10);
  });

  it('look as they should, and nothing has gone wrong', async () => {
    await screenshot(page, 'live-many-light-1440');
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(rowCount, PATIENT).toBeLessThanOrEqual(MOST_ROWS);
    await screenshot(page, 'live-many-dark-390');
    expect(await axeViolations(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(viewer.troubles).toEqual([]);
  });
});
