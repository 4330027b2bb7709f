import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { SPEECH_DIR } from '../wire/places.js';
import { loudMs, noteSound, PATIENT } from './audio-page.js';
import { axeViolations, launchBrowser, openViewer, overflowOf, screenshot } from './browser.js';
import { type Site, startSite } from './site.js';

/** A call takes its time, and a busy machine more. */
const CALL_LIMIT_MS = 120_000;
const SCRIPT = `turns:
  - { text: greet the caller, say: Thank you. You entered ten., interruptible: false }
`;

let site: Site;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  site.stack.bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
});
afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

async function voiceTab() {
  const opened = await openViewer(browser);
  onTestFinished(() => opened.context.close());
  await noteSound(opened.page);
  await site.logIn(opened.page, `/agents/${site.agentId}`);
  await opened.page.getByRole('tab', { name: /^Voice/ }).click();
  return opened;
}

describe('the voice of an agent', () => {
  it(
    'is heard before it is saved, with the greeting, and stops by itself',
    async () => {
      const { page, troubles } = await voiceTab();
      await page.locator('input[value=matthew]').first().click();
      await page.getByRole('option', { name: 'tiffany' }).click();
      const placing = page.waitForRequest('**/api/test-calls');
      await page.getByRole('button', { name: 'Hear it' }).click();

      expect((await placing).postDataJSON()).toMatchObject({ agentId: site.agentId, voiceId: 'tiffany' });
      await page.getByText('tiffany is speaking.').waitFor();
      await screenshot(page, 'voice-sample-light-1440');
      await page.getByRole('button', { name: 'Hear it' }).waitFor();

      expect(await loudMs(page, 'agent')).toBeGreaterThan(800);
      expect(await loudMs(page, 'caller')).toBe(0);
      expect(site.stack.bedrock.sessions.at(-1)?.voiceId).toBe('tiffany');
      await expect.poll(() => site.stack.openStreams, PATIENT).toBe(0);
      const saved = await site.stack.admin.find<{ voiceId: string }>(`/agents/${site.agentId}`);
      expect(saved?.voiceId).not.toBe('tiffany');
      expect(await axeViolations(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 900 });
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await axeViolations(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      await screenshot(page, 'voice-sample-dark-390');
      expect(troubles).toEqual([]);
    },
    CALL_LIMIT_MS,
  );

  it('is stopped by a key, and says why when it cannot be heard', async () => {
    const { page } = await voiceTab();
    const hear = page.getByRole('button', { name: 'Hear it' });
    await hear.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop' }).click();
    await hear.waitFor();

    await page.route('**/api/test-calls', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', json: BUSY }),
    );
    await hear.click();
    await page.getByRole('alert').filter({ hasText: 'There is no room for another call.' }).waitFor();
    await hear.waitFor();

    await page.unroute('**/api/test-calls');
    await page.routeWebSocket('**/twilio/media', (socket) => socket.close({ code: 1011, reason: '' }));
    await hear.click();
    await page.getByRole('alert').filter({ hasText: 'The line' }).waitFor();
  });
});

const BUSY = {
  type: 'about:blank',
  title: 'Busy',
  status: 503,
  detail: 'There is no room for another call.',
  code: 'NO_CAPACITY',
};
