import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readWav, writeWav } from '../../src/audio/wav.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { SPEECH_DIR } from '../wire/places.js';
import { likenessOfHeard } from './audio-likeness.js';
import {
  askedSound,
  devices,
  heardAfterClearMs,
  isAgentQuiet,
  levelCount,
  loudMs,
  noteSound,
  noteWords,
  PATIENT,
  playedMarks,
  shownWords,
  turnOf,
} from './audio-page.js';
import { axeViolations, launchBrowser, openViewer, overflowOf, screenshot } from './browser.js';
import { type Site, startSite } from './site.js';

const SPOKEN = join(SPEECH_DIR, 'goforward.wav');
const SHORT = join(SPEECH_DIR, 'ten-meters.wav');
/** The greeting is mostly over then, when the machine has time. */
const LEAD_MS = 1500;
/** A call takes its time, and a busy machine more. */
const CALL_LIMIT_MS = 120_000;
const SCRIPT = `turns:
  - { text: greet the caller, say: Hello., interruptible: false }
  - { hear: go forward ten meters, say: Thank you. You entered ten. }
  - { text: "keys on the telephone: 12", say: You entered one two. }
`;

let site: Site;
/** One with a person before its microphone, and one without a microphone. */
let withMicrophone: Browser;
let without: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'test-call-'));
  const person = join(folder, 'person.wav');
  const { rateHz, samples } = readWav(readFileSync(SPOKEN));
  const lead = new Int16Array((rateHz * LEAD_MS) / 1000);
  await writeFile(person, writeWav({ rateHz, channels: [Int16Array.from([...lead, ...samples])] }));
  [site, withMicrophone, without] = await Promise.all([
    startSite(),
    launchBrowser([
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${person}%noloop`,
    ]),
    launchBrowser(['--use-fake-ui-for-media-stream']),
  ]);
  site.stack.bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
});
afterAll(async () => {
  await Promise.all([withMicrophone?.close(), without?.close(), site?.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function viewer(browser: Browser, options: Parameters<typeof openViewer>[1] = {}) {
  const opened = await openViewer(browser, options);
  onTestFinished(() => opened.context.close());
  await noteSound(opened.page);
  return opened;
}

describe('a test call', () => {
  it(
    'is two clicks away; a person speaks into the microphone, is understood, and hears the answer',
    async () => {
      const { page, troubles } = await viewer(withMicrophone, { permissions: ['microphone'] });
      await site.logIn(page);
      await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();
      await noteWords(page);

      await page.getByRole('link', { name: 'Call an agent' }).click();
      await page.getByRole('button', { name: 'Call Reception' }).click();

      await turnOf(page, 'agent', 'Hello.').waitFor();
      await turnOf(page, 'caller', 'go forward ten meters').waitFor();
      await turnOf(page, 'agent', 'You entered ten.').waitFor();
      await turnOf(page, 'agent', 'gap').waitFor();
      // Until the last word has sounded.
      await expect.poll(() => isAgentQuiet(page), PATIENT).toBe(true);
      await screenshot(page, 'test-call-live-light-1440');

      // The answer alone takes two seconds.
      expect(await loudMs(page, 'agent')).toBeGreaterThan(1500);
      expect(await loudMs(page, 'caller')).toBeGreaterThan(800);
      const delays = (await shownWords(page)).flatMap(({ toldAtMs, shownAtMs }) =>
        shownAtMs === undefined ? [] : [shownAtMs - toldAtMs],
      );
      const sorted = delays.sort((a, b) => a - b);
      const medianMs = sorted[Math.floor(sorted.length / 2)]!;
      console.info(`words on the page after ${medianMs} ms (median of ${sorted.length}), at most ${sorted.at(-1)} ms`);
      expect(medianMs).toBeLessThan(300);

      await page.getByRole('button', { name: 'Hang up' }).click();
      await page.getByText('The call is over (caller hung up).').waitFor();
      await page.getByText('It was not recorded').waitFor();
      expect(await devices(page)).toEqual({ opened: 1, held: 0 });
      expect(await askedSound(page)).toMatchObject([
        { echoCancellation: true, noiseSuppression: true, channelCount: 1 },
      ]);
      const after = await levelCount(page);
      await page.getByRole('link', { name: 'Open call' }).click();
      await page.waitForURL(/\/calls\/CA/);
      expect(await levelCount(page)).toBe(after);
      expect(troubles).toEqual([]);
    },
    CALL_LIMIT_MS,
  );

  it(
    'is placed, spoken into and ended by keys alone, with a file where there is no microphone',
    async () => {
      const { page, troubles } = await viewer(without);
      await site.logIn(page, `/test?agent=${site.agentId}`);
      const call = page.getByRole('button', { name: 'Call Reception' });
      await call.focus();
      await page.keyboard.press('Enter');
      const alert = page.getByRole('alert');
      await alert.filter({ hasText: 'There is no microphone.' }).waitFor();
      await screenshot(page, 'test-call-no-microphone-light-1440');

      const choosing = page.waitForEvent('filechooser');
      await alert.getByRole('button', { name: 'Use an audio file' }).focus();
      await page.keyboard.press('Enter');
      await (await choosing).setFiles(SHORT);
      await page.getByText('ten-meters.wav (0:01) speaks in place of the microphone').waitFor();
      await call.focus();
      await page.keyboard.press('Enter');
      await turnOf(page, 'caller', 'go forward ten meters').waitFor();
      await turnOf(page, 'agent', 'You entered ten.').waitFor();

      await page.getByRole('button', { name: '1', exact: true }).focus();
      await page.keyboard.press('1');
      await page.keyboard.press('2');
      await page.keyboard.press('#');
      await page.getByText('Keys sent: 12#').waitFor();
      await turnOf(page, 'agent', 'You entered one two.').waitFor();

      // What arrived at the model is what was in the file, after a telephone line.
      const alike = likenessOfHeard(readWav(readFileSync(SHORT)).samples, site.stack.bedrock.sessions.at(-1)!);
      console.info(`what the model heard is like the file by ${alike.toFixed(3)}`);
      expect(alike).toBeGreaterThan(0.95);

      await page.getByRole('link', { name: 'Numbers' }).focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Hang up and leave?' });
      await dialog.waitFor();
      expect(
        await dialog.getByRole('button', { name: 'Stay' }).evaluate((button) => button === document.activeElement),
      ).toBe(true);
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'hidden' });
      await screenshot(page, 'test-call-keys-light-1440');
      await page.setViewportSize({ width: 390, height: 900 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await screenshot(page, 'test-call-keys-dark-390');
      expect(await axeViolations(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);

      await page.getByRole('button', { name: 'Hang up' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('The call is over (caller hung up).').waitFor();
      expect(await call.evaluate((button) => button === document.activeElement)).toBe(true);
      expect(troubles).toEqual([]);
    },
    CALL_LIMIT_MS,
  );

  it(
    'is interrupted by its caller: the agent falls silent, its marks come back, and what was not heard stands apart',
    async () => {
      const LONG =
        'Your call is now first in line and will be answered by the next available representative. Thank you for your patience.';
      const script = `turns:
  - { text: greet the caller, say: Hello., interruptible: false }
  - { hear: go forward ten meters, say: ${LONG}, lateAudioMs: 200 }
  - { hear: go forward ten meters, say: "I'm sorry. Please try again." }
`;
      site.stack.bedrock.use(parseModelScript(script, { dir: SPEECH_DIR }));
      onTestFinished(() => site.stack.bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR })));
      const { page, troubles } = await viewer(without);
      await site.logIn(page, `/test?agent=${site.agentId}`);
      await page.locator('input[type=file]').first().setInputFiles(SPOKEN);
      await page.getByText('speaks in place of the microphone').waitFor();
      await page.getByRole('button', { name: 'Call Reception' }).click();

      const answer = turnOf(page, 'agent', 'Your call is now first in line');
      await answer.waitFor();
      // The greeting is over by then: it is the answer that sounds.
      const before = await loudMs(page, 'agent');
      await expect.poll(() => loudMs(page, 'agent'), PATIENT).toBeGreaterThan(before + 600);
      await page.getByRole('button', { name: 'Say it again' }).click();

      await page.getByText('1 clear', { exact: false }).waitFor();
      await turnOf(page, 'agent', 'Please try again.').waitFor();
      await expect.poll(() => isAgentQuiet(page), PATIENT).toBe(true);
      const tookMs = await heardAfterClearMs(page, 500);
      console.info(`the agent is heard for ${tookMs} ms after the clear`);
      expect(tookMs).toBeLessThanOrEqual(100);
      const { sent, clearedAt } = await playedMarks(page);
      expect(clearedAt).toHaveLength(1);
      expect(sent.length).toBeGreaterThan(2);
      await expect
        .poll(async () => (await playedMarks(page)).returned, PATIENT)
        .toEqual((await playedMarks(page)).sent);

      const cut = turnOf(page, 'agent', 'Your call');
      await cut.getByText(/cut off at/).waitFor();
      const rest = cut.getByRole('button', { name: /^never heard \(\d+ words\)$/ });
      await rest.waitFor();
      expect(await cut.textContent()).not.toContain('patience');
      await rest.click();
      expect(await cut.locator('.unheard').textContent()).toContain('Thank you for your patience.');
      await screenshot(page, 'test-call-cut-light-1440');

      await page.getByRole('button', { name: 'Hang up' }).click();
      await page.getByText('The call is over (caller hung up).').waitFor();
      expect(troubles).toEqual([]);
    },
    CALL_LIMIT_MS,
  );
});
