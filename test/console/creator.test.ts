import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CreatorJob, PhoneNumber } from '../../src/console/api/types.js';
import { axeViolations, launchBrowser, openViewer, screenshot } from './browser.js';
import { expectGoodLooks } from './looks.js';
import { type Site, startSite } from './site.js';

const NUMBER = '+14155550177';
const SHOWN_NUMBER = '+1 415 555 0177';
const OTHER = '+14155550178';
/** How long a job may take on a busy machine; on a quiet one it is a few seconds. */
const JOB_MS = 110_000;
const MARKUP = '<b onclick="x()">Registers</b> & <script>alert(1)</script>';

let site: Site;
let browser: Browser;
/** Goes to its approval after a round of code that the gates have sent back. */
let credits: string;
/** Never gets past the gates; its name is full of markup. */
let diagnosis: string;

beforeAll(async () => {
  [site, browser, credits, diagnosis] = await Promise.all([
    startSite(),
    launchBrowser(),
    procedure('troubled/loyalty-credits'),
    procedure('troubled/remote-diagnosis').then((text) => text.replace(/^# .*$/m, `# ${MARKUP}`)),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

function procedure(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`../../fixtures/sop/${name}.md`, import.meta.url)), 'utf8');
}

async function viewer(path: string, options: Parameters<typeof openViewer>[1] = {}, token?: string) {
  const opened = await openViewer(browser, options);
  onTestFinished(() => opened.context.close());
  await site.logIn(opened.page, path, token);
  return opened;
}

const start = (body: object) => site.stack.admin.post<CreatorJob>('/creator/jobs', body);
const jobNow = async (id: string) => (await site.stack.admin.find<CreatorJob>(`/creator/jobs/${id}`))!;
/** Made once, for all who look at it. */
const made = new Map<string, Promise<CreatorJob>>();
function once(name: string, make: () => Promise<CreatorJob>): Promise<CreatorJob> {
  const job = made.get(name) ?? make();
  made.set(name, job);
  return job;
}
const stoppedJob = () => once('stopped', () => brought({ sop: diagnosis }, 'needs_attention'));
const waitingJob = () => once('waiting', () => brought({ sop: credits }, 'awaiting_approval'));
async function brought(body: object, state: CreatorJob['state']): Promise<CreatorJob> {
  const { id } = await start(body);
  await expect.poll(async () => (await jobNow(id)).state, { timeout: JOB_MS, interval: 250 }).toBe(state);
  return jobNow(id);
}

const isAt = (page: Page, state: string) =>
  page.locator(`main [data-state="${state}"]`).first().waitFor({ timeout: JOB_MS });
const stages = (page: Page) => page.getByRole('navigation', { name: 'Stages' });
const findings = (page: Page) => page.getByRole('complementary', { name: 'Findings and coverage' });

/** As somebody without a mouse gets there. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
    );
    if (name.test(focused.trim())) return;
  }
  throw new Error(`Tab does not lead to ${name}.`);
}

describe('a procedure in the console', { timeout: 2 * JOB_MS }, () => {
  it('becomes an agent that answers a number: pasted, followed, looked at, approved', async () => {
    const { page, troubles } = await viewer('/creator');
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/events') && request.url().includes('/creator/')) streams.push(request.url());
    });
    await page.getByRole('link', { name: 'New agent from a procedure' }).first().click();
    await page.getByLabel('Standard operating procedure').fill(credits);
    await page.getByText(`${credits.length.toLocaleString('en-US')} of 200,000 characters`).waitFor();
    await page.getByLabel('How it speaks').fill('Warm and short.');
    await page.reload();
    await page.getByText(/^What you typed .* is back$/).waitFor();
    await page.getByLabel('Number that it answers').fill('(415) 555-0177');
    await page.getByText('Read as +14155550177').waitFor();
    await page.getByRole('button', { name: 'Make the agent' }).click();

    // Each stage as it begins and ends; the approval is not to be had before.
    await stages(page)
      .getByRole('link', { name: /^done Code, round 2/ })
      .waitFor({ timeout: JOB_MS });
    expect(await page.getByRole('button', { name: 'Approve and publish…' }).isDisabled()).toBe(true);
    await page.getByText('The stages are at work: it can be approved when all have passed.').waitFor();
    await stages(page).getByText('so far').waitFor({ timeout: JOB_MS });
    await screenshot(page, 'creator-running-light-1440');
    await isAt(page, 'awaiting_approval');
    expect(streams).toHaveLength(1);
    const id = page.url().split('/').at(-1)!.split('?')[0]!;
    expect((await jobNow(id)).input).toMatchObject({ sop: credits, voicePersonality: 'Warm and short.' });

    // What the gates had found, at its line, and what the next round has made of it.
    await findings(page)
      .getByRole('tab', { name: /^Findings/ })
      .click();
    await findings(page)
      .getByRole('link', { name: /^agent\.py, line \d+/ })
      .click();
    await expect.poll(() => page.locator('.cm-chosen-line').textContent()).toContain('json');
    await page.locator('.cm-lint-marker-error').waitFor();
    await screenshot(page, 'creator-finding-light-1440');
    await stages(page)
      .getByRole('link', { name: /^done Code, round 2/ })
      .click();
    await page.getByText('Changes', { exact: true }).click();
    await page.getByText('agent.py: changes since round 1').waitFor();
    await page.locator('[data-kind=added]', { hasText: 'import json' }).waitFor();
    await screenshot(page, 'creator-changes-light-1440');

    // Clause by clause, with what was said.
    await findings(page).getByRole('tab', { name: 'Coverage 11 / 11' }).click();
    await findings(page)
      .getByRole('link', { name: /^in writing: passed/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Rehearsals', level: 2 }).waitFor();
    await page.getByText('caller', { exact: true }).first().waitFor();
    await screenshot(page, 'creator-rehearsal-light-1440');

    await page.getByRole('button', { name: 'Approve and publish…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Publish “Loyalty credits of the Corner Bakery Club” v1?' });
    await dialog.getByText(`Whoever calls ${SHOWN_NUMBER} from then on is answered by`).waitFor();
    await expect
      .poll(() => dialog.getByRole('button', { name: 'Cancel' }).evaluate((at) => at.matches(':focus')))
      .toBe(true);
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'creator-approve-light-1440');
    await dialog.getByRole('button', { name: 'Approve and publish' }).click();
    await isAt(page, 'published');
    await page.getByText('Published: Loyalty credits of the Corner Bakery Club v1').waitFor();
    const { agentId } = await jobNow(id);
    expect(await site.stack.admin.find<PhoneNumber>(`/numbers/${NUMBER}`)).toMatchObject({ agentId });
    await screenshot(page, 'creator-published-light-1440');

    // Another number afterwards.
    await page.getByRole('button', { name: 'Point a number…' }).click();
    const pointing = page.getByRole('dialog', { name: /^Point a number at/ });
    await pointing.getByLabel('Number').fill('415 555 0178');
    await pointing.getByText(/is not assigned yet/).waitFor();
    await pointing.getByRole('button', { name: 'Point it' }).click();
    await pointing.waitFor({ state: 'hidden' });
    expect(await site.stack.admin.find<PhoneNumber>(`/numbers/${OTHER}`)).toMatchObject({ agentId });
    await page.getByRole('link', { name: 'Test call' }).last().click();
    await page.getByRole('heading', { name: 'Test call', level: 1 }).waitFor();
    expect(new URL(page.url()).searchParams.get('agent')).toBe(agentId);
    expect(troubles).toEqual([]);
  });

  it('that the gates stop is read by keys alone, to the line; whatever it is called stays as it was typed', async () => {
    await stoppedJob();
    const { page, troubles } = await viewer('/live');
    await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.getByRole('heading', { name: 'Creator', level: 1 }).waitFor();
    await page.getByRole('link', { name: MARKUP }).first().waitFor();
    await tabTo(page, /^<b onclick/);
    await page.keyboard.press('Enter');
    await page.getByText('No agent came of it: somebody has to look').waitFor();
    await page.locator('.cm-lint-marker-error').first().waitFor();
    await tabTo(page, /^agent\.py, line 59/);
    await page.keyboard.press('Enter');

    await expect.poll(() => page.locator('.cm-chosen-line').textContent()).toContain('subprocess.run');
    await expect.poll(() => page.locator('.cm-content').evaluate((at) => at.matches(':focus'))).toBe(true);
    // The next one of the list in the code is the first one again.
    await page.keyboard.press('F8');
    await expect.poll(() => page.evaluate(() => getSelection()?.toString())).toContain('subprocess.run(');
    await page.keyboard.press('F8');
    await expect.poll(() => page.evaluate(() => getSelection()?.toString())).toBe('import subprocess');
    expect(new URL(page.url()).searchParams.get('line')).toBe('59');
    await page.reload();
    await expect.poll(() => page.locator('.cm-chosen-line').textContent()).toContain('subprocess.run');
    await page.goto(`${page.url().split('?')[0]}?stage=1&view=procedure`);
    await expect.poll(() => page.locator('.cm-line').first().textContent()).toBe(`# ${MARKUP}`);
    expect(await page.locator('main b, main script').count()).toBe(0);

    await page.getByRole('button', { name: 'Change it and begin again…' }).click();
    expect(await page.getByLabel('Standard operating procedure').inputValue()).toBe(diagnosis);
    expect(troubles).toEqual([]);
  });

  it('that the gates stop is read on a telephone as well: from a sheet, by keys, to the line', async () => {
    const { id } = await stoppedJob();
    const { page, troubles } = await viewer(`/creator/${id}`);
    await page.setViewportSize({ width: 390, height: 900 });
    await page.locator('.cm-lint-marker-error').first().waitFor();
    expect(await findings(page).isVisible()).toBe(false);
    const button = page.getByRole('button', { name: /^Findings \d+ and coverage$/ });
    // Without scrolling.
    await expect.poll(async () => ((await button.boundingBox())?.y ?? 900) < 880).toBe(true);
    await tabTo(page, /^Findings \d+ and coverage$/);
    await page.keyboard.press('Enter');
    const sheet = page.getByRole('dialog', { name: 'Findings and coverage' });
    await sheet
      .getByRole('link', { name: /^agent\.py, line 59/ })
      .first()
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'creator-sheet-light-390');
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
    await button.and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await tabTo(page, /^agent\.py, line 59/);
    await page.keyboard.press('Enter');
    await sheet.waitFor({ state: 'hidden' });
    await expect.poll(() => page.locator('.cm-chosen-line').textContent()).toContain('subprocess.run');
    await expect.poll(() => page.locator('.cm-content').evaluate((at) => at.matches(':focus'))).toBe(true);
    await screenshot(page, 'creator-sheet-line-light-390');
    expect(troubles).toEqual([]);
  });

  it('is followed again after its stream was cut and refused', async () => {
    const { page } = await viewer('/creator');
    let asked = 0;
    await page.route('**/api/creator/jobs/*/events', (route) => {
      asked++;
      if (asked === 1) return route.fulfill({ contentType: 'text/event-stream', body: 'retry: 200\n\n' });
      if (asked === 2) return route.fulfill({ status: 502 });
      return route.continue();
    });
    const { id } = await start({ sop: diagnosis });
    await page.goto(`${site.url}/creator/${id}`);
    await page.getByText(/^The connection was cut; it is being opened again/).waitFor();
    await isAt(page, 'needs_attention');
    await page.getByText(/^The connection was cut/).waitFor({ state: 'hidden' });
    expect(asked).toBe(3);
  });

  it('goes on after it has failed, at the stage that failed, and is followed again', async () => {
    const { id } = await brought({ sop: credits }, 'awaiting_approval');
    const database = new pg.Client({ connectionString: site.databaseUrl });
    await database.connect();
    onTestFinished(() => database.end());
    const reason = 'Writing the agent to the bucket failed: The bucket agents refuses.';
    await database.query(
      "UPDATE creator_stages SET state = 'failed', output = NULL, error = 'refused' WHERE job_id = $1 AND stage = 'store'",
      [id],
    );
    await database.query("UPDATE creator_jobs SET state = 'failed', reason = $2 WHERE id = $1", [id, reason]);
    const before = (await jobNow(id)).stages.length;
    const { page, troubles } = await viewer(`/creator/${id}`);
    await page.getByText(reason).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'creator-failed-light-1440');

    await page.getByRole('button', { name: /^Try again from/ }).click();

    await isAt(page, 'awaiting_approval');
    await page.getByText(reason).waitFor({ state: 'hidden' });
    expect(await page.getByRole('button', { name: 'Approve and publish…' }).isEnabled()).toBe(true);
    expect((await jobNow(id)).stages.slice(before)).toMatchObject([{ stage: 'store', state: 'done' }]);
    expect(troubles).toEqual([]);
  });

  it('is said beforehand where none can be made', async () => {
    const { page, troubles } = await viewer('/creator');
    const whyNot = 'A lone agent.py does not deploy: set CREATOR_LOADER_ARN.';
    await page.route('**/api/creator', (route) => route.fulfill({ json: { whyNot } }));
    await page.getByRole('link', { name: 'New agent from a procedure' }).first().click();

    await page.getByText(whyNot).waitFor();
    await page.getByLabel('Standard operating procedure').fill(credits);

    expect(await page.getByRole('button', { name: 'Make the agent' }).isDisabled()).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('is refused at its fields, or in words where AgentCreator is not set up, and stays typed', async () => {
    const { page } = await viewer('/creator/new');
    await page.getByLabel('Standard operating procedure').fill('?');
    await page.getByLabel('Number that it answers').fill('12');
    await page.getByRole('button', { name: 'Make the agent' }).click();
    await page.getByText('holds no sentence: a procedure says in words what has to be done').first().waitFor();
    expect(await page.getByLabel('Number that it answers').getAttribute('aria-invalid')).toBe('true');
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'creator-refused-light-1440');

    await page.route('**/api/creator/jobs', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        json: {
          ...{ type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'CREATOR_NOT_CONFIGURED' },
          detail: 'AgentCreator is not set up: set CREATOR_BUCKET, to which agents are written.',
        },
      }),
    );
    await page.getByRole('button', { name: 'Make the agent' }).click();
    await page.getByText('AgentCreator is not set up: set CREATOR_BUCKET').waitFor();
    expect(await page.getByLabel('Standard operating procedure').inputValue()).toBe('?');

    const file = {
      name: 'desk.md',
      mimeType: 'text/markdown',
      buffer: Buffer.from('# Desk\n\n1. Greet the caller.\n'),
    };
    await page.getByLabel('File with the procedure').setInputFiles(file);
    await page.getByText('desk.md is in.').waitFor();
    expect(await page.getByLabel('Standard operating procedure').inputValue()).toContain('Greet the caller.');
    await page.getByRole('button', { name: 'Take back what was here before' }).click();
    expect(await page.getByLabel('Standard operating procedure').inputValue()).toBe('?');
    await page.getByLabel('File with the procedure').setInputFiles({ ...file, buffer: Buffer.from([0xff, 0xfe, 0]) });
    await page.getByText('desk.md is not text in UTF-8').waitFor();
  });

  it('is seen by who may look, and approved by administrators only', async () => {
    const { id } = await waitingJob();
    const { token } = await site.stack.admin.post<{ token: string }>('/tokens', { name: 'Vera', role: 'viewer' });
    const { page, troubles } = await viewer('/creator', {}, token);
    // As of a job of a pre-deployed AgentCreator.
    await page.route(`**/api/creator/jobs/${id}`, async (route) => {
      const response = await route.fetch();
      const job = (await response.json()) as CreatorJob;
      const evidence = { ...job.evidence, limits: ['It is rehearsed without tools of its own.'] };
      await route.fulfill({ response, json: { ...job, evidence } });
    });
    await page.goto(`${site.url}/creator/${id}`);
    await page.getByText('Only administrators approve; your role is viewer.').waitFor();
    await page.getByText('What rehearsals do not show here').first().waitFor();
    await page.getByText('It is rehearsed without tools of its own.').first().waitFor();
    await screenshot(page, 'creator-limits-light-1440');
    expect(await page.getByRole('button', { name: 'Approve and publish…' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Cancel job…' }).count()).toBe(0);
    await stages(page)
      .getByRole('link', { name: /^done Plan/ })
      .click();
    await page.getByRole('heading', { name: 'Plan', level: 2 }).waitFor();
    await page.getByRole('link', { name: '← Creator' }).click();
    await page.getByRole('link', { name: 'Loyalty credits of the Corner Bakery Club' }).first().waitFor();
    expect(await page.getByRole('link', { name: 'New agent from a procedure' }).count()).toBe(0);
    await page.getByRole('textbox', { name: 'State' }).or(page.getByRole('combobox')).first().click();
    await page.getByRole('option', { name: 'awaits approval' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('state')).toBe('awaiting_approval');
    await expect.poll(() => page.locator('main td [data-state]:not([data-state=awaiting_approval])').count()).toBe(0);
    expect(troubles).toEqual([]);
  });

  it('has nothing in its way in any width and colour', async () => {
    const stopped = await stoppedJob();
    const waiting = await waitingJob();
    const code = waiting.stages.findLast(({ stage }) => stage === 'write-code')!;
    const { page, troubles } = await viewer('/creator');
    const places = [
      ['list', '/creator', () => page.getByRole('link', { name: MARKUP }).first().waitFor()],
      ['new', '/creator/new', () => page.getByText('of 200,000 characters').waitFor()],
      ['stopped', `/creator/${stopped.id}`, () => page.locator('.cm-lint-marker-error').first().waitFor()],
      [
        'changes',
        `/creator/${waiting.id}?stage=${code.seq}&view=changes`,
        () => page.getByText('agent.py: changes since round 1').waitFor(),
      ],
      ['clauses', `/creator/${stopped.id}?stage=1`, () => page.getByRole('region', { name: 'Clauses' }).waitFor()],
      ['waiting', `/creator/${waiting.id}`, () => page.getByText(/^All \(/).waitFor()],
      ['plan', `/creator/${waiting.id}?stage=3`, () => page.getByRole('region', { name: 'Tools' }).waitFor()],
    ] as const;
    for (const [name, path, isThere] of places) {
      await page.goto(site.url + path);
      await isThere();
      await expectGoodLooks(page, `creator-${name}`);
    }
    await page.getByRole('button', { name: 'Cancel job…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the job' }).click();
    await page.getByText('The job was cancelled').waitFor();
    expect((await jobNow(waiting.id)).state).toBe('cancelled');
    expect(troubles).toEqual([]);
  });
});
