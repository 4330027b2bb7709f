import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { axeViolations, launchBrowser, openViewer, screenshot } from './browser.js';
import { expectGoodLooks } from './looks.js';
import { type Site, startSite } from './site.js';

let site: Site;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function viewer() {
  const opened = await openViewer(browser);
  onTestFinished(() => opened.context.close());
  return opened;
}

describe('the page of the console', () => {
  const policyOf = async (path: string) => {
    const answer = await fetch(site.url + path);
    const policy = answer.headers.get('content-security-policy') ?? '';
    const rules = new Map(policy.split(/; */).map((rule) => [rule.split(' ')[0]!, rule.split(' ').slice(1)]));
    return { answer, policy, rules, page: await answer.text() };
  };

  it.each(['/', '/live', '/calls/CA1', '/test'])(
    'comes under a policy that lets nothing in from elsewhere: %s',
    async (path) => {
      const { answer, policy, rules } = await policyOf(path);

      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(policy).not.toMatch(/unsafe-|\*|https?:|strict-dynamic/);
      expect(rules.get('default-src')).toEqual(["'none'"]);
      expect(rules.get('script-src')).toEqual(["'self'"]);
      for (const name of ['object-src', 'base-uri', 'frame-ancestors'])
        expect([name, rules.get(name)]).toEqual([name, ["'none'"]]);
      expect(rules.get('form-action')).toEqual(["'self'"]);
      expect(rules.get('connect-src')).toEqual(["'self'"]);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      // Helmet's own policy would be a second one, under which nothing worked.
      expect(policy.match(/default-src/g)).toHaveLength(1);
    },
  );

  it('has a nonce of its own each time, and nothing inline without it', async () => {
    const nonces = new Set<string>();
    for (let times = 0; times < 3; times++) {
      const { rules, page } = await policyOf('/');
      const [nonce] = rules.get('style-src')!.filter((source) => source.startsWith("'nonce-"));
      nonces.add(nonce!);
      expect(Buffer.from(nonce!.slice("'nonce-".length, -1), 'base64').length).toBeGreaterThanOrEqual(16);
      expect(page).toContain(nonce!.slice("'nonce-".length, -1));
      expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|javascript:/);
    }
    expect(nonces.size).toBe(3);
  });
});

describe('whoever opens the console', () => {
  it('is asked for a token, is told when it is wrong, and is in with the right one', async () => {
    const { page } = await viewer();
    await page.goto(site.url);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('not valid');

    await page.getByLabel('Token').fill(site.stack.adminToken);
    await page.getByRole('button', { name: 'Log in' }).click();

    await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();
    await page.locator('[data-connection=live]').waitFor();
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  });

  it('goes everywhere by keys alone', async () => {
    const { page, troubles } = await viewer();
    await site.logIn(page);
    await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();

    await page.keyboard.press('g');
    await page.keyboard.press('n');
    await page.getByRole('heading', { name: 'Numbers', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('agen');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();

    expect(troubles).toEqual([]);
  });

  it('has the address of where it is, also after loading it again', async () => {
    const { page } = await viewer();
    await site.logIn(page, '/people');
    await page.getByRole('heading', { name: 'People', level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'People', level: 1 }).waitFor();
  });

  it('is known, and hears of the calls, while what draws the page is still on its way', async () => {
    const { page, troubles } = await viewer();
    let arrives = () => {};
    const onItsWay = new Promise<void>((resolve) => {
      arrives = resolve;
    });
    await page.route('**/assets/main-*.js', async (route) => {
      await onItsWay;
      await route.continue();
    });
    const asked = page.waitForRequest('**/api/sessions/current');
    const opened = site.logIn(page, '/live');
    await asked;
    expect(await page.locator('#root > *').count()).toBe(0);
    arrives();

    await opened;
    await page.locator('[data-connection=live]').waitFor();
    expect(troubles).toEqual([]);
  });

  it('gets the board in a handful of files, all of which the page names', async () => {
    const { page } = await viewer();
    const files: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      // The worker of the stream is for all pages of the browser.
      if (pathname.startsWith('/assets/') && !pathname.includes('worker')) files.push(pathname);
    });
    await site.logIn(page, '/live');
    await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();

    const named = await (await fetch(`${site.url}/live`)).text();
    expect(files.filter((file) => !named.includes(file))).toEqual([]);
    expect(files.length).toBeLessThanOrEqual(6);
  });

  it('keeps what must have a value when the same is chosen again, and empties by keys what may be empty', async () => {
    const { page, troubles } = await viewer();
    await site.logIn(page, `/test?agent=${site.agentId}`);
    const agent = page.getByRole('combobox', { name: 'Agent' });
    const { agentName } = site;
    await expect.poll(() => agent.inputValue(), { timeout: 20_000 }).toBe(agentName);
    await agent.click();
    await page.getByRole('option', { name: agentName, exact: true }).click();
    expect(await agent.inputValue()).toBe(agentName);

    await page.goto(`${site.url}/calls?state=ended`);
    const state = page.getByRole('combobox', { name: 'State' });
    await expect.poll(() => state.inputValue(), { timeout: 20_000 }).toBe('ended');
    // By arrows to the choice that stands, as one sees it: Enter alone would take it only once the list has found it.
    const standing = page.getByRole('option', { name: 'ended' });
    const isReached = async () =>
      (await standing.count()) > 0 && (await standing.getAttribute('data-combobox-selected')) === 'true';
    await expect
      .poll(async () => {
        if (await isReached()) return true;
        await state.press('ArrowDown');
        return isReached();
      })
      .toBe(true);
    await state.press('Enter');
    await expect.poll(() => new URL(page.url()).search, { timeout: 20_000 }).toBe('');
    expect(await state.inputValue()).toBe('');
    expect(troubles).toEqual([]);
  });

  it('is told of a page that is gone, finds the others, and loads it again', async () => {
    const { page } = await viewer();
    await site.logIn(page, '/people');
    await page.route('**/assets/numbers-page-*.js', (route) => route.fulfill({ status: 404 }));
    await page.getByRole('link', { name: 'Numbers' }).click();
    await page.getByRole('heading', { name: 'This page cannot be shown', level: 1 }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'page-gone-light-1440');

    await page.getByRole('link', { name: 'People' }).click();
    await page.getByRole('heading', { name: 'People', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Numbers' }).click();
    const again = page.getByRole('button', { name: 'Load again' });
    await again.waitFor();
    await page.unroute('**/assets/numbers-page-*.js');
    await again.click();
    await page.getByRole('heading', { name: 'Numbers', level: 1 }).waitFor();
  });

  it('finds nothing in its way, wide and narrow, light and dark', async () => {
    const { page, troubles } = await viewer();
    await page.goto(site.url);
    await page.getByLabel('Token').waitFor();
    await expectGoodLooks(page, 'log-in');

    await site.logIn(page);
    await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();
    await expectGoodLooks(page, 'frame');
    expect(troubles).toEqual([]);
  });
});
