import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import sparticuz from '@sparticuz/chromium';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const SCREENS = fileURLToPath(new URL('../../out/screens/', import.meta.url));

/**
 * The Chromium that comes with the package, or the one of CHROME_PATH. Not with the package's own flags: they turn off what
 * tests are about (one process for all pages, no web security).
 */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROME_PATH ?? (await sparticuz.executablePath()),
    args: ['--no-sandbox', '--headless=new', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', ...flags],
    ignoreDefaultArgs: ['--mute-audio'],
  });
}

export interface Viewer {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors and warnings of the page's console, exceptions, and what the content policy has stopped. */
  readonly troubles: readonly string[];
}

/** A page of a browser of its own, which notes everything that goes wrong in it. */
export async function openViewer(
  browser: Browser,
  options: { width?: number; height?: number; scheme?: 'light' | 'dark'; permissions?: string[] } = {},
): Promise<Viewer> {
  const { width = 1440, height = 900, scheme = 'light', permissions = [] } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    permissions,
  });
  const page = await context.newPage();
  const troubles: string[] = [];
  await page.exposeFunction('tellViolation', (text: string) => troubles.push(text));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const tell = (globalThis as unknown as { tellViolation(text: string): void }).tellViolation;
      tell(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`));
  return { context, page, troubles };
}

/** Violations of accessibility rules as the page is now, one line each. */
export async function axeViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`);
}

/** How far the page scrolls sideways, in px. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** Written for people to look at: `out/screens/<name>.png`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENS, { recursive: true });
  await page.screenshot({ path: join(SCREENS, `${name}.png`), animations: 'disabled' });
}
