import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Draft, type ToolKind, valueAt, withValue } from '../../src/console/pages/agents/draft.js';
import { TOOL_KINDS } from '../../src/console/pages/agents/tool-kinds.js';
import { type AgentVersion, agentInputSchema } from '../../src/directory/agent.js';
import { axeViolations, launchBrowser, openViewer, screenshot } from './browser.js';
import { type Site, startSite } from './site.js';

const ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-Ab12Cd34Ef';
const COLLEAGUE = '+14155550142';

/** What somebody types into the form of a new tool of that kind, beside its name and what it is for. */
const TYPED: Readonly<Record<ToolKind, Draft>> = {
  agentcore: { agentRuntimeArn: ARN, payload: { prompt: '{{input.prompt}}' } },
  'bedrock-agent': { agentId: 'ABCDEFGHIJ', agentAliasId: 'KLMNOPQRST', trace: true },
  'knowledge-base': { knowledgeBaseId: 'ABCDEFGHIJ', numberOfResults: 7, searchType: 'HYBRID' },
  's3-vectors': { vectorBucketName: 'my-vectors', indexName: 'handbook', topK: 3, dimensions: 512 },
  mcp: { url: 'https://mcp.example.com/mcp', allow: ['find_order'] },
  handoff: { to: COLLEAGUE, warm: false },
  'hang-up': {},
  sensitive: { limitMs: 60_000 },
  scripted: { answers: [{ output: { state: 'sent' } }, { error: 'Nobody knows.' }] },
};
const KINDS = Object.keys(TYPED) as ToolKind[];

const agentWith = (tool: Draft) => agentInputSchema.safeParse({ name: 'A', systemPrompt: 'Help.', tools: [tool] });
const filled = (kind: ToolKind): Draft => {
  const { blank, isNamed } = TOOL_KINDS[kind];
  const named = isNamed ? { name: 'the_tool', description: 'Does what it is for.' } : {};
  return Object.entries({ ...named, ...TYPED[kind] }).reduce(
    (tool, [path, value]) => withValue(tool, path, value),
    blank,
  );
};

describe('a new tool', () => {
  it.each(KINDS)('of the kind %s that is filled in is taken as it stands in the form', (kind) => {
    const tool = filled(kind);
    const taken = agentWith(tool);

    expect(taken.error?.issues ?? []).toEqual([]);
    expect(taken.data?.tools[0]).toMatchObject(tool);
  });

  it.each(KINDS)('of the kind %s that is left as it is has what is missing in fields of its form', (kind) => {
    const { blank, fields, isNamed } = TOOL_KINDS[kind];
    const shown = [...fields.map(({ path }) => path), ...(isNamed ? ['name', 'description'] : [])];
    const missing = agentWith(blank).error?.issues.map(({ path }) => path.slice(2).join('.')) ?? [];

    expect(missing.length).toBeGreaterThan(0);
    expect(missing.filter((path) => !shown.includes(path))).toEqual([]);
    // Each of them is empty, or what is there would be wrong in every new tool.
    for (const path of missing) expect([path, valueAt(blank, path)]).toEqual([path, '']);
  });
});

describe('the form of tools that end something', () => {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it('makes a hand-off, a hang-up and a secret, and tries each without doing it', async () => {
    const { id } = await site.stack.admin.post<AgentVersion>('/agents', { name: 'Desk', systemPrompt: 'Help.' });
    const { page, context, troubles } = await openViewer(browser);
    onTestFinished(() => context.close());
    await site.logIn(page, `/agents/${id}?tab=tools`);
    const add = async (kind: RegExp, name: string) => {
      await page.getByRole('button', { name: 'Add tool' }).click();
      await page.getByRole('menuitem', { name: kind }).click();
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
      await page.getByLabel('Description').fill(`Is the ${name}.`);
    };
    await add(/^Hang up/, 'say_goodbye');
    await add(/^Secrets are spoken/, 'secret');
    await add(/^Hand-off to a person/, 'colleague');
    await page.getByLabel('Number of the person').fill(COLLEAGUE);
    await page.getByRole('button', { name: 'Save as v2' }).click();
    await page.getByText(/^v2 · used by/).waitFor();

    const tried = async (name: string) => {
      const trial = page.getByRole('region', { name: `Try ${name}` });
      if (!(await trial.isVisible()))
        await page
          .getByRole('button', { name: new RegExp(name) })
          .first()
          .click();
      await trial.getByRole('button', { name: `Run ${name}` }).click();
      const status = trial.getByRole('status');
      await status.waitFor();
      return status.textContent();
    };
    expect(await tried('colleague')).toMatch(
      /^Would hand over, after \d.*: \+14155550142, told first what it is about/,
    );
    await screenshot(page, 'agents-try-handoff-light-1440');
    expect(await axeViolations(page)).toEqual([]);
    expect(await tried('say_goodbye')).toMatch(/^Would hang up, after \d/);
    expect(await tried('secret')).toMatch(/^Would blank what follows, after \d/);
    expect(troubles).toEqual([]);
  });
});
