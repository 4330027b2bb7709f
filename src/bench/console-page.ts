import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import sparticuz from '@sparticuz/chromium';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { buildConsole } from '../console-build.js';
import { KNOWN_AT, type SyntheticPlan } from './console-calls.js';
import { AUTHORIZATION, BUILD, BUILT_CONSOLE, type Harness, startBridge } from './processes.js';
import { percentile, type Summary, summaryOf } from './statistics.js';

/** What whoever looks at a full board gets; times in ms. */
export interface ConsolePage {
  calls: number;
  eventsPerSecond: number;
  /**
   * What a browser that has nothing of it yet fetches before the calls are there for who is logged in, as it travels. Not in
   * it: the script of the worker that holds the event stream (under a kB), and the stream.
   */
  firstLoadBytes: number;
  /** From the address to the calls: in such a browser, and in one that has been there before. */
  usableMs: Summary | undefined;
  boardMs: Summary | undefined;
  /** From the moment at which the bridge knew words to their standing in a row of the board. */
  words: (Summary & { p95: number }) | undefined;
  /** Between two frames, while rows change and nobody does anything; and while the board is scrolled through. */
  frames: Summary | undefined;
  scrollFrames: Summary | undefined;
  /** Tasks of 50 ms and more: how many in a second, and the longest. */
  longTasks: { perSecond: number; longestMs: number };
  rows: number;
  /** CPU of the page's main thread while nobody does anything, as a share of a core from 0 to 1. */
  threadShare: number;
  /** Others kept the machine from this process, and so from the page. */
  disturbed: boolean;
}

const LOADS = 5;
const VIEWPORT = { width: 1440, height: 900 };
const TOKEN = AUTHORIZATION.replace('Bearer ', '');
const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };
const SETTLE_MS = 3000;
const SCROLLED_PX = 400;
const LATE_LIMIT_MS = 20;
const NANOSECONDS_PER_MS = 1e6;
const RESOLUTION_MS = 10;

/** Runs in the page: notes when words of rows come to stand there, frames, and long tasks. */
const NOTES = `(() => {
  const notes = { words: [], frames: [], longTasks: [] };
  globalThis.notes = notes;
  const seen = new Set();
  new MutationObserver((mutations) => {
    const now = Date.now();
    for (const { target } of mutations) {
      // A row that comes to stand there brings words along that are old, and its other cells change as well.
      const words = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target)?.closest('.board-words');
      const [, knownMs] = words?.textContent.match(/${KNOWN_AT}(\\d{13})/) ?? [];
      const name = words?.closest('[data-call]')?.dataset.call + ' ' + knownMs;
      if (knownMs === undefined || seen.has(name)) continue;
      seen.add(name);
      notes.words.push(now - Number(knownMs));
    }
  }).observe(document.querySelector('.board'), { subtree: true, characterData: true, childList: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) notes.longTasks.push(duration);
  }).observe({ type: 'longtask' });
  let last;
  const frame = (now) => {
    if (last !== undefined) notes.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})()`;

interface Notes {
  words: number[];
  frames: number[];
  longTasks: number[];
}

/** Real Chromium before a bridge with so many calls. */
export async function measureConsolePage(
  harness: Harness,
  plan: { calls: number; eventsPerSecond: number; endingPerSecond: number; measureMs: number },
): Promise<ConsolePage> {
  await buildConsole();
  rmSync(`${BUILD}/dist/console`, { recursive: true, force: true });
  cpSync(BUILT_CONSOLE, `${BUILD}/dist/console`, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Known by the address that it has: a page of another one may not log in.
  const environment = { PORT: String(port), PUBLIC_URL: url };
  const bridge = await startBridge(harness, { transport: 'lean', oneCore: false, environment, ...RATES });
  let browser: Browser | undefined;
  try {
    const { measureMs, ...synthetic } = plan;
    await bridge.child.ask('playCalls', { ...synthetic, agentId: bridge.agentId } satisfies SyntheticPlan);
    browser = await chromium.launch({
      executablePath: process.env.CHROME_PATH ?? (await sparticuz.executablePath()),
      args: ['--no-sandbox', '--headless=new', '--disable-gpu'],
    });
    const lateness = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    lateness.enable();
    const first = await firstLoads(browser, url);
    const page = await loggedIn(browser, url);
    const board = await boardLoads(page, url);
    await wait(SETTLE_MS);
    await page.evaluate(NOTES);
    const metrics = await page.context().newCDPSession(page);
    await metrics.send('Performance.enable', { timeDomain: 'threadTicks' });
    const busyBefore = await busySeconds(metrics);
    await wait(measureMs);
    const threadShare = (await busySeconds(metrics)) - busyBefore;
    const still = await takeNotes(page);
    const scrolling = await scrolledNotes(page, measureMs);
    const longTasks = [...still.longTasks, ...scrolling.longTasks];
    const words = summaryOf(still.words);
    return {
      calls: plan.calls,
      eventsPerSecond: plan.eventsPerSecond,
      ...first,
      boardMs: board,
      words: words && { ...words, p95: percentile(still.words, 0.95) },
      frames: summaryOf(still.frames),
      scrollFrames: summaryOf(scrolling.frames),
      longTasks: {
        perSecond: longTasks.length / ((2 * measureMs) / 1000),
        longestMs: Math.max(0, ...longTasks),
      },
      disturbed: lateness.percentile(99) / NANOSECONDS_PER_MS > LATE_LIMIT_MS + RESOLUTION_MS,
      threadShare: threadShare / (measureMs / 1000),
      rows: await page.locator('[data-call]').count(),
    };
  } finally {
    await browser?.close();
    await bridge.child.end();
  }
}

/** Each in a browser that has nothing of the page yet, but a session. */
async function firstLoads(browser: Browser, url: string): Promise<Pick<ConsolePage, 'firstLoadBytes' | 'usableMs'>> {
  const tookMs: number[] = [];
  let firstLoadBytes = 0;
  for (let load = 0; load < LOADS; load++) {
    const context = await browser.newContext({ viewport: VIEWPORT });
    const session = await context.request.post(`${url}/api/sessions`, { data: { token: TOKEN } });
    if (!session.ok()) throw new Error(`The bridge lets nobody in: ${session.status()}`);
    const page = await context.newPage();
    // What the form of the log-in leaves behind: else the page does not ask who is logged in.
    await page.addInitScript("localStorage.setItem('oratio.has-been', 'yes')");
    const network = await context.newCDPSession(page);
    await network.send('Network.enable');
    let bytes = 0;
    network.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    const startedMs = performance.now();
    await page.goto(`${url}/live`, { waitUntil: 'commit' });
    await page.locator('[data-call]').first().waitFor();
    tookMs.push(performance.now() - startedMs);
    await page.waitForLoadState('load');
    firstLoadBytes = Math.max(firstLoadBytes, bytes);
    await context.close();
  }
  return { firstLoadBytes, usableMs: summaryOf(tookMs) };
}

async function loggedIn(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto(`${url}/live`);
  await page.getByLabel('Token').fill(TOKEN);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('[data-call]').first().waitFor();
  return page;
}

async function boardLoads(page: Page, url: string): Promise<Summary | undefined> {
  const tookMs: number[] = [];
  for (let load = 0; load < LOADS; load++) {
    const startedMs = performance.now();
    await page.goto(`${url}/live`, { waitUntil: 'commit' });
    await page.locator('[data-call]').first().waitFor();
    tookMs.push(performance.now() - startedMs);
  }
  return summaryOf(tookMs);
}

async function takeNotes(page: Page): Promise<Notes> {
  return page.evaluate<Notes>(`(() => {
    const { words, frames, longTasks } = notes;
    return { words: words.splice(0), frames: frames.splice(0), longTasks: longTasks.splice(0) };
  })()`);
}

async function busySeconds(metrics: CDPSession): Promise<number> {
  const { metrics: values } = await metrics.send('Performance.getMetrics');
  return values.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
}

/** By the wheel, down and up again. */
async function scrolledNotes(page: Page, measureMs: number): Promise<Notes> {
  await page.locator('.board').hover();
  await takeNotes(page);
  const startedMs = performance.now();
  while (performance.now() - startedMs < measureMs) {
    const isGoingDown = performance.now() - startedMs < measureMs / 2;
    await page.mouse.wheel(0, isGoingDown ? SCROLLED_PX : -SCROLLED_PX);
  }
  return takeNotes(page);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
