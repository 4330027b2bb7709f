import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const SCREENS = fileURLToPath(new URL('../../out/screens/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Within which a page does what is waited for, on a busy machine too. */
const LIMIT_MS = 60_000;
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

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

interface ViewerOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly permissions?: string[];
}

/** A page of a browser of its own, which notes everything that goes wrong in it. */
export async function openViewer(browser: Browser, options: ViewerOptions = {}): Promise<Viewer> {
  return openPage(await openContext(browser, options));
}

/** Has cookies, storage and a cache of its own: pages after the first one in it are there sooner. */
export async function openContext(browser: Browser, options: ViewerOptions = {}): Promise<BrowserContext> {
  const { width = 1440, height = 900, scheme = 'light', permissions = [] } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    permissions,
  });
  context.setDefaultTimeout(LIMIT_MS);
  return context;
}

/** One more page there, which notes everything that goes wrong in it. */
export async function openPage(context: BrowserContext): Promise<Viewer> {
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

/**
 * Violations of accessibility rules as the page is now, one line each. In the page itself, which has no frames: the way
 * around over a second page takes longer than all rules.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const { axe } = globalThis as typeof globalThis & { axe: typeof import('axe-core') };
    const { violations } = await axe.run({ runOnly: tags, resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`);
  }, AXE_TAGS);
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
