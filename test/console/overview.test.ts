import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import type { CallRecord } from '../../src/call/record.js';
import { type Clock, realClock } from '../../src/clock.js';
import type { Overview } from '../../src/console/api/types.js';
import { countChange, delayChange, shareChange } from '../../src/console/pages/overview/change.js';
import { failedShare, interruptedShare, shownShare } from '../../src/console/pages/overview/measures.js';
import { fieldOf, lastRange, momentOfField } from '../../src/console/pages/overview/range.js';
import { shownMs } from '../../src/console/parts/format.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { openStore, type Store } from '../../src/store/open.js';
import { bucketsOf, figuresOf, within } from '../store/figures-of.js';
import { launchBrowser, openViewer, screenshot } from './browser.js';
import { expectGoodLooks } from './looks.js';
import { NUMBER, type Site, startSite } from './site.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a change', () => {
  it('is told in words, with what it was before', () => {
    expect(countChange([108, 100])).toEqual({ words: '8 % more than before (100)', trend: 'up' });
    expect(countChange([1, 3]).words).toBe('67 % fewer than before (3)');
    expect(countChange([5, 0]).words).toBe('none before');
    expect(countChange([5, 5])).toEqual({ words: 'as many as before', trend: 'same' });
    expect(delayChange([640, 1520])).toEqual({ words: '880 ms faster than before (1.52 s)', trend: 'down' });
    expect(delayChange([640, null])).toEqual({ words: 'too few answers before', trend: 'unknown' });
    expect(shareChange([14, 12.8]).words).toBe('1.2 points more than before (13 %)');
    expect(shareChange([null, 3]).words).toBe('');
  });
});

describe('a range', () => {
  it('ends with the minute that runs', () => {
    const nowMs = Date.UTC(2026, 10, 21, 14, 2, 30);
    expect(lastRange('1h', nowMs)).toEqual({ from: '2026-11-21T13:03:00.000Z', to: '2026-11-21T14:03:00.000Z' });
  });

  it('of one’s own is typed in the viewer’s zone', () => {
    expect(momentOfField(fieldOf('2026-11-21T14:02:00.000Z'))).toBe('2026-11-21T14:02:00.000Z');
    expect(momentOfField('')).toBeUndefined();
    expect(fieldOf('nonsense')).toBe('');
  });
});

describe('the Overview page', () => {
  /** Calls began when it says so; what waits, waits in real time. */
  let nowMs = Date.now() - 47 * HOUR_MS;
  const clock: Clock = { now: () => nowMs, after: realClock().after };
  let site: Site;
  let browser: Browser;
  let store: Store;
  let records: LiveRecords;
  const callSids: string[] = [];
  const told = () => callSids.map((callSid) => records.peek(callSid)!).filter(({ test }) => !test);

  beforeAll(async () => {
    [site, browser] = await Promise.all([startSite(), launchBrowser()]);
    store = await openStore({
      databaseUrl: site.databaseUrl,
      instanceUrl: 'http://127.0.0.1:1',
      defaultModelId: 'amazon.nova-2-sonic-v1:0',
      ids: randomIds(),
      log: createLog('silent'),
      clock,
    });
    records = new LiveRecords(store.record);
    // For two days, but for three hours in which nobody called.
    for (let index = 0; nowMs < Date.now() - 2 * MINUTE_MS; index++) {
      if (index < 90 || index > 102) tellCall(index);
      nowMs += 14.5 * MINUTE_MS;
    }
    await store.flush(10_000);
  });
  afterAll(async () => {
    await browser?.close();
    await store?.close();
    await site?.close();
  });

  /** A call that differs from others by its place in the order only. */
  function tellCall(index: number): void {
    const callSid = `CA${String(index).padStart(4, '0')}`;
    const busy = Math.sin(index / 9) + 1.2;
    const tell = (fact: CallFact, atMs = 0) =>
      records.listener({ callSid, atMs, ...fact } as Parameters<LiveRecords['listener']>[0], nowMs);
    tell({
      ...{ kind: 'rang', direction: 'inbound', from: '+14155550101', to: NUMBER, variables: {} },
      ...{ agentId: site.agentId, agentVersion: 1 + (index % 2), test: index % 10 === 9 },
    });
    for (let turn = 0; turn < 3; turn++) {
      const responseGapMs = 420 + Math.round(((index * 37 + turn * 211) % 400) * busy);
      tell({
        kind: 'turnChanged',
        index: turn,
        turn: {
          ...{ role: 'agent', text: 'On Friday', heardText: 'On', startMs: 0, endMs: 900, heardMs: 800 },
          ...{ interrupted: (index + turn) % 7 === 0, responseGapMs },
        },
      });
    }
    if (index % 3 === 0) {
      tell({
        kind: 'toolChanged',
        toolCall: {
          ...{ id: 't', name: 'check_order', kind: 'http', input: {}, output: {}, startMs: 1, durationMs: 400 },
          outcome: index % 12 === 0 ? 'failed' : 'answered',
        },
      });
    }
    const stream = { modelId: 'amazon.nova-2-sonic-v1:0', region: 'us-east-1', openedMs: 0, closedMs: 1 };
    if (index % 8 === 0) tell({ kind: 'streamChanged', index: 0, stream: { ...stream, closed: 'renewed' } });
    tell({ kind: 'streamChanged', index: index % 8 === 0 ? 1 : 0, stream: { ...stream, closed: 'ended' } });
    const deadAirMs = index % 5 === 0 ? 4000 + index * 10 : 0;
    tell({ kind: 'audioCounted', audio: { deadAirMs, filledMs: 0, droppedMs: 0, clears: 0 } });
    tell({ kind: 'ended', endReason: index % 4 === 0 ? 'agent-hung-up' : 'caller-hung-up' }, 90_000 + index * 100);
    callSids.push(callSid);
  }

  async function viewer(path: string, options: Parameters<typeof openViewer>[1] = {}) {
    const opened = await openViewer(browser, options);
    onTestFinished(() => opened.context.close());
    opened.page.setDefaultTimeout(20_000);
    await site.logIn(opened.page, path);
    return opened;
  }
  /** The next figures that the page reads. */
  async function figuresOn(page: Page, act: () => Promise<unknown>, asked = 'from='): Promise<Overview> {
    const isIt = (url: string) => url.includes('/api/overview?') && url.includes(asked);
    const [response] = await Promise.all([page.waitForResponse((answer) => isIt(answer.url())), act()]);
    return (await response.json()) as Overview;
  }
  const charts = (page: Page) => page.locator('.overview-plot canvas');
  const tile = async (page: Page, name: string) => page.locator(`[data-tile="${name}"]`).innerText();

  it('shows what the calls on record say, in tiles, charts and tables', async () => {
    const { page, troubles } = await viewer('/live');
    const overview = await figuresOn(page, () => page.getByRole('link', { name: 'Overview' }).click());
    await charts(page).nth(5).waitFor();
    const [fromMs, toMs] = [Date.parse(overview.from), Date.parse(overview.to)];
    const [now, before] = [
      figuresOf(within(told(), fromMs, toMs)),
      figuresOf(within(told(), 2 * fromMs - toMs, fromMs)),
    ];
    expect(toMs - fromMs).toBe(24 * HOUR_MS);
    close(overview.total, now);
    close(overview.before, before);
    const bucketMs = overview.bucketMinutes * MINUTE_MS;
    const byHand = bucketsOf(told(), { fromMs, toMs, bucketMs }).map((calls: CallRecord[]) => figuresOf(calls));
    expect(overview.buckets).toHaveLength(byHand.length);
    for (const [index, bucket] of overview.buckets.entries()) close(bucket, byHand[index]!);

    expect(await tile(page, 'Calls')).toContain(String(now.calls));
    expect(await tile(page, 'Calls')).toContain(countChange([now.calls, before.calls]).words);
    expect(await tile(page, 'Response gap p50')).toContain(shownMs(now.responseGapP50Ms!));
    expect(await tile(page, 'Response gap p95')).toContain(shownMs(now.responseGapP95Ms!));
    expect(await tile(page, 'Response gap p95')).toContain(
      delayChange([now.responseGapP95Ms, before.responseGapP95Ms]).words,
    );
    expect(await tile(page, 'Interrupted')).toContain(shownShare(interruptedShare(now)!));
    expect(await tile(page, 'Tool failures')).toContain(shownShare(failedShare(now)!));
    expect(await tile(page, 'Renewals')).toContain(String(now.renewals));

    await page.getByRole('button', { name: 'Response gap as a table' }).focus();
    await page.keyboard.press('Enter');
    const rows = page.getByRole('region', { name: 'Response gap, figures' }).locator('tbody tr');
    const shown = await rows.evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)),
    );
    const words = (ms: number | null) => (ms === null ? 'none' : shownMs(ms));
    expect(shown).toEqual(
      byHand.map(({ responseGapP50Ms, responseGapP95Ms, answers }) => [
        words(responseGapP50Ms),
        words(responseGapP95Ms),
        String(answers),
      ]),
    );
    expect(shown).toContainEqual(['none', 'none', '0']);
    expect(new URL(page.url()).searchParams.get('tables')).toBe('gap');
    await rows.first().getByRole('link').click();
    await page.waitForURL(/\/calls\?/);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      from: overview.from,
      to: overview.buckets[0]!.to,
      tests: 'excluded',
    });
    expect(troubles).toEqual([]);
  });

  it('lists the calls of a bucket that is clicked, and looks closer at a stretch that is marked', async () => {
    const { page, troubles } = await viewer('/live');
    const overview = await figuresOn(page, () => page.getByRole('link', { name: 'Overview' }).click());
    await charts(page).nth(5).waitFor();
    const over = page.locator('[data-measure=gap] .u-over');
    await over.scrollIntoViewIfNeeded();
    const box = (await over.boundingBox())!;
    const xOf = (index: number) => box.x + (box.width * (index + 0.5)) / overview.buckets.length;
    const y = box.y + box.height / 2;

    await page.mouse.move(xOf(30), y);
    const calls = page.locator('[data-measure=calls] .overview-told');
    await calls.getByText('Whole range').waitFor({ state: 'detached' });
    expect(await calls.locator('b').innerText()).toBe(String(overview.buckets[30]!.calls));

    await page.mouse.move(xOf(10), y);
    await page.mouse.down();
    await page.mouse.move(xOf(15), y, { steps: 5 });
    const closer = await figuresOn(page, () => page.mouse.up());
    expect([closer.from, closer.to]).toEqual([overview.buckets[10]!.from, overview.buckets[15]!.to]);
    await page.getByLabel('From').waitFor();
    await charts(page).nth(5).waitFor();
    await page.goBack();
    await page.getByLabel('From').waitFor({ state: 'detached' });

    await charts(page).nth(5).waitFor();
    await page.locator('[data-measure=calls] .u-over').click({ position: { x: 40, y: 40 } });
    await page.waitForURL(/\/calls\?from=.*&to=/);
    expect(troubles).toEqual([]);
  });

  it('keeps in the address which calls are counted', async () => {
    const { page } = await viewer('/overview');
    await page.locator('[data-tile=Calls]').waitFor();
    await page.getByRole('combobox', { name: 'Agent' }).click();
    await page.getByRole('option', { name: site.agentName }).click();
    await page.getByRole('combobox', { name: 'Number' }).fill('+1 415 555 0199');
    await page.keyboard.press('Enter');
    await page.getByText('7 days', { exact: true }).click();
    const all = await figuresOn(page, () => page.getByLabel('Test calls too').check(), 'tests=included');
    expect(all.total.calls).toBe(callSids.length);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      agentId: site.agentId,
      number: NUMBER,
      range: '7d',
      tests: 'included',
    });
    expect((await figuresOn(page, () => page.reload())).total.calls).toBe(callSids.length);
    const some = await figuresOn(
      page,
      () => page.goto(`${page.url().replace('tests=included', '')}version=1`),
      'version=1',
    );
    expect(some.total).toMatchObject({ calls: told().filter(({ agentVersion }) => agentVersion === 1).length });
    const href = await page.locator('[data-tile=Calls]').getAttribute('href');
    expect(href).toContain('&version=1&');
    expect(href).toContain('&tests=excluded');
    await figuresOn(page, () => page.getByRole('button', { name: 'Clear filters' }).click());
    expect(new URL(page.url()).search).toBe('?range=7d');
  });

  it('says when there is nothing to count, and what is wrong with what was asked for', async () => {
    const { page } = await viewer('/overview?from=2026-01-01T00:00:00.000Z&to=2026-01-02T00:00:00.000Z');
    await page.getByText('No calls in this time').waitFor();
    await figuresOn(page, () => page.getByRole('button', { name: 'Count test calls too' }).click());

    await page.getByLabel('To', { exact: true }).fill('2025-12-01T10:00');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('must be after from').waitFor();
    expect(await page.getByLabel('To', { exact: true }).inputValue()).toBe('2025-12-01T10:00');
    await page.getByText('24 h', { exact: true }).click();
    await page.locator('[data-tile=Calls]').waitFor();
  });

  it('counts anew when the page is looked at again', async () => {
    const { page } = await viewer('/overview');
    await page.locator('[data-tile=Calls]').waitFor();
    const before = Number((await tile(page, 'Calls')).split('\n')[1]);
    nowMs = Date.now();
    tellCall(1000);
    await store.flush(10_000);
    await figuresOn(page, () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))));
    await page
      .locator('[data-tile=Calls] b')
      .getByText(String(before + 1), { exact: true })
      .waitFor();
    await page.locator('[data-connection=live]').waitFor();
    await page.getByRole('link', { name: 'Now: 0 calls' }).waitFor();
  });

  it('can be used by everybody, wide and narrow, by day and by night', async () => {
    const { page, troubles } = await viewer('/overview?tables=tools');
    await charts(page).nth(4).waitFor();
    await expectGoodLooks(page, 'overview');
    await page.setViewportSize({ width: 390, height: 900 });
    await page.locator('[data-measure=gap]').scrollIntoViewIfNeeded();
    await screenshot(page, 'overview-charts-light-390');
    expect(troubles).toEqual([]);
  });
});

/** The same but for what is lost when percentiles are written as decimals. */
function close(given: Overview['total'] | Overview['buckets'][number], expected: ReturnType<typeof figuresOf>): void {
  const { responseGapP50Ms: p50, responseGapP95Ms: p95, ...rest } = expected;
  expect(given).toMatchObject(rest);
  for (const [is, should] of [
    [given.responseGapP50Ms, p50],
    [given.responseGapP95Ms, p95],
  ]) {
    if (should === null) expect(is).toBeNull();
    else expect(is).toBeCloseTo(should!, 6);
  }
}
