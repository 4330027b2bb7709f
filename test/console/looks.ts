import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { axeViolations, overflowOf, screenshot } from './browser.js';

const TABLET = 820;

/** Colours do not depend on the width, nor places on the colours: two stand for the others. */
const LOOKS = [
  { scheme: 'light', width: 1440, isAsked: true },
  { scheme: 'dark', width: 1440, isAsked: false },
  { scheme: 'light', width: TABLET, isAsked: false },
  { scheme: 'light', width: 390, isAsked: false },
  { scheme: 'dark', width: 390, isAsked: true },
] as const;

/**
 * The page as it is now, in both colours, on a desk, a tablet and a telephone: breaks no rule of accessibility, does not scroll sideways, and has its
 * picture taken. It is light and wide afterwards.
 */
export async function expectGoodLooks(page: Page, name: string): Promise<void> {
  for (const { scheme, width, isAsked } of LOOKS) {
    const look = `${name}-${scheme}-${width}`;
    await show(page, scheme, width);
    if (isAsked) expect(await axeViolations(page), look).toEqual([]);
    expect(await overflowOf(page), look).toBeLessThanOrEqual(0);
    // Where there is no mouse, nobody finds what a list hides at its side.
    if (width <= TABLET) expect(await cutLists(page), look).toEqual([]);
    await screenshot(page, look);
  }
  await show(page, 'light', 1440);
}

/** Lists that have more columns than can be seen, by their names. */
function cutLists(page: Page): Promise<(string | null)[]> {
  return page
    .locator('.list-scroll')
    .evaluateAll((lists) =>
      lists.filter((list) => list.scrollWidth > list.clientWidth).map((list) => list.getAttribute('aria-label')),
    );
}

/** Until all colours are those of the scheme. */
async function show(page: Page, scheme: 'light' | 'dark', width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme });
  await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: 'attached' });
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
  });
}
