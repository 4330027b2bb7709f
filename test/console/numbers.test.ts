import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import type { Agent, PhoneNumber } from '../../src/console/api/types.js';
import { readSheet, writeSheet } from '../../src/console/pages/numbers/csv.js';
import { COLUMNS, recordOf } from '../../src/console/pages/numbers/csv-columns.js';
import { previewOf } from '../../src/console/pages/numbers/csv-preview.js';
import { hoursText, readHours } from '../../src/console/pages/numbers/hours-text.js';
import { bodyOf, bodyOfNumber, formOf } from '../../src/console/pages/numbers/number-form.js';
import { loadPhones } from '../../src/console/pages/numbers/phones.js';
import { axeViolations, launchBrowser, openContext, openPage, screenshot } from './browser.js';
import { recordCalls } from './calls-on-record.js';
import { expectGoodLooks } from './looks.js';
import { NUMBER, type Site, startSite } from './site.js';

const OTHER = '+14155550101';
/** Nobody calls it: calls stay on record when the number they went to is unassigned. */
const UNCALLED = '+14155550102';
const MARKUP = '<b onmouseover="alert(1)">Desk</b> & "sons"';

const full: PhoneNumber = {
  number: OTHER,
  version: 3,
  updatedAt: '2026-11-21T10:00:00.000Z',
  agentId: 'agent-1',
  agentVersion: 2,
  canary: { agentVersion: 3, percent: 12.5 },
  fallback: { dial: '+14155550199', sayFirst: 'One moment, please.' },
  overflow: { say: '=SUM(A1), "please" call\nlater' },
  notice: 'Calls are recorded.',
  recording: true,
  hours: {
    open: [
      { days: ['mon', 'tue', 'wed', 'fri'], from: '09:00', to: '17:00' },
      { days: ['sat', 'sun'], from: '22:00', to: '02:00' },
    ],
    closedOn: ['2026-12-25', '2027-01-01'],
    closed: { say: 'We are closed.' },
  },
  timeZone: 'Europe/Berlin',
  retentionDays: 30,
  maxConcurrent: 5,
  maxMinutesPerDay: 600,
  webhookUrl: 'https://example.com/calls',
};
const agents = [{ id: 'agent-1', name: MARKUP, version: 3 }] as Agent[];

async function previewed(text: string, numbers: readonly PhoneNumber[] = [full]) {
  return previewOf(await readSheet(text), { numbers, agents, phones: await loadPhones() });
}

describe('what is filled in', () => {
  it('is the number again', async () => {
    const { e164 } = await loadPhones();
    expect(bodyOf(formOf(full), e164)).toEqual(bodyOfNumber(full));
    const small = { agentId: 'a', recording: false, timeZone: 'UTC' };
    expect(bodyOf(formOf(small), e164)).toEqual(small);
  });

  it('reads a telephone number in any writing, without a country as one of the United States', async () => {
    const { e164 } = await loadPhones();
    for (const text of ['(415) 555-0101', '+1 415.555.0101', '1-415-555-0101', ' 4155550101 ']) {
      expect(e164(text), text).toBe(OTHER);
    }
    for (const text of ['', 'desk', '555-01', '+1 415 555 0101 ext. 4']) expect(e164(text), text).toBeUndefined();
  });

  it('writes hours on one line and reads them back', () => {
    expect(hoursText(full.hours!.open)).toBe('mon-wed,fri 09:00-17:00; sat,sun 22:00-02:00');
    expect(readHours(hoursText(full.hours!.open))).toEqual(full.hours!.open);
    expect(readHours('Sat - Mon 9:00 - 24:00')).toEqual([{ days: ['mon', 'sat', 'sun'], from: '09:00', to: '24:00' }]);
    for (const text of ['', 'mon', 'mon 9-17', 'day 09:00-10:00', 'mon 09:00-09:00', 'mon 25:00-26:00']) {
      expect(readHours(text), text).toBeUndefined();
    }
  });
});

describe('a file of numbers', () => {
  const exported = () => {
    const record = recordOf(full, MARKUP);
    return writeSheet([COLUMNS, COLUMNS.map((column) => record[column])]);
  };

  it('that was exported changes nothing, and holds no formula', async () => {
    const text = await exported();
    expect(text).toContain(`"'=SUM(A1)`);
    expect((await previewed(text)).lines).toMatchObject([{ kind: 'same', line: 2, number: OTHER }]);
    expect((await previewed(text, [])).lines).toMatchObject([{ kind: 'new', body: bodyOfNumber(full) }]);
  });

  it('leaves what it has no column for', async () => {
    const { lines } = await previewed('Number;Notice\n(415) 555-0101;Hello');
    expect(lines).toMatchObject([
      { kind: 'changed', version: 3, changed: ['notice'], body: { ...bodyOfNumber(full), notice: 'Hello' } },
    ]);
  });

  it('tells every broken row with its line and all reasons', async () => {
    const rows = [
      'number,agentName,fallbackDial,fallbackSay,recording,hours,extra',
      `4155550102,"${MARKUP.replaceAll('"', '""')}",,"two\nlines",no,,`,
      '',
      'nonsense,Nobody,12,,perhaps,always,',
      '4155550102,,,,,,',
      '4155550103,,',
    ];
    const { lines, ignored } = await previewed(rows.join('\n'), []);
    expect(ignored).toEqual(['extra']);
    expect(lines.map(({ kind, line }) => [kind, line])).toEqual([
      ['new', 2],
      ['broken', 5],
      ['broken', 6],
      ['broken', 7],
    ]);
    expect(lines.slice(1)).toMatchObject([
      {
        reasons: [
          'number: “nonsense” is not a telephone number',
          'agentName: there is no agent “Nobody”',
          'fallbackDial: “12” is not a telephone number',
          'recording: “perhaps” is neither yes nor no',
          expect.stringContaining('hours: “always”'),
          expect.stringContaining('closedSay or closedDial'),
        ],
      },
      { reasons: ['number: stands on line 2 already'] },
      { reasons: ['has 3 cells, the first line 7'] },
    ]);
  });

  it('without a column of numbers is refused', async () => {
    await expect(previewed('name\nx')).rejects.toThrow(/no column “number”/);
  });
});

describe('the Numbers page', () => {
  let site: Site;
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    [site, browser] = await Promise.all([startSite(), launchBrowser()]);
    context = await openContext(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  afterEach(async () => {
    const { items } = (await site.stack.admin.find<{ items: PhoneNumber[] }>('/numbers?limit=200'))!;
    await Promise.all(items.filter(({ number }) => number !== NUMBER).map(({ number }) => api('DELETE', number)));
  });

  async function viewer(path: string) {
    const opened = await openPage(context);
    onTestFinished(() => opened.page.close());
    opened.page.setDefaultTimeout(20_000);
    await site.logIn(opened.page, path);
    return opened;
  }
  /** What another administrator does. */
  async function api(method: 'PUT' | 'DELETE', number: string, body?: object): Promise<void> {
    const response = await fetch(`${site.url}/api/numbers/${encodeURIComponent(number)}`, {
      method,
      headers: {
        Authorization: `Bearer ${site.stack.adminToken}`,
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(response.ok).toBe(true);
  }
  const stored = (number: string) => site.stack.admin.find<PhoneNumber>(`/numbers/${encodeURIComponent(number)}`);
  const assign = (number: string, fields: object = {}) => api('PUT', number, { agentId: site.agentId, ...fields });

  it('assigns a number by keyboard, with what was typed kept over a reload', async () => {
    const { page, troubles } = await viewer('/numbers');
    await tabTo(page, 'Assign a number');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Assign a number' });
    await drawer.waitFor();
    await page.getByLabel('Number', { exact: true }).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('(415) 555-0101');
    await drawer.getByText(`Read as ${OTHER}`).waitFor();
    await page.reload();
    await drawer.getByText(/^What you typed .* is back$/).waitFor();
    await tabTo(page, 'Agent');
    await page.keyboard.type(site.agentName.slice(0, 4));
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Minutes a day');
    await page.keyboard.type('0');
    await tabTo(page, 'Webhook address');
    await page.keyboard.type('http://example.com/x');
    await page.keyboard.press('Enter');
    await drawer
      .getByText(/https address/)
      .first()
      .waitFor();
    expect(await page.getByLabel('Webhook address').getAttribute('aria-invalid')).toBe('true');
    expect(await stored(OTHER)).toBeUndefined();
    await page.getByLabel('Minutes a day').fill('90');
    await page.getByLabel('Webhook address').fill('https://example.com/x');
    await page.keyboard.press('Enter');
    const secret = page.getByTestId('webhook-secret');
    await secret.waitFor();
    expect((await secret.textContent())?.length).toBeGreaterThan(20);
    await screenshot(page, 'numbers-secret-light-1440');
    expect(await axeViolations(page)).toEqual([]);
    await tabTo(page, 'I have stored it');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: '+1 415 555 0101' }).waitFor();
    expect(await stored(OTHER)).toMatchObject({ agentId: site.agentId, maxMinutesPerDay: 90, version: 1 });
    expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('draft.number')))).toEqual(
      [],
    );
    expect(troubles.filter((trouble) => !trouble.includes('400'))).toEqual([]);
  });

  it('shows what somebody else has saved meanwhile, and writes only what is chosen', async () => {
    await assign(OTHER, { notice: 'Before.' });
    const { page } = await viewer(`/numbers/${OTHER}?agentId=${site.agentId}`);
    await page.getByLabel('Notice').fill('Mine.');
    await page.getByLabel('Record calls').press('Space');
    await assign(OTHER, { notice: 'Theirs.', maxConcurrent: 7 });
    await page.getByRole('button', { name: 'Save as v2' }).click();
    const dialog = page.getByRole('dialog', { name: 'Somebody saved v2 of this number' });
    await dialog.getByText('One field is left to choose.').waitFor();
    expect(await stored(OTHER)).toMatchObject({ version: 2, notice: 'Theirs.' });
    await screenshot(page, 'numbers-conflict-light-1440');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('region', { name: 'Notice' }).getByText('Yours', { exact: true }).first().click();
    await dialog.getByRole('button', { name: 'Save as v3' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await stored(OTHER)).toMatchObject({ version: 3, notice: 'Mine.', recording: true, maxConcurrent: 7 });
    expect(page.url()).toBe(`${site.url}/numbers?agentId=${site.agentId}`);
  });

  it('gives the next callers to a canary, at the share that was set', async () => {
    const agent = { name: 'Canary', systemPrompt: 'You help.' };
    const { id } = await site.stack.admin.post<{ id: string }>('/agents', agent);
    await site.stack.admin.post(`/agents/${id}/rollback`, { version: 1 });
    await assign(OTHER, { agentId: id, agentVersion: 1 });
    const versionOfNext = async () => {
      const call = await site.stack.phone.call({ from: '+14155550122', to: OTHER });
      await call.hangUp();
      return (await site.stack.admin.find<CallRecord>(`/calls/${call.callSid}`))?.agentVersion;
    };
    expect(await versionOfNext()).toBe(1);
    const { page, troubles } = await viewer(`/numbers/${OTHER}`);
    const version = page.getByRole('combobox', { name: 'Canary version' });

    await version.click();
    await page.getByRole('option', { name: 'v2', exact: true }).click();
    expect(await page.getByLabel('Share of callers').inputValue()).toBe('10 %');
    await page.getByLabel('Share of callers').fill('100');
    await page.getByRole('button', { name: 'Save as v2' }).click();
    await version.waitFor({ state: 'detached' });
    expect(await stored(OTHER)).toMatchObject({ agentVersion: 1, canary: { agentVersion: 2, percent: 100 } });
    expect(await versionOfNext()).toBe(2);
    await page.getByRole('row').filter({ hasText: '+1 415 555 0101' }).getByText('100 %').waitFor();

    await page.getByRole('link', { name: '+1 415 555 0101' }).click();
    await page.getByLabel('No canary').click();
    await page.getByRole('button', { name: 'Save as v3' }).click();
    await version.waitFor({ state: 'detached' });
    expect(await versionOfNext()).toBe(1);
    expect(troubles).toEqual([]);
  });

  it('unassigns only after it was asked, with the focus on Cancel', async () => {
    await assign(OTHER);
    const { page, troubles } = await viewer(`/numbers/${OTHER}`);
    await page.getByRole('button', { name: 'Unassign…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Unassign +1 415 555 0101?' });
    await dialog.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await stored(OTHER)).toBeDefined();
    await page.getByRole('button', { name: 'Unassign…' }).click();
    await dialog.getByRole('button', { name: 'Unassign', exact: true }).click();
    await page.getByText('+1 415 555 0101 is unassigned.').waitFor();
    expect(await stored(OTHER)).toBeUndefined();
    expect(troubles).toEqual([]);
  });

  it('shows the last call of each number, and what Twilio has for it as it was last looked at', async () => {
    await recordCalls(site, [
      { callSid: 'CAlast', startedMs: Date.UTC(2026, 10, 21, 14, 2, 30), from: '+14155550120' },
    ]);
    await assign(UNCALLED);
    const { page, troubles } = await viewer('/numbers');
    const row = (number: string) => page.getByRole('row').filter({ hasText: number });
    const [ours, theirs] = [row('+1 415 555 0199'), row('+1 415 555 0102')];
    await theirs.getByText('no call on record').waitFor();
    expect(await page.getByText('not looked at').count()).toBe(2);

    await tabTo(page, 'Check at Twilio');
    await page.keyboard.press('Enter');
    await page.getByText('2 numbers are checked.').waitFor();
    await ours.getByText('voice URL differs').waitFor();
    await theirs.getByText('not in the account').waitFor();
    await screenshot(page, 'numbers-checked-light-1440');
    await page.reload();
    await ours.getByText('voice URL differs').waitFor();

    await ours.getByRole('link', { name: /^Nov 21, .*03:02:30/ }).click();
    await page.getByRole('heading', { level: 1, name: '+1 415 555 0120 → +1 415 555 0199' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/calls/CAlast');
    expect(troubles).toEqual([]);
  });

  it('checks only what is chosen, and says why it cannot', async () => {
    await assign(OTHER);
    const { page } = await viewer('/numbers');
    await page.route('**/check', (route) =>
      route.fulfill({
        status: 502,
        contentType: 'application/problem+json',
        json: { type: 'about:blank', title: 'CARRIER_UNREACHABLE', status: 502, detail: 'Twilio gives no answer.' },
      }),
    );
    await page.getByLabel('Select +1 415 555 0101').check();
    await page.getByRole('button', { name: 'Check 1 at Twilio' }).click();
    await page.getByRole('alert').getByText('Twilio gives no answer.').waitFor();
    await page.unroute('**/check');
    await page.getByRole('button', { name: 'Check 1 at Twilio' }).click();
    await page.getByText('1 number is checked.').waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('shows what a sync would change at Twilio before it changes anything', async () => {
    await assign(OTHER);
    const { page } = await viewer('/numbers');
    await page.getByLabel('Select all 2').check();
    await page.getByRole('button', { name: 'Sync 2…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sync 2 numbers with Twilio' });
    const change = dialog.getByRole('row').filter({ hasText: 'voiceUrl' });
    await change.getByText('https://demo.twilio.com/welcome/voice/').waitFor();
    await change.getByText(`${site.url}/twilio/voice`).waitFor();
    await dialog.getByText(`The Twilio account does not own ${OTHER}.`).waitFor();
    await screenshot(page, 'numbers-sync-light-1440');
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Apply to 1 number' }).click();
    await dialog.getByText('1 number is in step now.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Sync 2…' }).click();
    await dialog.getByText('In step: nothing to change').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    const row = page.getByRole('row').filter({ hasText: '+1 415 555 0199' }).filter({ hasText: 'in order' });
    await row.waitFor();
  });

  it('imports the good rows of 200, and gives the broken ones back', async () => {
    const { page } = await viewer('/numbers/import');
    const good = Array.from({ length: 20 }, (_, index) => `+141555501${80 + index}`);
    const line = (number: string, id = site.agentId) => `${number},${id},"Say ${MARKUP.replaceAll('"', '""')}"`;
    const broken = Array.from({ length: 180 }, (_, index) => line(`number ${index}`, '<i>nobody</i>'));
    const text = ['number,agentId,fallbackSay', ...good.map((number) => line(number)), ...broken].join('\r\n');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'numbers.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    const dialog = page.getByRole('dialog', { name: 'Import numbers' });
    await dialog.getByText('19 new, 1 changed, 0 same, 180 broken. Nothing is changed yet.').waitFor();
    await dialog
      .getByText(/there is no agent “<i>nobody<\/i>”/)
      .first()
      .waitFor();
    await screenshot(page, 'numbers-import-light-1440');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Download 180 broken rows' }).click(),
    ]);
    const saved = await readFile(await download.path(), 'utf8');
    expect(saved.split('\r\n')).toHaveLength(181);
    expect(saved).toContain('line,reason');
    await dialog.getByRole('button', { name: 'Apply 20 rows' }).click();
    await dialog.getByText(/rows are applied/).waitFor();
    expect(await dialog.getByRole('status').textContent()).toBe('20 rows are applied. 180 broken left.');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('Select all 20').waitFor();
    await page.getByLabel('Search').fill('555 0192');
    await page.getByText('Select all 1', { exact: true }).waitFor();
    expect(await stored('+14155550192')).toMatchObject({ fallback: { say: `Say ${MARKUP}` } });
  });

  it('finds nothing in its way, wide and narrow, light and dark', async () => {
    await assign(OTHER, { ...bodyOfNumber(full), agentId: site.agentId, agentVersion: 1, canary: undefined });
    await assign('+14155550102', { fallback: { say: MARKUP } });
    const { page, troubles } = await viewer('/numbers');
    await page.getByRole('link', { name: '+1 415 555 0102' }).waitFor();
    await expectGoodLooks(page, 'numbers-list');
    await page.getByRole('link', { name: '+1 415 555 0101' }).click();
    await page.getByLabel('Fallback: number').waitFor();
    await expectGoodLooks(page, 'numbers-form');
    await page.goto(`${site.url}/numbers/import`);
    await page.getByText('Choose a CSV file').waitFor();
    await expectGoodLooks(page, 'numbers-file');
    const sheet = `number,agentId\n${NUMBER},${site.agentId}\nnonsense,nobody`;
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'numbers.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet) });
    await page.getByText('0 new, 0 changed, 1 same, 1 broken. Nothing is changed yet.').waitFor();
    await expectGoodLooks(page, 'numbers-preview');
    expect(troubles).toEqual([]);
  });
});

/** As somebody without a mouse gets there. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      return element?.getAttribute('aria-label') || element?.labels?.[0]?.textContent || element?.textContent || '';
    });
    if (focused.trim() === name) return;
  }
  throw new Error(`Tab does not lead to ${name}.`);
}
