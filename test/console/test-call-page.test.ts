import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SPEECH_DIR } from '../wire/places.js';
import { launchBrowser, openViewer } from './browser.js';
import { emptyCall, manyTurns } from './call-record.js';
import { expectGoodLooks } from './looks.js';
import { type Site, startSite } from './site.js';

const SPOKEN = join(SPEECH_DIR, 'goforward.wav');

let site: Site;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser(['--use-fake-ui-for-media-stream'])]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

async function viewer() {
  const opened = await openViewer(browser);
  onTestFinished(() => opened.context.close());
  return opened;
}

describe('a test call', () => {
  it('that cannot be placed says why, and keeps what was chosen', async () => {
    const { page } = await viewer();
    await site.logIn(page, `/test?agent=${site.agentId}&from=Anna`);
    const call = page.getByRole('button', { name: 'Call Reception' });
    await call.waitFor();
    const refusal = async (name: string) => {
      await page.evaluate((error) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error));
      }, name);
      await call.click();
      return page.getByRole('alert');
    };

    await (await refusal('NotAllowedError')).filter({ hasText: 'may not use the microphone' }).waitFor();
    await (await refusal('NotReadableError')).filter({ hasText: 'Another program may hold it' }).waitFor();
    await page.evaluate(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
    await call.click();
    await page.getByRole('alert').filter({ hasText: 'It has to begin with https' }).waitFor();
    const dropped = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['no sound at all'], 'notes.wav'));
      return transfer;
    });
    await page.locator('.file-drop').dispatchEvent('drop', { dataTransfer: dropped });
    await page.getByRole('alert').filter({ hasText: 'The browser cannot play notes.wav.' }).waitFor();

    const choose = async () => {
      await page.locator('input[type=file]').first().setInputFiles(SPOKEN);
      await page.getByText('speaks in place of the microphone').waitFor();
    };
    await choose();
    await page.route('**/api/test-calls', (route) => route.fulfill({ status: 201, json: refusedTicket() }));
    await call.click();
    await page.getByRole('alert').filter({ hasText: 'The line was not opened.' }).waitFor();
    expect(await page.getByLabel('Calling as').inputValue()).toBe('Anna');

    await page.routeWebSocket('**/twilio/media', (socket) =>
      socket.onMessage(() => socket.close({ code: 1013, reason: 'full' })),
    );
    await page.reload();
    await choose();
    await call.click();
    await page.getByRole('alert').filter({ hasText: 'The bridge is too busy for the call (full).' }).waitFor();
    await page.goto(`${site.url}/test?recording=CA404`);
    await page.getByRole('alert').filter({ hasText: 'There is no call CA404.' }).waitFor();
  });

  it('says that sound is missing when more of it came than anybody waits for', async () => {
    const { page, troubles } = await viewer();
    await site.logIn(page, `/test?agent=${site.agentId}`);
    await page.locator('input[type=file]').first().setInputFiles(SPOKEN);
    await page.getByText('speaks in place of the microphone').waitFor();
    await page.route('**/api/test-calls', (route) => route.fulfill({ status: 201, json: refusedTicket() }));
    const tenSeconds = JSON.stringify({
      event: 'media',
      media: { payload: Buffer.alloc(80_000, 0x7f).toString('base64') },
    });
    let tell = (): void => undefined;
    await page.routeWebSocket('**/twilio/media', (socket) => {
      tell = () => socket.send(tenSeconds);
    });
    const { callSid } = refusedTicket();
    const long = { ...emptyCall(), callSid, turns: manyTurns(1000) };
    await page.route(`**/api/calls/${callSid}`, (route) => route.fulfill({ json: long }));
    await page.getByRole('button', { name: 'Call Reception' }).click();
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
    // However much is said, little of it is in the page at once.
    await page.locator('[data-turn="1000"]').waitFor();
    expect(await page.locator('.turn').count()).toBeLessThan(60);

    for (let count = 0; count < 12; count++) tell();
    await page.getByText(/1[12]\d{4} ms queued/).waitFor();
    const missing = page.getByRole('alert').filter({ hasText: 'Some of what the agent says is missing here' });
    expect(await missing.count()).toBe(0);
    tell();
    await missing.waitFor();
    expect(troubles).toEqual([]);
  });

  it('looks as it should before it begins', async () => {
    const { page, troubles } = await viewer();
    await site.logIn(page, '/test');
    await page.getByRole('button', { name: 'Call Reception' }).waitFor();
    await expectGoodLooks(page, 'test-call');
    expect(troubles).toEqual([]);
  });
});

function refusedTicket() {
  const expiresAt = new Date(0).toISOString();
  return { callSid: 'CA00000000000000000000000000000000', url: `${site.url}/twilio/media`, ticket: 'none', expiresAt };
}
