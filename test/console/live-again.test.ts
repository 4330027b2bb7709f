import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import { PATIENT } from './audio-page.js';
import { launchBrowser, openViewer, screenshot } from './browser.js';
import { emptyCall, manyTurns } from './call-record.js';
import { type ManyCalls, startManyCalls } from './many-calls.js';

let many: ManyCalls;
let browser: Browser;

beforeAll(async () => {
  [many, browser] = await Promise.all([startManyCalls(0), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await many?.close();
});

async function viewer() {
  const opened = await openViewer(browser);
  onTestFinished(() => opened.context.close());
  await many.logIn(opened.page);
  await opened.page.locator('[data-connection=live]').waitFor();
  return opened;
}

/** A call that has been at something for `sinceMs`, told now. */
function callThat(...facts: readonly CallFact[]): string {
  const callSid = many.ring();
  for (const fact of facts) many.tell(callSid, fact, 0);
  return callSid;
}

const stream = { modelId: 'amazon.nova-2-sonic-v1:0', region: 'us-east-1', openedMs: 0, closedMs: null, closed: null };
const opened: CallFact = { kind: 'streamChanged', index: 0, stream };
const callerTurn = (index: number, text: string): CallFact => ({
  ...{ kind: 'turnChanged', index },
  turn: { role: 'caller', text, startMs: 0, endMs: 0 },
});
const agentTurn = (index: number, text: string, more = {}): CallFact => ({
  ...{ kind: 'turnChanged', index },
  turn: { role: 'agent', text, heardText: '', interrupted: false, startMs: 0, endMs: 0, heardMs: 0, ...more },
});
const toolCall = { id: 't1', name: 'findOrder', kind: 'webhook', input: {}, output: {}, startMs: 0, durationMs: 0 };

const row = (page: Page, callSid: string) => page.locator(`[data-call="${callSid}"]`);
/** What the row says, but for what passes with time. */
const said = async (page: Page, callSid: string) =>
  (await row(page, callSid).locator('> *').allTextContents()).map((text) =>
    text.replace(/\d+(\.\d+)? s|\d+:\d\d/, 't'),
  );

describe('a board that is opened while calls go on', () => {
  it('says of each what it said before', async () => {
    const { page, troubles } = await viewer();
    const LONG = `Your order ${'has left the warehouse and '.repeat(60)}arrives on Friday.`;
    const calls = {
      speaking: callThat(opened, agentTurn(0, LONG)),
      'tool · findOrder': callThat(opened, callerTurn(0, 'Where is my order?'), {
        kind: 'toolChanged',
        toolCall: { ...toolCall, outcome: 'running' },
      }),
      waiting: callThat(opened, callerTurn(0, 'Are you there?')),
      listening: callThat(
        opened,
        agentTurn(0, 'We open at nine and close at six.', { interrupted: true, heardText: 'We open', heardMs: 400 }),
      ),
      renewing: callThat(opened, { ...opened, index: 1 } as CallFact),
    };
    const secret = callThat(opened, { kind: 'sensitiveChanged', active: true });
    const all = [...Object.values(calls), secret];
    for (const [phase, callSid] of Object.entries(calls)) await row(page, callSid).getByText(phase).waitFor();
    await row(page, calls.listening).getByText('We open', { exact: true }).waitFor();
    await row(page, secret).getByText('something secret is being said').waitFor();
    // Silence is counted from the last word on, before and after.
    await row(page, calls.waiting)
      .getByText(/^[5-9] s$/)
      .waitFor();
    const before = await Promise.all(all.map((callSid) => said(page, callSid)));

    await page.reload();
    await row(page, secret).waitFor();

    expect(await Promise.all(all.map((callSid) => said(page, callSid)))).toEqual(before);
    const silentMs = await row(page, calls.waiting).locator('> *').nth(5).textContent();
    expect(Number.parseInt(silentMs!, 10)).toBeGreaterThanOrEqual(5);
    expect(await row(page, calls.speaking).getAttribute('data-silent')).toBe('false');
    expect(troubles).toEqual([]);
  });
});

describe('the row of a call', () => {
  it('shows what an agent means to say apart from what is heard', async () => {
    const { page, troubles } = await viewer();
    const text = 'We open at nine and close at six.';
    const callSid = callThat(opened, agentTurn(0, text, { sentText: '' }));
    const words = row(page, callSid).locator('.board-words').last();
    await words.locator('.growing').getByText(text, { exact: true }).waitFor();

    many.tell(callSid, agentTurn(0, text, { sentText: 'We open at nine' }));
    await words.getByText('not spoken yet: and close at six.').waitFor();
    many.tell(callSid, agentTurn(0, text, { sentText: text, heardText: text, heardMs: 2000 }));
    await words.locator('.growing').waitFor({ state: 'detached' });
    expect(await words.textContent()).toBe(text);
    expect(troubles).toEqual([]);
  });
});

describe('the sheet of a call', () => {
  it('shows what was given to the line apart from what the agent means to say, and after a cut what was heard', async () => {
    const { page, troubles } = await viewer();
    const text = 'We open at nine and close at six.';
    const callSid = callThat(
      opened,
      callerTurn(0, 'When do you open?'),
      agentTurn(1, text, { sentText: 'We open at' }),
    );
    await row(page, callSid).getByRole('link').click();
    const turn = page.getByRole('dialog', { name: 'Call' }).locator('[data-turn="2"]');

    await turn.waitFor();
    expect(await turn.locator('.growing').textContent()).toBe(' not spoken yet:  nine and close at six.');
    const heard = { sentText: 'We open at nine', heardText: 'We open', interrupted: true, heardMs: 600 };
    many.tell(callSid, agentTurn(1, text, heard));
    await turn.getByText(/cut off at/).waitFor();
    await turn.getByRole('button', { name: 'never heard (6 words)' }).waitFor();
    expect(await turn.textContent()).not.toContain('nine');
    await row(page, callSid).getByText('We open', { exact: true }).waitFor();
    expect(troubles).toEqual([]);
  });

  it('puts only what can be seen of a long one into the page, at its end until somebody scrolls', async () => {
    const { page, troubles } = await viewer();
    const callSid = callThat(opened, callerTurn(0, 'Hello?'));
    const turns = manyTurns(2000);
    await page.route(`**/api/calls/${callSid}`, (route) => route.fulfill({ json: { ...emptyCall(), callSid, turns } }));
    await row(page, callSid).getByRole('link').click();
    const sheet = page.getByRole('dialog', { name: 'Call' });

    await sheet.locator('[data-turn="2000"]').waitFor();
    expect(await sheet.locator('.turn').count()).toBeLessThan(60);
    many.tell(callSid, callerTurn(2000, 'Are you still there?'));
    await sheet.locator('[data-turn="2001"]').getByText('Are you still there?').waitFor();
    await sheet.getByRole('region', { name: 'Transcript' }).hover();
    await page.mouse.wheel(0, -5000);
    await sheet.getByRole('button', { name: 'Jump to now' }).waitFor();
    await screenshot(page, 'live-sheet-long-light-1440');
    await sheet.getByRole('button', { name: 'Jump to now' }).click();
    await sheet.locator('[data-turn="2001"]').waitFor();
    expect(troubles).toEqual([]);
  });
});

describe('a bridge that is started anew while somebody looks', () => {
  it('is waited for; the board is true again, and a form keeps what was typed', async () => {
    const { page, context } = await viewer();
    const stays = callThat(opened, callerTurn(0, 'I am still here.'));
    await row(page, stays).getByText('I am still here.').waitFor();
    const form = await context.newPage();
    await form.goto(`${many.url}/people`);
    await form.getByRole('button', { name: 'New token' }).click();
    const name = form.getByLabel('Name');
    await name.fill('typed before the bridge went');

    await many.stop();
    await page.getByText(/Reconnecting/).waitFor();
    expect(await page.locator('.board').getAttribute('data-stale')).toBe('true');
    await screenshot(page, 'live-reconnecting-light-1440');
    await form.getByRole('button', { name: 'Create' }).click();
    await form.getByRole('dialog').getByRole('alert').waitFor();
    expect(await name.inputValue()).toBe('typed before the bridge went');
    await many.startAgain();

    await page.locator('[data-connection=live]').waitFor(PATIENT);
    const fresh = callThat(opened, callerTurn(0, 'I have come after it.'));
    await row(page, fresh).getByText('I have come after it.').waitFor(PATIENT);
    expect(await page.locator('.board').getAttribute('data-stale')).toBe('false');
    expect(await name.inputValue()).toBe('typed before the bridge went');
    await form.getByRole('button', { name: 'Create' }).click();
    await form.getByTestId('new-token').waitFor();
  });
});
