import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { axeViolations, overflowOf, screenshot } from './browser.js';

/** Colours do not depend on the width, nor places on the colours: two of the four stand for the others. */
const LOOKS = [
  { scheme: 'light', width: 1440, isAsked: true },
  { scheme: 'dark', width: 1440, isAsked: false },
  { scheme: 'light', width: 390, isAsked: false },
  { scheme: 'dark', width: 390, isAsked: true },
] as const;

/**
 * The page as it is now, in both colours and widths: breaks no rule of accessibility, does not scroll sideways, and has its
 * picture taken. It is light and wide afterwards.
 */
export async function expectGoodLooks(page: Page, name: string): Promise<void> {
  for (const { scheme, width, isAsked } of LOOKS) {
    const look = `${name}-${scheme}-${width}`;
    await show(page, scheme, width);
    if (isAsked) expect(await axeViolations(page), look).toEqual([]);
    expect(await overflowOf(page), look).toBeLessThanOrEqual(0);
    await screenshot(page, look);
  }
  await show(page, 'light', 1440);
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
