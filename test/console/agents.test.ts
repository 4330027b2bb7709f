import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  HIDDEN_SECRET as CONSOLES_HIDDEN_SECRET,
  patchOf,
  withoutSecrets,
} from '../../src/console/pages/agents/draft.js';
import { clashesOf, mergedDraft } from '../../src/console/pages/agents/merge.js';
import { voicesOf as consolesVoicesOf } from '../../src/console/pages/agents/voices.js';
import { type AgentVersion, agentInputSchema } from '../../src/directory/agent.js';
import { voicesOf } from '../../src/directory/model-generation.js';
import { HIDDEN_SECRET } from '../../src/directory/tool-secrets.js';
import { servicesSchema } from '../../src/replay/fixture/services.js';
import { axeViolations, launchBrowser, openContext, openPage, overflowOf, screenshot } from './browser.js';
import { expectGoodLooks } from './looks.js';
import { type Site, startSite } from './site.js';

const PROMPT = 'You answer the telephone of a flower shop. Be short and friendly.';
const ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-Ab12Cd34Ef';

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

async function viewer(path: string) {
  const opened = await openPage(context);
  onTestFinished(() => opened.page.close());
  await site.logIn(opened.page, path);
  return opened;
}

function newAgent(fields: object = {}): Promise<AgentVersion> {
  return site.stack.admin.post<AgentVersion>('/agents', { name: 'Flowers', systemPrompt: PROMPT, ...fields });
}

async function agentNow(id: string): Promise<AgentVersion> {
  return (await site.stack.admin.find<AgentVersion>(`/agents/${id}`))!;
}

/** What another administrator does at the same time. */
async function patch(id: string, body: object): Promise<void> {
  const response = await fetch(`${site.url}/api/agents/${id}`, {
    method: 'PATCH',
    headers: { Authorization: `Bearer ${site.stack.adminToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

const isSaved = (page: Page, version: number) => page.getByText(new RegExp(`^v${version} · used by`)).waitFor();
const save = (page: Page, version: number) => page.getByRole('button', { name: `Save as v${version}` }).click();

/** As somebody without a mouse gets there. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      return element?.labels?.[0]?.textContent ?? element?.ariaLabel ?? element?.textContent ?? '';
    });
    if (focused.trim() === name) return;
  }
  throw new Error(`Tab does not lead to "${name}"`);
}

describe('an agent in the console', () => {
  it('is made, changed and found again, whatever it is called', async () => {
    const { page, troubles } = await viewer('/agents');
    const name = '<b onclick="x()">Blumen</b> & "Söhne" <script>';
    await page.getByRole('link', { name: 'New agent' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await page.getByLabel('System prompt').fill(PROMPT);
    await page.getByRole('button', { name: 'Create agent' }).click();
    await isSaved(page, 1);

    await page.getByLabel('Greeting').fill('Greet the caller with: Good morning.');
    await page.getByText('● unsaved').waitFor();
    await expect.poll(() => page.title()).toMatch(/^● /);
    await save(page, 2);
    await isSaved(page, 2);
    await expect.poll(() => page.title()).toBe(`${name} · Agents · Oratio`);

    const id = page.url().split('/').at(-1)!;
    expect(await agentNow(id)).toMatchObject({ name, greeting: 'Greet the caller with: Good morning.', version: 2 });
    await page.getByRole('link', { name: '← Agents' }).click();
    await page.getByLabel('Search agents').fill('blumen');
    await page.getByRole('link', { name }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    expect(troubles).toEqual([]);
  });

  it('is made by keys alone', async () => {
    const { page, troubles } = await viewer('/live');
    await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
    await tabTo(page, 'New agent');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'New agent', level: 1 }).waitFor();
    await tabTo(page, 'Name');
    await page.keyboard.type('By keys');
    await tabTo(page, 'System prompt');
    await page.keyboard.type('Be short.');
    await page.keyboard.press('Control+s');

    await isSaved(page, 1);
    await page.getByRole('heading', { name: 'By keys', level: 1 }).waitFor();
    expect(troubles).toEqual([]);
  });

  it('is not overwritten by whoever saves later: both are shown, and each field is chosen', async () => {
    const { id } = await newAgent({ greeting: 'Say hello.' });
    const { page } = await viewer(`/agents/${id}`);
    await page.getByLabel('System prompt').fill('You answer the telephone of a garden shop. Be short and friendly.');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Gardens');
    await patch(id, {
      systemPrompt: 'You answer the telephone of a flower shop. Be long and formal.',
      greeting: 'Say hi.',
    });
    await save(page, 2);

    const dialog = page.getByRole('dialog', { name: /saved v2$/ });
    await dialog.waitFor();
    await expect.poll(() => dialog.getByRole('status').textContent()).toContain('One field is left');
    await screenshot(page, 'agents-conflict-light-1440');
    expect(await axeViolations(page)).toEqual([]);
    expect(await agentNow(id)).toMatchObject({ version: 2, name: 'Flowers', greeting: 'Say hi.' });

    await dialog.getByRole('region', { name: 'System prompt' }).getByText('Yours', { exact: true }).first().click();
    await dialog.getByRole('button', { name: 'Save as v3' }).click();
    await isSaved(page, 3);
    expect(await agentNow(id)).toMatchObject({
      version: 3,
      name: 'Gardens',
      systemPrompt: 'You answer the telephone of a garden shop. Be short and friendly.',
      greeting: 'Say hi.',
    });
  });

  it('keeps what was typed when the page is loaded again, and asks before it is left', async () => {
    const { id } = await newAgent();
    const { page } = await viewer(`/agents/${id}`);
    await page.getByLabel('Greeting').fill('Say good evening.');
    await page.getByRole('link', { name: 'Calls' }).click();
    await page
      .getByRole('dialog', { name: 'Leave with unsaved changes?' })
      .getByRole('button', { name: 'Stay' })
      .click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    const asked = page.waitForEvent('dialog');
    const reloaded = page.reload();
    const warning = await asked;
    expect(warning.type()).toBe('beforeunload');
    await warning.accept();
    await reloaded;

    await page.getByText('Your draft is back').waitFor();
    expect(await page.getByLabel('Greeting').inputValue()).toBe('Say good evening.');
    await page.getByRole('button', { name: 'Discard the draft' }).click();
    expect(await page.getByLabel('Greeting').inputValue()).toBe('');
    await page.getByRole('link', { name: 'Calls' }).click();
    await page.getByRole('heading', { name: 'Calls', level: 1 }).waitFor();
    expect((await agentNow(id)).version).toBe(1);
  });

  it('is saved after all when the session ends in the middle of an edit', async () => {
    const { id } = await newAgent();
    const { page } = await viewer(`/agents/${id}`);
    await page.getByLabel('Greeting').fill('Say good night.');
    await context.clearCookies();
    await save(page, 2);
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.getByLabel('Token').fill(site.stack.adminToken);
    await dialog.getByRole('button', { name: 'Log in' }).click();

    await isSaved(page, 2);
    expect(await agentNow(id)).toMatchObject({ version: 2, greeting: 'Say good night.' });
  });

  it('gets a tool, is told at the field what is wrong with it, and tries it', async () => {
    const { id } = await newAgent();
    const tool = { kind: 'agentcore', name: 'order_status', description: 'Knows orders.', agentRuntimeArn: ARN };
    const agent = agentInputSchema.parse({ name: 'Orders', systemPrompt: PROMPT, tools: [tool] });
    const services = servicesSchema.parse({
      runtimes: {
        orders: { answers: [{ json: { result: '<i>Sent.</i>' } }, { error: { status: 429, message: 'Slow down.' } }] },
      },
    });
    const served = await site.stack.services.serve(
      agent,
      { run: 'console', caller: '+14155550100', services },
      { index: async () => undefined, remember: async () => undefined },
    );
    const [own] = served.tools;
    if (own?.kind !== 'agentcore') throw new Error('The stack has another tool than it was given.');

    const { page, troubles } = await viewer(`/agents/${id}?tab=tools`);
    await page.getByRole('button', { name: 'Add tool' }).click();
    await page.getByRole('menuitem', { name: /^AgentCore agent/ }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('order status');
    await page.getByLabel('Description').fill('Knows the state of every order.');
    await page.getByRole('textbox', { name: 'Deployed in the account' }).or(page.getByRole('combobox')).first().click();
    await page.getByRole('option', { name: /^orders/ }).click();
    await expect.poll(() => page.getByLabel('Runtime ARN').inputValue()).toBe(own.agentRuntimeArn);
    await page
      .getByLabel('Input schema')
      .fill('{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}');
    await save(page, 2);
    await page.getByText('use 1 to 64 letters, digits, "_" or "-"').first().waitFor();
    expect(await page.getByRole('textbox', { name: 'Name', exact: true }).getAttribute('aria-invalid')).toBe('true');

    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('order_status');
    await page.getByLabel('It only looks things up').check();
    await save(page, 2);
    await isSaved(page, 2);
    expect((await agentNow(id)).tools).toMatchObject([{ name: 'order_status', readOnly: true }]);
    const trial = page.getByRole('region', { name: 'Try order_status' });
    await trial.getByLabel('prompt').fill('How is order 334692?');
    await trial.getByRole('button', { name: 'Run order_status' }).click();
    await expect.poll(() => trial.getByRole('status').textContent()).toMatch(/Answered after \d.*<i>Sent\.<\/i>/s);
    await screenshot(page, 'agents-try-light-1440');
    await trial.getByRole('button', { name: 'Run order_status' }).click();
    await expect
      .poll(() => trial.getByRole('status').textContent())
      .toMatch(/Failed after .*Why: throttled; HTTP 429.*Slow down\..*busy at the moment/s);
    expect(troubles.filter((text) => !text.includes('400'))).toEqual([]);
  });

  it('shows of a tool that is tried what its agent wanted done first, and what came of it', async () => {
    const tools = [
      {
        ...{ kind: 'bedrock-agent', name: 'billing', description: 'Settles bills.' },
        ...{ agentId: 'AGENT12345', agentAliasId: 'ALIAS12345' },
      },
      {
        ...{ kind: 'scripted', name: 'refund', description: 'Refunds an order.' },
        answers: [{ output: { receipt: 'R-2026-11-0042', sent: true } }],
      },
      {
        ...{ kind: 'scripted', name: 'notify', description: 'Sends a note.' },
        answers: [{ error: 'The mailbox is full.' }],
      },
    ];
    const input = { order: '334692' };
    const wants = [
      { name: 'refund', input },
      { name: 'notify', input },
    ];
    const services = servicesSchema.parse({
      bedrockAgents: { AGENT12345: { answers: [{ wants }, { chunks: ['All settled.'] }] } },
    });
    const served = await site.stack.services.serve(
      agentInputSchema.parse({ name: 'Billing', systemPrompt: PROMPT, tools }),
      { run: 'console-wanted', caller: '+14155550100', services },
      { index: async () => undefined, remember: async () => undefined },
    );
    const { id } = await newAgent({ name: 'Billing', tools: served.tools });

    const { page, troubles } = await viewer(`/agents/${id}?tab=tools`);
    await page
      .getByRole('button', { name: /billing/ })
      .first()
      .click();
    const trial = page.getByRole('region', { name: 'Try billing' });
    await trial.getByLabel('prompt').fill('I want my money back.');
    await trial.getByRole('button', { name: 'Run billing' }).click();
    await expect.poll(() => trial.getByRole('status').textContent()).toMatch(/Answered after \d.*All settled\./s);

    expect(await trial.getByText('wanted by billing').count()).toBe(2);
    expect(await trial.getByRole('article', { name: 'refund at 0:00' }).textContent()).toMatch(
      /^refundscripted · at 0:00 · \d+ msansweredinput.*"order": "334692".*output.*R-2026-11-0042/s,
    );
    expect(await trial.getByRole('article', { name: 'notify at 0:00' }).textContent()).toMatch(
      /failed TOOL_FAILED.*The mailbox is full\./s,
    );
    for (const width of [1440, 1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await trial.getByText('mailbox').scrollIntoViewIfNeeded();
      await screenshot(page, `agents-try-wanted-light-${width}`);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    }
    expect(await axeViolations(page)).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('says at the tools of an MCP server that cannot be listed why the model is given none of them', async () => {
    const { id } = await newAgent({ tools: [{ kind: 'mcp', url: 'http://127.0.0.1:9/mcp' }] });
    const problems = async () =>
      (await site.stack.admin.find<{ problems: unknown[] }>(`/agents/${id}/tools`))?.problems.length;
    await expect.poll(problems, { timeout: 20_000 }).toBe(1);

    const { page } = await viewer(`/agents/${id}?tab=tools`);
    await page.getByRole('button', { name: /127\.0\.0\.1:9/ }).click();
    const trial = page.getByRole('region', { name: 'Try http://127.0.0.1:9/mcp' });
    await expect
      .poll(() => trial.getByRole('alert').textContent())
      .toMatch(/could not be asked for its tools, for .*the tool server cannot be reached.*Why: unavailable/s);
  });

  it('goes back to an earlier version after showing what that changes', async () => {
    const { id } = await newAgent();
    await patch(id, { systemPrompt: 'You answer the telephone of a flower shop. Be rude.', voiceId: 'tiffany' });
    const { page } = await viewer(`/agents/${id}?tab=versions`);
    await page.getByRole('button', { name: 'Roll back to v1' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll Flowers back to v1?' });
    await dialog.waitFor();
    expect(await dialog.locator('del').allTextContents()).toContain('rude');
    expect((await dialog.locator('ins').allTextContents()).join('')).toContain('friendly');
    expect(await dialog.getByRole('row', { name: /^Voice/ }).textContent()).toContain('tiffanymatthew');
    await expect
      .poll(() => dialog.getByRole('button', { name: 'Cancel' }).evaluate((at) => at.matches(':focus')))
      .toBe(true);
    await screenshot(page, 'agents-rollback-light-1440');
    await dialog.getByRole('button', { name: 'Roll back to v1' }).click();

    await isSaved(page, 3);
    await page.getByRole('row', { name: /^v3 \(latest\)/ }).waitFor();
    expect(await agentNow(id)).toMatchObject({ version: 3, systemPrompt: PROMPT, voiceId: 'matthew' });
  });

  it('is not deleted while a number is answered by it, and is when none is', async () => {
    const { id } = await newAgent({ name: 'Unused' });
    const { page } = await viewer(`/agents/${site.agentId}`);
    const remove = async (name: string) => {
      await page.getByRole('button', { name: 'Delete…' }).click();
      await page
        .getByRole('dialog', { name: `Delete “${name}”?` })
        .getByRole('button', { name: 'Delete agent' })
        .click();
    };
    await remove(site.agentName);
    expect(await page.getByRole('dialog').getByRole('alert').textContent()).toContain('+1 415 555 0199');

    await page.goto(`${site.url}/agents/${id}`);
    await isSaved(page, 1);
    await remove('Unused');
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
    expect(await site.stack.admin.find(`/agents/${id}`)).toBeUndefined();
  });

  it('finds nothing in its way, wide and narrow, light and dark', async () => {
    const oauth = {
      kind: 'oauth',
      tokenUrl: 'https://login.example.com/token',
      clientId: 'bridge',
      clientSecret: 'not to be seen',
      scopes: ['orders'],
    };
    const tools = [
      { kind: 'agentcore', name: 'order_status', description: 'Knows orders.', agentRuntimeArn: ARN, auth: oauth },
      { kind: 'hang-up', name: 'end_call', description: 'Ends the call.' },
    ];
    const name = 'Flower desk';
    const { id } = await newAgent({ name, tools });
    await patch(id, { systemPrompt: `${PROMPT} Ask with order_status. Never promise a day.` });
    const { page, troubles } = await viewer(`/agents/${id}`);
    await isSaved(page, 2);
    const open = {
      prompt: () => page.getByLabel('System prompt').waitFor(),
      voice: () => page.getByRole('tab', { name: 'Voice' }).click(),
      async tools() {
        await page.getByRole('tab', { name: 'Tools (2)' }).click();
        await page.getByRole('button', { name: /^order_status/ }).click();
        await page.getByLabel('Client secret').waitFor();
      },
      limits: () => page.getByRole('tab', { name: 'Model & limits' }).click(),
      async versions() {
        await page.getByRole('tab', { name: 'Versions' }).click();
        await page.locator('ins').first().waitFor();
      },
      async list() {
        await page.getByRole('link', { name: '← Agents' }).click();
        await page.getByRole('link', { name }).first().waitFor();
      },
    };
    for (const [place, isThere] of Object.entries(open)) {
      await isThere();
      await expectGoodLooks(page, `agents-${place}`);
      expect(await page.content()).not.toContain('not to be seen');
    }
    expect(troubles).toEqual([]);
  });
});

describe('what the console says of agents by itself', () => {
  it('is what the bridge says: voices, and what stands for a secret', () => {
    expect(consolesVoicesOf('amazon.nova-sonic-v1:0')).toEqual([...voicesOf(1)]);
    expect(consolesVoicesOf('amazon.nova-2-sonic-v1:0')).toEqual([...voicesOf(2)]);
    expect(CONSOLES_HIDDEN_SECRET).toBe(HIDDEN_SECRET);
  });
});

describe('a draft of an agent', () => {
  const tool = (name: string, timeoutMs: number) => ({ kind: 'hang-up', name, timeoutMs });

  it('is sent as what has changed: what was taken away as null, tools as a whole', () => {
    const before = {
      name: 'A',
      greeting: 'Hi',
      silence: { promptAfterMs: 1000, hangUpAfter: 2 },
      tools: [tool('a', 1)],
    };
    const after = { name: 'A', silence: { promptAfterMs: 5000, hangUpAfter: 2 }, tools: [tool('a', 1), tool('b', 2)] };

    expect(patchOf(before, after)).toEqual({
      greeting: null,
      silence: { promptAfterMs: 5000 },
      tools: [tool('a', 1), tool('b', 2)],
    });
    expect(patchOf(before, before)).toEqual({});
  });

  it('is put together with what somebody else has saved, tool by tool', () => {
    const base = { name: 'A', tools: [tool('both', 1), tool('mine', 1), tool('gone', 1)] };
    const yours = { name: 'A', tools: [tool('both', 2), tool('mine', 2), tool('gone', 1)] };
    const theirs = { name: 'B', tools: [tool('both', 3), tool('mine', 1)] };

    const clashes = clashesOf(base, yours, theirs);

    expect(clashes.map(({ key, onlyBy }) => [key, onlyBy])).toEqual([
      ['name', 'theirs'],
      ['tools.both', undefined],
      ['tools.mine', 'yours'],
      ['tools.gone', 'theirs'],
    ]);
    const choices = new Map([
      ['tools.both', 'yours'],
      ['tools.mine', 'yours'],
    ] as const);
    expect(mergedDraft(theirs, clashes, choices)).toEqual({ name: 'B', tools: [tool('both', 2), tool('mine', 2)] });
  });

  it('is kept without the secrets that were typed', () => {
    const withSecret = (clientSecret: string) => ({ tools: [{ kind: 'mcp', auth: { kind: 'oauth', clientSecret } }] });

    expect(withoutSecrets(withSecret('typed'))).toEqual(withSecret(''));
    expect(withoutSecrets(withSecret(HIDDEN_SECRET))).toEqual(withSecret(HIDDEN_SECRET));
  });
});
