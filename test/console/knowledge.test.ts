import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Document } from '../../src/console/pages/knowledge/types.js';
import { FIXTURES_DIR, loadAgentFile } from '../../src/replay/fixture/fixture.js';
import { pdfOf } from '../knowledge/pdf.js';
import { axeViolations, launchBrowser, openViewer, screenshot } from './browser.js';
import { expectGoodLooks } from './looks.js';
import { type Site, startSite } from './site.js';

const BUCKET = 'shop';
const MARKUP = '<img src=x onerror="alert(1)">';
const ROLE = 'arn:aws:iam::123456789012:role/knowledge';
const RETURNS = `# Returns\nWhoever sends an article back within thirty days gets a refund. ${MARKUP} is shown as typed.\n`;
/** On a busy machine a process that reads documents takes its time to start. */
const READ = { timeout: 45_000 };

interface Dropped {
  readonly name: string;
  readonly base64?: string;
  /** What the browser says its size is, where that is not so. */
  readonly size?: number;
}

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function viewer(path: string, options: Parameters<typeof openViewer>[1] & { token?: string } = {}) {
  const opened = await openViewer(browser, options);
  onTestFinished(() => opened.context.close());
  opened.page.setDefaultTimeout(20_000);
  await site.logIn(opened.page, path, options.token);
  return opened;
}

/** An index with documents in it, and an agent that asks it. */
async function filledIndex(index: string, documents: Readonly<Record<string, string>> = {}) {
  const { admin } = site.stack;
  await admin.post('/indexes', { vectorBucketName: BUCKET, indexName: index, dimensions: 256 });
  for (const [name, text] of Object.entries(documents)) {
    await admin.post(`/indexes/${BUCKET}/${index}/documents`, {
      name,
      mediaType: 'text/markdown',
      content: { text },
      metadata: { part: 'policy' },
    });
  }
  const { agent } = loadAgentFile(`${FIXTURES_DIR}/agents/reception.yaml`);
  const tool = { kind: 's3-vectors', name: 'look_up', description: 'Looks policies up.' };
  await admin.post('/agents', {
    ...agent,
    name: `Clerk of ${index}`,
    tools: [{ ...tool, vectorBucketName: BUCKET, indexName: index, topK: 2 }],
  });
  await vi.waitFor(async () => {
    const page = await admin.find<{ items: Document[] }>(`/indexes/${BUCKET}/${index}/documents`);
    expect(page?.items.map(({ state }) => state)).toEqual(Object.keys(documents).map(() => 'stored'));
  }, READ);
  return `/knowledge/indexes/${BUCKET}/${index}`;
}

/** Lets go of files over the page, as a mouse does. */
async function drop(page: Page, files: readonly Dropped[]): Promise<void> {
  await page.getByRole('region', { name: 'Add documents' }).evaluate((box, given) => {
    const dropped = given.map(({ name, base64 = '', size }) => {
      const file = new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name);
      if (size !== undefined) Object.defineProperty(file, 'size', { value: size });
      return file;
    });
    const event = new DragEvent('drop', { bubbles: true, cancelable: true });
    Object.defineProperty(event, 'dataTransfer', { value: { files: dropped } });
    box.dispatchEvent(event);
  }, files);
}
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');
const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

describe('an index', { timeout: 120_000 }, () => {
  it('is made, takes documents that are dropped in, and finds the right passage first', async () => {
    const { page, troubles } = await viewer('/knowledge');
    await page.getByText('No index yet.').waitFor();
    await page.getByRole('button', { name: 'Index' }).click();
    const dialog = page.getByRole('dialog', { name: 'New index' });
    await dialog.getByLabel('Vector bucket').fill(BUCKET);
    await dialog.getByLabel('Index', { exact: true }).fill('No Capitals');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByRole('alert').getByText('indexName').waitFor();
    expect(await dialog.getByLabel('Index', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.reload();
    await dialog.getByText('What you typed before is back.').waitFor();
    await dialog.getByLabel('Index', { exact: true }).fill('policies');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'policies', level: 2 }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/knowledge/indexes/${BUCKET}/policies`);
    await page.getByText('No documents yet').waitFor();

    const sent: string[] = [];
    page.on('request', (request) => void (request.method() === 'POST' && sent.push(request.postData() ?? '')));
    const markupName = `${MARKUP}.pdf`;
    await page.getByRole('button', { name: 'Add a field' }).click();
    await page.getByLabel('Field 1', { exact: true }).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('source');
    await page.getByLabel('Value 1').fill('shop');
    await drop(page, [{ name: 'returns.md', base64: base64(RETURNS) }]);
    await page.getByRole('alert').getByText('Nothing was taken: mend the metadata').waitFor();
    await page.getByText('source is written by the bridge itself.').waitFor();
    await page.getByLabel('Field 1', { exact: true }).fill('part');
    await page.getByRole('button', { name: 'Add a field' }).click();
    await page.getByLabel('Field 2', { exact: true }).fill('year');
    await page.getByLabel('Kind of field 2').selectOption('Number');
    await page.getByLabel('Value 2').fill('2026');
    await expectGoodLooks(page, 'knowledge-metadata');
    await drop(page, [
      { name: 'returns.md', base64: base64(RETURNS) },
      { name: 'big.pdf', size: 200_000_000 },
      { name: 'plan.docx', base64: base64('x') },
      { name: markupName, base64: base64(pdfOf([['We are open on weekdays from nine to five.']])) },
    ]);

    await page.getByText('not taken: 200 MB, the limit is 16 MB: split it').waitFor();
    await page.getByText('.docx is not read into an index').waitFor();
    await rowOf(page, 'returns.md').locator('[role=progressbar]').waitFor();
    await screenshot(page, 'knowledge-dropped-light-1440');
    await rowOf(page, 'returns.md').getByText('ready').waitFor(READ);
    await rowOf(page, markupName).getByText('ready').waitFor(READ);
    await page.getByText('2 documents', { exact: true }).waitFor();
    expect(sent.length).toBe(2);
    await page.getByRole('button', { name: 'Take big.pdf off the list' }).click();
    await page.getByText('not taken: 200 MB').waitFor({ state: 'detached' });

    await page.getByRole('tab', { name: 'Ask' }).click();
    await page.getByLabel('Ask as the tool would').fill('refund when sent back after thirty days?');
    await page.getByRole('button', { name: 'Ask' }).click();
    const passages = page.getByRole('list', { name: 'Passages' }).getByRole('listitem');
    await passages.first().getByText('returns.md').first().waitFor();
    expect(await passages.first().locator('p').textContent()).toContain(MARKUP);
    expect(await passages.last().textContent()).toContain(`${markupName}, page 1`);
    await page.getByText(/^2 passages in \d+(\.\d+)? m?s$/).waitFor();
    const address = new URL(page.url());
    expect(address.searchParams.get('q')).toBe('refund when sent back after thirty days?');
    await page.reload();
    await passages.first().getByText('returns.md').first().waitFor();

    await page.getByLabel('Filter (JSON)').fill('{"source": "nowhere"');
    await page.getByText('This is not JSON').waitFor();
    await page.getByLabel('Filter (JSON)').fill('{"source": "nowhere"}');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('Nothing is found').waitFor();
    await page.getByText('The filter may leave out all there is').waitFor();
    await page.getByLabel('Filter (JSON)').fill('{"$and": [{"part": "shop"}, {"year": {"$gt": 2025}}]}');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText(/^2 passages in/).waitFor();

    await page.getByRole('tab', { name: 'Documents' }).click();
    await page.getByRole('button', { name: 'Delete returns.md' }).click();
    const asking = page.getByRole('dialog', { name: 'Delete the document returns.md?' });
    await asking.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor();
    await asking.getByRole('button', { name: 'Delete' }).click();
    await rowOf(page, 'returns.md').waitFor({ state: 'detached', ...READ });
    await page.getByText('1 document', { exact: true }).waitFor();
    // What was refused, and a document that may be gone before it is asked how far its deletion is.
    expect(troubles.filter((trouble) => !/status of 40[04]/.test(trouble))).toEqual([]);
  });

  it('is opened and asked by keyboard, as the tool of its agent asks', async () => {
    await filledIndex('by-keys', {
      'returns.md': RETURNS,
      'hours.md': 'Open on weekdays.',
      'more.md': 'Something else.',
    });
    const { page, troubles } = await viewer('/knowledge');
    await page.getByText('used by Clerk of by-keys').waitFor();
    await tabTo(page, /^by-keys/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'by-keys', level: 2 }).waitFor();
    await tabTo(page, /^Documents$/);
    await page.keyboard.press('ArrowRight');
    await tabTo(page, /^Ask as the tool would$/);
    await page.keyboard.type('weekdays open?');
    await page.keyboard.press('Enter');
    // As many as the tool asks for.
    await page.getByText(/^2 passages in/).waitFor();
    const first = page.getByRole('list', { name: 'Passages' }).getByRole('listitem').first();
    expect(await first.textContent()).toContain('hours.md');
    expect(troubles).toEqual([]);
  });

  it('is told on over a stream that is cut and a bridge that does not answer', async () => {
    const path = await filledIndex('cut-off');
    const { page } = await viewer(path);
    await page.getByText('No documents yet').waitFor();
    let cuts = 0;
    await page.route('**/documents/*/events', (route) =>
      cuts++ === 0
        ? route.fulfill({ contentType: 'text/event-stream', body: 'retry: 200\n\n' })
        : route.abort('connectionrefused'),
    );
    await drop(page, [{ name: 'returns.md', base64: base64(RETURNS) }]);
    await page.getByText('The bridge does not answer: trying again.').waitFor();
    await expect.poll(() => cuts).toBeGreaterThan(2);
    await page.unroute('**/documents/*/events');
    await rowOf(page, 'returns.md').getByText('ready').waitFor(READ);
    await page.getByText('The bridge does not answer').waitFor({ state: 'detached' });
  });

  it('says why a document was not sent, sends it again, and asks before what is being sent is left', async () => {
    const path = await filledIndex('not-sent');
    const { page } = await viewer(path);
    await page.getByText('No documents yet').waitFor();
    await page.route('**/documents?name=*', (route) => route.abort('connectionrefused'));
    await drop(page, [{ name: 'returns.md', base64: base64(RETURNS) }]);
    await page.getByText('not sent: The bridge does not answer.').waitFor();
    await page.unroute('**/documents?name=*');
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/documents?name=*', async (route) => {
      if (route.request().method() === 'POST') await held;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Send returns.md again' }).click();
    await page.getByText('being sent').waitFor();
    await page.getByRole('link', { name: 'Agents' }).click();
    await page.getByRole('dialog', { name: 'Leave while documents are being sent?' }).waitFor();
    await page.getByRole('button', { name: 'Stay' }).click();
    letGo();
    await rowOf(page, 'returns.md').waitFor();
    await page.getByRole('link', { name: 'Agents' }).click();
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  });
});

describe('a knowledge base', { timeout: 120_000 }, () => {
  it('is made, filled from a bucket with what fails told in words, asked, and deleted', async () => {
    const s3 = new S3Client({ ...site.stack.services.s3, forcePathStyle: true });
    onTestFinished(() => s3.destroy());
    const objects = { 'm/returns.md': RETURNS, 'm/hours.md': 'Open on weekdays.', [`m/${MARKUP}.png`]: 'x' };
    for (const [Key, Body] of Object.entries(objects)) {
      await s3.send(new PutObjectCommand({ Bucket: 'documents', Key, Body }));
    }
    const { page, troubles } = await viewer('/knowledge');
    await page.getByRole('button', { name: 'Knowledge base' }).click();
    const form = page.getByRole('dialog', { name: 'New knowledge base' });
    await form.getByLabel('Name', { exact: true }).fill('Manuals');
    await form.getByLabel('IAM role').fill('nobody');
    await form.getByLabel('Vector bucket').fill(BUCKET);
    await form.getByLabel('Index', { exact: true }).fill('UPPER');
    await form.getByRole('button', { name: 'Create' }).click();
    await form.getByRole('alert').getByText('storage.indexName').waitFor();
    expect(await form.getByLabel('Index', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await form.getByLabel('Index', { exact: true }).fill('manuals');
    await form.getByLabel('IAM role').fill(ROLE);
    await form.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'Manuals', level: 2 }).waitFor();
    await page.getByText('Bedrock is creating it').waitFor();
    await page.getByText('Bedrock is creating it').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Add a source' }).click();
    const source = page.getByRole('dialog', { name: 'Add a source' });
    await source.getByLabel('Name', { exact: true }).fill('all');
    await source.getByLabel('Bucket').fill('documents');
    await source.getByLabel('Prefix').fill('m/');
    await source.getByRole('button', { name: 'Create' }).click();
    await page.getByText('s3://documents/m/').waitFor();
    await page.getByRole('button', { name: 'Ingest all' }).click();
    const ingestions = page.getByRole('region', { name: 'Ingestions' });
    await ingestions.locator('[data-status=STARTING], [data-status=IN_PROGRESS]').waitFor();
    await ingestions.getByText('complete but for 1 document').waitFor();
    const reason = ingestions.getByText(/Issue occurred while processing file/);
    expect(await reason.textContent()).toContain(`s3://documents/m/${MARKUP}.png`);
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'knowledge-ingested-light-1440');
    await ingestions.getByText('3 scanned, 2 added, 1 failed').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Why documents of all failed' }).click();
    await reason.waitFor();

    await page.getByRole('button', { name: 'Documents of all', exact: true }).click();
    const documents = page.getByRole('region', { name: 'Documents of all' });
    const known = documents.getByRole('region', { name: 'As Bedrock knows them' });
    const inBucket = documents.getByRole('region', { name: 'In the bucket' });
    await known.getByRole('row').filter({ hasText: 'hours.md' }).getByText('found').waitFor();
    await known.getByRole('row').filter({ hasText: MARKUP }).getByText('The format is not one of').waitFor();
    await inBucket.getByRole('row').filter({ hasText: 'hours.md' }).getByText('17 bytes').waitFor();
    await documents.getByRole('button', { name: 'Add a field' }).click();
    await documents.getByLabel('Field 1', { exact: true }).fill('part');
    await documents.getByLabel('Value 1').fill('house');
    await drop(page, [
      { name: 'parking.txt', base64: base64('Parking is behind the house.') },
      { name: 'film.mp4', base64: base64('x') },
    ]);
    await documents.getByText('not taken: Bedrock does not read .mp4').waitFor();
    await inBucket.getByText('28 bytes').waitFor();
    await rowOf(page, 'parking.txt.metadata.json').waitFor();
    await documents.getByText('found after the source has been ingested again').waitFor();
    await expectGoodLooks(page, 'knowledge-source');
    await page.setViewportSize({ width: 1440, height: 900 });
    await documents.getByRole('button', { name: 'Ingest now' }).click();
    await ingestions.getByText('4 scanned, 1 added, 1 failed').waitFor();
    await documents.getByText('found after the source').waitFor({ state: 'detached' });
    await known.getByRole('row').filter({ hasText: 'parking.txt' }).getByText('found').waitFor();
    await documents.getByRole('button', { name: 'Delete parking.txt', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await inBucket.getByText('parking.txt').first().waitFor({ state: 'detached' });
    await known.getByText('parking.txt').waitFor();

    await page.getByRole('tab', { name: 'Ask' }).click();
    await page.getByLabel('Ask as the tool would').fill('refund after thirty days?');
    await page.keyboard.press('Enter');
    const first = page.getByRole('list', { name: 'Passages' }).getByRole('listitem').first();
    await first.getByText('s3://documents/m/returns.md').first().waitFor();

    await page.getByRole('button', { name: 'Delete knowledge base…' }).click();
    const asking = page.getByRole('dialog', { name: 'Delete the knowledge base Manuals?' });
    await asking.getByText('No agent uses it.').waitFor();
    await asking.getByText(`Where its vectors are stays: ${BUCKET}/manuals`, { exact: false }).waitFor();
    await asking.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('Nothing is opened').waitFor();
    await page.getByText('No knowledge base yet.').waitFor();
    expect(troubles.filter((trouble) => !trouble.includes('400'))).toEqual([]);
  });
});

describe('the page', { timeout: 120_000 }, () => {
  it('says in words that AWS refuses, with what is there all the same', async () => {
    const problem = { type: 'about:blank', title: 'Bad gateway', status: 502, code: 'AWS_REFUSED' };
    const detail = `Bedrock: CredentialsProviderError: Could not load credentials ${MARKUP}`;
    const { page } = await viewer('/people');
    await page.route('**/api/knowledge-bases?*', (route) =>
      route.fulfill({ status: 502, contentType: 'application/problem+json', json: { ...problem, detail } }),
    );
    await page.getByRole('link', { name: 'Knowledge' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('AWS does not let the bridge do this').waitFor();
    await alert.getByText(detail).waitFor();
    await alert.getByText('npm run doctor').waitFor();
    await page.getByRole('region', { name: 'Indexes' }).waitFor();
    await page.unroute('**/api/knowledge-bases?*');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No knowledge base yet.').waitFor();
  });

  it('lets a viewer look, and nothing more', async () => {
    const path = await filledIndex('looked-at', { 'hours.md': 'Open on weekdays.' });
    const { token } = await site.stack.admin.post<{ token: string }>('/tokens', { name: 'viewer', role: 'viewer' });
    const { page, troubles } = await viewer(path, { token });
    await rowOf(page, 'hours.md').getByText('ready').waitFor();
    expect(await page.getByRole('button', { name: /Index|Delete|Choose/ }).count()).toBe(0);
    await page.getByRole('tab', { name: 'Ask' }).click();
    await page.getByText('Asking needs the role tester or admin').waitFor();
    await page.goto(`${site.url}/knowledge/indexes/${BUCKET}/missing`);
    await page.getByText('It is not there').waitFor();
    expect(troubles.filter((trouble) => !trouble.includes('404'))).toEqual([]);
  });
});

describe('what is in its way', { timeout: 120_000 }, () => {
  const long = `${'a-very-long-name-without-a-place-to-break-'.repeat(3)}.md`;
  const path = `/knowledge/indexes/${BUCKET}/looks`;
  let opened: Awaited<ReturnType<typeof openViewer>>;
  beforeAll(async () => {
    await filledIndex('looks', { 'returns.md': RETURNS, [long]: 'Open on weekdays.' });
    opened = await openViewer(browser);
    await site.logIn(opened.page, '/knowledge');
  });
  afterAll(() => opened?.context.close());

  it.each([
    ['list', '/knowledge', (page: Page) => page.getByText('used by Clerk of looks').waitFor({ state: 'attached' })],
    ['documents', path, (page: Page) => rowOf(page, long).getByText('ready').waitFor()],
    ['ask', `${path}?tab=ask&q=refund`, (page: Page) => page.getByText(/^2 passages/).waitFor()],
    ['new', '/knowledge?new=base', (page: Page) => page.getByRole('dialog').getByLabel('IAM role').waitFor()],
  ] as const)('is nothing: %s', async (name, address, isThere) => {
    const { page, troubles } = opened;
    await page.goto(site.url + address);
    await isThere(page);
    await expectGoodLooks(page, `knowledge-${name}`);
    expect(troubles).toEqual([]);
  });
});

/** As somebody without a mouse gets there. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      return element?.getAttribute('aria-label') || element?.labels?.[0]?.textContent || element?.textContent || '';
    });
    if (name.test(focused.trim())) return;
  }
  throw new Error(`Tab does not lead to ${name}.`);
}
