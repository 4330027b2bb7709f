import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { axeViolations, launchBrowser, openViewer, overflowOf, screenshot } from './browser.js';
import { expectGoodLooks } from './looks.js';
import { NUMBER, type Site, startSite } from './site.js';

const COLLEAGUE = '+14155550142';

let site: Site;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function viewer(path = '/', options: Parameters<typeof openViewer>[1] = {}) {
  const opened = await openViewer(browser, options);
  onTestFinished(() => opened.context.close());
  await site.logIn(opened.page, path);
  return opened;
}

describe('the live board', () => {
  it('says that there are no calls, and how to have one', async () => {
    const { page } = await viewer();

    await page.getByText('No calls now').waitFor();
    expect(await page.getByRole('link', { name: 'Call an agent' }).getAttribute('href')).toBe('/test');
  });

  it('shows a call while it goes on, what is said in it, and that it has ended', async () => {
    const { page, troubles } = await viewer();
    await page.locator('[data-connection=live]').waitFor();

    // It goes on for as long as the page takes to be looked at.
    const call = await site.stack.phone.call({ from: '+14155550100', to: NUMBER });
    onTestFinished(async () => void (await call.hangUp()));
    const row = page.locator('[data-call]');
    await row.waitFor();
    await row.getByRole('link').click();
    const sheet = page.getByRole('dialog', { name: 'Call' });
    await sheet.locator('[data-role=agent]').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'live-light-1440');
    await page.emulateMedia({ colorScheme: 'dark' });
    await screenshot(page, 'live-dark-1440');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await screenshot(page, 'live-dark-390');
    // It stays for ten seconds, in which the answer to the one who hangs up need not have come.
    await Promise.all([page.locator('[data-call][data-ended=true]').waitFor(), call.hangUp()]);
    await page.locator('[data-call]').waitFor({ state: 'detached' });
    expect(troubles).toEqual([]);
  });

  it('names an agent that was made after the page was opened', async () => {
    const { page, troubles } = await viewer();
    await page.locator('[data-connection=live]').waitFor();
    const given = { name: 'Newcomer', systemPrompt: 'You answer the telephone.' };
    const { id } = await site.stack.admin.post<{ id: string }>('/agents', given);
    await site.stack.admin.put(`/numbers/${encodeURIComponent('+14155550177')}`, { agentId: id });

    const call = await site.stack.phone.call({ from: '+14155550100', to: '+14155550177' });
    onTestFinished(async () => void (await call.hangUp()));

    await page.locator(`[data-call="${call.callSid}"]`).getByText('Newcomer v1').waitFor();
    expect(troubles).toEqual([]);
  });

  it('asks for the call that is open when it is told anew how all calls stand', async () => {
    const { context, page, troubles } = await viewer();
    const call = await site.stack.phone.call({ from: '+14155550100', to: NUMBER });
    onTestFinished(async () => void (await call.hangUp()));
    await page.goto(`${site.url}/live?call=${call.callSid}`);
    await page.locator('[data-connection=live]').waitFor();
    await page.getByRole('dialog', { name: 'Call' }).locator('[data-role=agent]').first().waitFor();

    // A tab that comes opens the stream anew for all.
    const asked = page.waitForRequest(`**/api/calls/${call.callSid}`);
    const other = await context.newPage();
    await other.goto(`${site.url}/live`);
    await asked;

    await page.getByRole('dialog', { name: 'Call' }).locator('[data-role=agent]').first().waitFor();
    expect(troubles).toEqual([]);
  });

  it('puts a caller through to somebody whose number is written in any way', async () => {
    const { page, troubles } = await viewer();
    await page.locator('[data-connection=live]').waitFor();
    const dial = () => ({ status: 'completed', forMs: 500 }) as const;
    const call = await site.stack.phone.call({ from: '+14155550100', to: NUMBER, dial });
    onTestFinished(async () => void (await call.hangUp()));
    const row = page.locator(`[data-call="${call.callSid}"]`);
    await row.getByText('listening').or(row.getByText('speaking')).waitFor();

    await row.getByRole('button', { name: /^Actions/ }).click();
    await page.getByRole('menuitem', { name: 'Transfer…' }).click();
    const dialog = page.getByRole('dialog', { name: /^Transfer/ });
    const to = dialog.getByLabel('To', { exact: true });
    await to.fill('555-01');
    await dialog.getByRole('button', { name: 'Transfer' }).click();
    await dialog.getByText('Write a whole telephone number.').waitFor();
    expect(await to.getAttribute('aria-invalid')).toBe('true');
    await to.fill('(415) 555-0142');
    await dialog.getByText(`Read as ${COLLEAGUE}`).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'live-transfer-light-1440');
    await dialog.getByLabel('What the person hears first').fill('A caller about an order.');
    await dialog.getByRole('button', { name: 'Transfer' }).click();

    await page.getByText('+1 415 555 0142 is being dialled.', { exact: false }).waitFor();
    await dialog.waitFor({ state: 'detached' });
    await row.getByText('transferred').waitFor();
    await call.ended;
    expect(call.whispers[0]?.text).toContain('A caller about an order.');
    const record = await site.stack.admin.find<CallRecord>(`/calls/${call.callSid}`);
    expect(record).toMatchObject({ endReason: 'transferred', transferredTo: COLLEAGUE });
    expect(troubles).toEqual([]);
  });

  it('hangs a call up, after asking', async () => {
    const { page } = await viewer();
    await page.locator('[data-connection=live]').waitFor();
    // One that goes on until somebody ends it, however slow the machine is.
    const call = await site.stack.phone.call({ from: '+14155550100', to: NUMBER });
    onTestFinished(async () => void (await call.hangUp()));
    const row = page.locator('[data-call]:not([data-ended=true])');
    await row.getByText('listening').or(row.getByText('waiting')).waitFor();

    await row.getByRole('button', { name: /^Actions/ }).click();
    await page.getByRole('menuitem', { name: 'Hang up…' }).click();
    const dialog = page.getByRole('dialog', { name: /^Hang up on/ });
    expect(
      await dialog.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement),
    ).toBe(true);
    await dialog.getByRole('button', { name: 'Hang up' }).click();

    await page.getByText(/has been ended/).waitFor();
    const headers = { Authorization: `Bearer ${site.stack.adminToken}` };
    const record = await fetch(`${site.url}/api/calls/${call.callSid}`, { headers });
    expect(await record.json()).toMatchObject({ endReason: 'operator-hung-up' });
  });
});

describe('people', () => {
  it('get a token that is shown once, and lose it', async () => {
    const { page, troubles } = await viewer('/people');
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('<b>Anna</b>’s laptop');
    await page.getByRole('button', { name: 'Create' }).click();
    const token = await page.getByTestId('new-token').textContent();
    await page.getByRole('button', { name: 'I have stored it' }).click();

    await page.getByRole('cell', { name: '<b>Anna</b>’s laptop', exact: true }).waitFor();
    const asks = () => fetch(`${site.url}/api/calls`, { headers: { Authorization: `Bearer ${token}` } });
    expect((await asks()).status).toBe(200);
    await expectGoodLooks(page, 'people');

    await page.getByRole('button', { name: /^Revoke/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText(/^revoked/).waitFor();
    expect((await asks()).status).toBe(401);

    await page.getByRole('tab', { name: 'Audit' }).click();
    await page.getByRole('cell', { name: 'token.revoked', exact: true }).waitFor();
    await page.getByRole('button', { name: 'What token.created changed' }).first().click();
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(troubles).toEqual([]);
  });
});
