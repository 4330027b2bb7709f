import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readWav, writeWav } from '../../src/audio/wav.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { SPEECH_DIR } from '../wire/places.js';
import { likenessOfHeard } from './audio-likeness.js';
import { loudMs, noteSound, PATIENT, turnOf } from './audio-page.js';
import { launchBrowser, openViewer, screenshot } from './browser.js';
import { NUMBER, type Site, startSite } from './site.js';

const SHORT = join(SPEECH_DIR, 'ten-meters.wav');
/** A call takes its time, and a busy machine more. */
const CALL_LIMIT_MS = 120_000;
const SCRIPT = `turns:
  - { text: greet the caller, say: Hello., interruptible: false }
  - { hear: ten meters, say: Thank you. You entered ten. }
`;

let site: Site;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser(['--use-fake-ui-for-media-stream'])]);
  site.stack.bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
});
afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

async function viewer() {
  const opened = await openViewer(browser);
  onTestFinished(() => opened.context.close());
  return opened;
}

describe('who listens in', () => {
  it(
    'hears the caller left and the agent right: here of a recorded call whose caller calls again',
    async () => {
      const { context, page, troubles } = await viewer();
      // The caller is left; of the agent, who is right, nothing may come.
      const { rateHz, samples } = readWav(readFileSync(SHORT));
      const agent = Int16Array.from(samples, (_, index) => (index % 16 < 8 ? 9000 : -9000));
      const recording = Buffer.from(writeWav({ rateHz, channels: [samples, agent] }));
      await page.route('**/audio.wav', (route) => route.fulfill({ contentType: 'audio/wav', body: recording }));
      await site.logIn(page, '/test?version=1&recording=CA1');
      await page.getByText('the caller of CA1 (0:01) speaks in place of the microphone').waitFor();
      const placing = page.waitForResponse('**/api/test-calls');
      await page.getByRole('button', { name: 'Call Reception' }).click();
      const { callSid } = (await (await placing).json()) as { callSid: string };
      await turnOf(page, 'agent', 'You entered ten.').waitFor();

      const listener = await context.newPage();
      await noteSound(listener);
      await listener.goto(`${site.url}/live?call=${callSid}`);
      await listener.getByRole('button', { name: 'Listen in' }).click();
      await listener.getByRole('button', { name: 'Stop listening' }).waitFor();
      await page.getByRole('button', { name: 'Say it again' }).click();
      await expect.poll(() => loudMs(listener, 'caller'), PATIENT).toBeGreaterThan(500);
      await expect.poll(() => loudMs(listener, 'agent'), PATIENT).toBeGreaterThan(500);
      await screenshot(listener, 'listen-in-light-1440');

      await page.getByRole('link', { name: 'Numbers' }).click();
      await page.getByRole('button', { name: 'Hang up and leave' }).click();
      await page.getByRole('heading', { name: 'Numbers', level: 1 }).waitFor();
      await listener.getByRole('button', { name: 'Stop listening' }).waitFor({ state: 'hidden' });
      const alike = likenessOfHeard(samples, site.stack.bedrock.sessions.at(-1)!);
      console.info(`what the model heard is like the caller of the recording by ${alike.toFixed(3)}`);
      expect(alike).toBeGreaterThan(0.95);
      expect(troubles).toEqual([]);
    },
    CALL_LIMIT_MS,
  );

  it('is told why when it is not allowed', async () => {
    const { token } = await site.stack.admin.post<{ token: string }>('/tokens', { name: 'looks on', role: 'viewer' });
    const { page } = await viewer();
    const call = await site.stack.phone.call({ from: '+14155550100', to: NUMBER });
    onTestFinished(async () => void (await call.hangUp()));
    await site.logIn(page, `/live?call=${call.callSid}`, token);

    const why = 'Operators and administrators listen in, transfer and hang up.';
    for (const name of ['Listen in', 'Transfer', 'Hang up']) {
      const button = page.getByRole('button', { name, disabled: true });
      expect(await button.getAttribute('aria-description')).toBe(why);
    }
    await page.getByRole('button', { name: 'Hang up' }).hover();
    await page.getByRole('tooltip').filter({ hasText: why }).waitFor();
    await page.getByRole('button', { name: 'Hang up' }).press('Enter');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: /^Actions/ }).click();
    await page.getByText(why).waitFor();
    for (const name of ['Listen in', 'Transfer…', 'Hang up…']) {
      expect(await page.getByRole('menuitem', { name, disabled: true }).count()).toBe(1);
    }
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});
