import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CallRecord, ToolCallRecord, Turn } from '../../src/call/record.js';
import { shownMs } from '../../src/console/parts/format.js';
import { FIXTURES_DIR, loadFixture } from '../../src/replay/fixture/fixture.js';
import { replay } from '../../src/replay/runner.js';
import { PATIENT } from './audio-page.js';
import { axeViolations, launchBrowser, openViewer, screenshot } from './browser.js';
import { recordCalls } from './calls-on-record.js';
import { expectGoodLooks } from './looks.js';
import { type Site, startSite } from './site.js';

const MARKUP = '<img src=x onerror=alert(1)> & <b>Orders</b>';
const PRICES = {
  currency: 'USD',
  perMillionTokens: {
    'amazon.nova-2-sonic-v1:0': { inputSpeech: 3.4, inputText: 0.06, outputSpeech: 13.6, outputText: 0.24 },
  },
};

let site: Site;
let browser: Browser;
/** A call in which the caller interrupts the agent: as soon as its media stream has started. */
let begun: Promise<{ callSid: string; over: Promise<unknown> }> | undefined;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite({ NOVA_PRICES: JSON.stringify(PRICES) }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await (await begun)?.over;
  await site?.close();
});

/** Over a number that records, with an agent of a name that is no name. */
function interruptedCall() {
  begun ??= new Promise((resolve) => {
    const fixture = loadFixture(join(FIXTURES_DIR, 'calls', 'caller-interrupts-and-the-agent-stops'));
    const { agent, number } = fixture.agent!;
    const recorded = { agent: { ...agent, name: MARKUP }, number: { ...number, recording: true } };
    const over = replay({ ...fixture, agent: recorded }, site.stack, (news) => {
      if (news.kind !== 'phone' || news.event.kind !== 'stream-started') return;
      resolve({ callSid: site.stack.phone.legs.at(-1)!.callSid, over });
    });
  });
  return begun;
}

/** The same, over and with its recording where it is kept. */
async function interruptedRecord(): Promise<CallRecord> {
  const { callSid, over } = await interruptedCall();
  await over;
  return whenReady(callSid);
}

/** The record, once the recording is where it is kept. */
async function whenReady(callSid: string): Promise<CallRecord> {
  let record: CallRecord | undefined;
  await expect
    .poll(
      async () => {
        record = await site.stack.admin.find<CallRecord>(`/calls/${callSid}`);
        return record?.recording?.state;
      },
      { timeout: 20_000, interval: 200 },
    )
    .toBe('ready');
  return record!;
}

/** Somebody who has logged in once and looks at one page after the other. */
let reader: Promise<Awaited<ReturnType<typeof openViewer>>> | undefined;

/** `troubles` are those from here on. */
async function open(path: string): Promise<{ page: Page; troubles: () => readonly string[] }> {
  const isFirst = reader === undefined;
  reader ??= openViewer(browser);
  const { page, troubles } = await reader;
  const before = troubles.length;
  if (isFirst) await site.logIn(page, path);
  else await page.goto(site.url + path);
  return { page, troubles: () => troubles.slice(before) };
}

async function viewer(path: string, token?: string) {
  const opened = await openViewer(browser);
  onTestFinished(() => opened.context.close());
  await site.logIn(opened.page, path, token);
  return opened;
}

const turn = (page: Page, number: number) => page.locator(`[data-turn="${number}"]`);
const chosenIn = (page: Page) => new URL(page.url()).searchParams.get('turn');
const placeOf = (page: Page) => page.getByRole('slider', { name: 'Place in the call' }).getAttribute('aria-valuenow');
const playedMs = (page: Page) => page.evaluate(() => document.querySelector('audio')!.currentTime * 1000);

/** A call as the API would answer it, of so many turns. */
function longCall(known: CallRecord, count: number): object {
  const turns: Turn[] = Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? { role: 'caller', text: `Question number ${index / 2}`, startMs: index * 360, endMs: index * 360 + 200 }
      : {
          role: 'agent',
          text: index === 7001 ? 'The needle <i>lies</i> here' : `Answer number ${index}`,
          heardText: index === 7001 ? 'The needle <i>lies</i> here' : `Answer number ${index}`,
          interrupted: index % 101 === 0,
          startMs: index * 360,
          endMs: index * 360 + 300,
          heardMs: 300,
          responseGapMs: 160 + (index % 1700),
          responseGapParts: { endpointing: 60, model: 60 + (index % 1700), tools: 0, bridge: 10, playout: 30 },
        },
  );
  return { ...known, callSid: 'CAlong', turns, durationMs: count * 360, recording: null, cost: null };
}

describe('the list of calls', () => {
  /** An agent of two versions, with calls that nobody else has. */
  let listed: Promise<{ id: string; name: string }> | undefined;
  const withCalls = () => {
    listed ??= (async () => {
      const name = 'Listed';
      const { id } = await site.stack.admin.post<{ id: string }>('/agents', { name, systemPrompt: 'Help.' });
      await site.stack.admin.post(`/agents/${id}/rollback`, { version: 1 });
      const call = (index: number, agentVersion: number, test = false) => ({
        ...{ callSid: `CAlisted${index}`, startedMs: Date.UTC(2026, 10, 21, 14, index) },
        ...{ from: `+1415555012${index}`, agentId: id, agentVersion, test },
      });
      await recordCalls(site, [call(1, 1), call(2, 2), call(3, 2, true), call(4, 1, true)]);
      return { id, name };
    })();
    return listed;
  };
  const filtersIn = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);
  /** Who called, newest first, once it is these. */
  const expectCallers = (page: Page, ...indices: number[]) =>
    expect
      .poll(() => page.locator('.list tbody tr td:nth-child(2)').allTextContents())
      .toEqual(indices.map((index) => `+1 415 555 012${index}`));
  const choose = async (page: Page, label: string, option: string) => {
    await page.getByRole('combobox', { name: label, exact: true }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  const chooseByKeys = async (page: Page, label: string, option: string) => {
    const highlighted = page.locator('[role=option][data-combobox-selected]');
    // As a list opens, a timer is set that has Enter choose the option that is chosen already, whatever is highlighted by
    // then: a key pressed before it has fired is seen but counts for nothing. Timers of one delay fire in their order.
    const timersFired = () => page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    // A list that can be searched opens as it is come to, any other one by the key.
    await page.getByRole('combobox', { name: label, exact: true }).focus();
    await timersFired();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: option, exact: true }).waitFor();
    await timersFired();
    for (let presses = 0; presses < 4; presses++) {
      const before = await highlighted.allTextContents();
      if (before.includes(option)) break;
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => highlighted.allTextContents(), PATIENT).not.toEqual(before);
    }
    expect(await highlighted.allTextContents()).toEqual([option]);
    await page.keyboard.press('Enter');
  };

  it('is that of a version and of test calls, as they are chosen', async () => {
    const { id, name } = await withCalls();
    const { page, troubles } = await open('/calls');

    expect(await page.getByRole('combobox', { name: 'Version' }).count()).toBe(0);
    await choose(page, 'Agent', name);
    await expectCallers(page, 4, 3, 2, 1);
    expect(await page.getByText('ended: caller-hung-up (test)').count()).toBe(2);

    await page.getByRole('combobox', { name: 'Version' }).click();
    expect(await page.getByRole('option').allTextContents()).toEqual(['2', '1']);
    await page.getByRole('option', { name: '2' }).click();
    await expectCallers(page, 3, 2);
    await choose(page, 'Test calls', 'left out');
    await expectCallers(page, 2);
    await choose(page, 'Test calls', 'alone');
    await expectCallers(page, 3);
    expect(filtersIn(page)).toEqual({ agentId: id, version: '2', tests: 'only' });

    await page.getByLabel('All versions').click();
    await expectCallers(page, 4, 3);
    await page.getByLabel('Show test calls too').click();
    await expectCallers(page, 4, 3, 2, 1);
    expect(filtersIn(page)).toEqual({ agentId: id });
    expect(troubles()).toEqual([]);
  });

  it('is the same by its address and by keys, and has no version of another agent', async () => {
    const { id, name } = await withCalls();
    const { page, troubles } = await open(`/calls?agentId=${id}&version=1&tests=excluded`);
    const version = page.getByRole('combobox', { name: 'Version' });
    const tests = page.getByRole('combobox', { name: 'Test calls' });

    await expectCallers(page, 1);
    expect([await version.inputValue(), await tests.inputValue()]).toEqual(['1', 'left out']);
    await chooseByKeys(page, 'Version', '2');
    await expectCallers(page, 2);
    await chooseByKeys(page, 'Test calls', 'alone');
    await expectCallers(page, 3);
    expect(filtersIn(page)).toEqual({ agentId: id, version: '2', tests: 'only' });
    await page.reload();
    await expectCallers(page, 3);
    await expectGoodLooks(page, 'calls-filtered');

    await choose(page, 'Agent', site.agentName);
    expect(filtersIn(page)).toEqual({ agentId: site.agentId, tests: 'only' });
    expect([await version.inputValue(), name]).toEqual(['', 'Listed']);
    await page.getByText('No calls match').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    expect(filtersIn(page)).toEqual({});
    expect(troubles()).toEqual([]);
  });
});

describe('the page of a call', () => {
  it('grows while the call goes on, and then has its sound', async () => {
    const { callSid } = await interruptedCall();
    const { page, troubles } = await open(`/calls/${callSid}`);

    await page.locator('[data-state=live]').waitFor();
    await page.getByRole('button', { name: 'Hang up…' }).waitFor();
    await turn(page, 1).getByText('thirty three four').waitFor();
    await page.locator('[data-mark=tool]').first().waitFor();
    await turn(page, 3).waitFor();
    await screenshot(page, 'call-live-light-1440');
    await page.getByRole('button', { name: /^ended: caller hung up/ }).waitFor();
    await page.getByRole('button', { name: 'Make this a test' }).waitFor();
    await page.locator('.lane-wave.lane-agent').waitFor({ state: 'attached' });

    expect(troubles()).toEqual([]);
  });

  it('tells who spoke, how it ended, what it cost and where answers were slow', async () => {
    const interrupted = await interruptedRecord();
    const { page, troubles } = await open(`/calls/${interrupted.callSid}`);

    await page.getByRole('heading', { level: 1, name: '+1 415 555 0102 → +1 415 555 0112' }).waitFor();
    await page.getByRole('link', { name: `${MARKUP} v1` }).waitFor();
    const cut = interrupted.turns.filter((each) => each.role === 'agent' && each.interrupted).length;
    const gaps = interrupted.turns.filter((each) => each.role === 'agent' && each.responseGapMs !== undefined).length;
    await page.getByText(cut === 1 ? '1 interruption' : `${cut} interruptions`, { exact: true }).waitFor();
    await page
      .getByText(gaps === 1 ? 'response gap: 1 turn, too few' : `response gap: ${gaps} turns, too few`)
      .waitFor();
    expect(await page.getByText(/^cost \$\d/).count()).toBe(1);
    await page.getByRole('button', { name: /^ended/ }).focus();
    await page.getByRole('tooltip').getByText('The person on the line ended the call.').waitFor();
    await turn(page, 2)
      .getByRole('button', { name: /never heard/ })
      .click();
    await turn(page, 2).getByText('not heard:').waitFor();
    await page.locator('.lane-wave.lane-caller').waitFor({ state: 'attached' });
    expect(await page.locator('[data-mark=gap]').count()).toBe(gaps);
    expect(await page.locator('[data-mark=cut]').count()).toBe(cut);
    expect(await page.title()).toBe('+1 415 555 0102 · Call · Oratio');
    expect(troubles()).toEqual([]);
  });

  it('plays from a turn, and shows which one is heard', async () => {
    const interrupted = await interruptedRecord();
    const { page } = await open(`/calls/${interrupted.callSid}`);
    const { startMs } = interrupted.turns[1]!;

    await turn(page, 2)
      .getByRole('button', { name: /^Play from/ })
      .click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await expect.poll(() => playedMs(page)).toBeGreaterThan(startMs + 300);
    expect(await playedMs(page)).toBeLessThan(startMs + 10_000);
    await page.locator('[data-turn="2"][data-now=true]').waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('t')).toBe((startMs / 1000).toFixed(1));
  });

  it('goes everywhere by keys, and has the address of where it is', async () => {
    const interrupted = await interruptedRecord();
    const { page } = await open(`/calls/${interrupted.callSid}?turn=1`);
    const seconds = (index: number) => String(Math.round(interrupted.turns[index]!.startMs / 1000));
    await page.getByRole('heading', { name: /^Turn 1: caller/ }).waitFor();
    await page.getByRole('slider').focus();

    await page.keyboard.press('.');
    await expect.poll(() => chosenIn(page)).toBe('2');
    await page.getByRole('heading', { name: /^Turn 2: agent/ }).waitFor();
    await expect.poll(() => placeOf(page)).toBe(seconds(1));
    await page.keyboard.press(']');
    await expect.poll(() => chosenIn(page)).toBe('3');
    await page.keyboard.press('[');
    await expect.poll(() => chosenIn(page)).toBe('2');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => placeOf(page)).toBe(String(Math.round((interrupted.turns[1]!.startMs + 5000) / 1000)));
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    // The address follows what was sought a moment later.
    const addressed = () => Number(new URL(page.url()).searchParams.get('t'));
    const soughtS = interrupted.turns[1]!.startMs / 1000 + 5;
    await expect.poll(() => Math.abs(addressed() - soughtS)).toBeLessThan(0.2);

    const before = addressed();
    await page.reload();
    await page.getByRole('heading', { name: /^Turn 2: agent/ }).waitFor();
    await expect.poll(() => placeOf(page)).toBe(String(Math.round(before)));
  });

  it('seeks where the line of time is pressed, and looks nearer', async () => {
    const interrupted = await interruptedRecord();
    const { page } = await open(`/calls/${interrupted.callSid}`);
    const field = page.getByRole('slider', { name: 'Place in the call' });
    const box = (await field.boundingBox())!;
    const lengthS = Number(await field.getAttribute('aria-valuemax'));

    await page.mouse.click(box.x + box.width / 2, box.y + 40);
    await expect.poll(async () => Math.abs(Number(await placeOf(page)) - lengthS / 2)).toBeLessThanOrEqual(1);
    const near = page.waitForResponse((response) => response.url().includes('fromMs='));
    await page.getByRole('button', { name: 'Nearer' }).click();
    await page.locator('.minimap').waitFor();
    expect((await near).status()).toBe(200);
    await screenshot(page, 'call-near-light-1440');
    await page.getByRole('button', { name: 'The whole call' }).click();
    await expect.poll(() => page.locator('.minimap').count()).toBe(0);
  });

  it('says of a tool that failed what the service had said', async () => {
    const why = { reason: 'throttled', service: 'ThrottlingException: slow down', problem: 'HTTP 429' };
    const toolCall: ToolCallRecord = {
      id: 't1',
      name: 'orders',
      kind: 'agentcore',
      input: {},
      output: { error: 'it is busy' },
      startMs: 0,
      durationMs: 300,
      outcome: 'failed',
      code: 'TOOL_FAILED',
      why,
    };
    const callSid = `CA${'f'.repeat(32)}`;
    await recordCalls(site, [{ callSid, startedMs: Date.now(), facts: [{ kind: 'toolChanged', toolCall }] }]);
    const { page } = await open(`/calls/${callSid}?tab=tools`);

    await page.getByText('Why it failed: throttled; HTTP 429; ThrottlingException: slow down').waitFor();
    await page.getByRole('button', { name: 'orders · 300 ms · failed (TOOL_FAILED, throttled)' }).waitFor();
  });

  it('shows of a run that a newer turn made moot what its agent had wanted done', async () => {
    const toolCall: ToolCallRecord = {
      ...{ id: 't1', name: 'billing', kind: 'bedrock-agent', input: { prompt: 'What do I owe?' } },
      ...{ output: { status: 'superseded' }, startMs: 61_000, durationMs: 900, outcome: 'aborted' },
      wanted: [
        {
          ...{ name: 'look_up', kind: 'knowledge-base', input: { query: 'bills' }, output: { owed: 5 } },
          ...{ startMs: 61_200, durationMs: 300, outcome: 'answered' },
        },
        {
          ...{ name: 'convert', kind: 'scripted', input: { amount: 5 }, output: {} },
          ...{ startMs: 61_500, durationMs: 400, outcome: 'aborted' },
        },
      ],
    };
    const callSid = `CA${'e'.repeat(32)}`;
    await recordCalls(site, [{ callSid, startedMs: Date.now(), facts: [{ kind: 'toolChanged', toolCall }] }]);
    const { page } = await open(`/calls/${callSid}?tab=tools`);

    const run = page.getByRole('article', { name: 'billing at 1:01' });
    await run.getByText('superseded').waitFor();
    expect(await run.getByText('wanted by billing').count()).toBe(2);
    expect(await run.getByRole('article', { name: 'look_up at 1:01' }).textContent()).toMatch(
      /300 msanswered.*"owed": 5/s,
    );
    expect(await run.getByRole('article', { name: 'convert at 1:01' }).textContent()).toMatch(/400 msaborted/);
  });

  it('shows where the delay of a turn went, what tools were asked, and all the rest', async () => {
    const interrupted = await interruptedRecord();
    const { page, troubles } = await open(`/calls/${interrupted.callSid}`);
    const answer = interrupted.turns[1]!;
    if (answer.role !== 'agent' || !answer.responseGapParts) throw new Error('no agent');

    await turn(page, 2).getByRole('button', { name: 'Details of turn 2' }).click();
    const parts = page.getByRole('table', { name: /^Response gap/ });
    const rows = await parts.getByRole('row').allTextContents();
    expect(rows[1]).toContain(`endpointing${shownMs(answer.responseGapParts.endpointing)}`);
    expect(await page.locator('.delay-bar [data-part=tools]').count()).toBe(1);
    await page.locator('[data-turn-details]').getByText('"order": "334692"').waitFor();
    await page
      .locator('[data-turn-details]')
      .getByText(/words were heard, in .*; \d+ had been sent/)
      .waitFor();

    await page.getByRole('tab', { name: 'Tools (1)' }).click();
    await page.getByRole('tabpanel').getByText('"state": "activated"').waitFor();
    await page.getByRole('tab', { name: 'Usage and cost' }).click();
    await page.getByText(/^Voice model: \$/).waitFor();
    await page.getByRole('tab', { name: 'Streams and faults' }).click();
    await page.getByRole('region', { name: 'Streams to the model' }).getByText('amazon.nova-2-sonic-v1:0').waitFor();
    await page.getByRole('tab', { name: 'Raw' }).click();
    await page.getByRole('tabpanel').getByText(interrupted.callSid).waitFor();
    expect(new URL(page.url()).searchParams.get('tab')).toBe('raw');
    expect(troubles()).toEqual([]);
  });

  it('becomes a test, and is replayed to another version', async () => {
    const interrupted = await interruptedRecord();
    const { page } = await open(`/calls/${interrupted.callSid}`);

    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Make this a test' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe(`${interrupted.callSid}.zip`);
    expect((await readFile((await file.path())!)).subarray(0, 2).toString()).toBe('PK');

    await page.getByRole('button', { name: 'Replay against version…' }).click();
    const version = page.getByRole('menuitem', { name: /v1 latest of this call/ });
    await version.waitFor();
    const { searchParams, pathname } = new URL((await version.getAttribute('href'))!, site.url);
    expect([pathname, Object.fromEntries(searchParams)]).toEqual([
      '/test',
      { agent: interrupted.agentId, version: '1', recording: interrupted.callSid },
    ]);
  });

  it('says why it cannot be a test', async () => {
    const interrupted = await interruptedRecord();
    const { token } = await site.stack.admin.post<{ token: string }>('/tokens', { name: 'Vera', role: 'viewer' });
    const { page } = await viewer(`/calls/${interrupted.callSid}`, token);
    const button = page.getByRole('button', { name: 'Make this a test' });
    await button.waitFor();
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await button.getAttribute('aria-description')).toBe('Testers and administrators make tests of calls.');

    const { page: admins } = await open(`/calls/${interrupted.callSid}`);
    const problem = { status: 404, code: 'NOT_FOUND', detail: 'There is no black box of the call here.' };
    await admins.route(
      '**/api/calls/*/fixture.zip',
      (route) => route.fulfill({ status: 404, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
      { times: 1 },
    );
    await admins.getByRole('button', { name: 'Make this a test' }).click();
    await admins.getByRole('alert').getByText('There is no black box of the call here.').waitFor();
  });

  it('stays usable with ten thousand turns, and finds one of them', async () => {
    const { page, troubles } = await open('/live');
    const call = longCall(await interruptedRecord(), 10_000);
    await page.route('**/api/calls/CAlong', (route) => route.fulfill({ json: call }));
    await page.goto(`${site.url}/calls/CAlong`);

    await page.getByText('No sound: this call was not recorded.').waitFor();
    await page.getByText(/p50 .* p95 .*\(n 5000\)/).waitFor();
    expect(await page.locator('.turn').count()).toBeLessThan(60);
    expect(await page.locator('.lanes *').count()).toBeLessThan(4000);
    await page.getByLabel('Find in the transcript').fill('needle');
    await page.getByText('1 of 1').waitFor();
    await page.locator('[data-found=true]').getByText('The needle <i>lies</i> here').waitFor();
    expect(await page.locator('[data-found=true]').getAttribute('data-turn')).toBe('7002');
    await screenshot(page, 'call-long-light-1440');
    await page.getByRole('button', { name: 'Next turn' }).click();
    await page.getByRole('heading', { name: /^Turn 2:/ }).waitFor();
    expect(troubles()).toEqual([]);
  });

  it('that goes on is followed to its end, until somebody scrolls', async () => {
    const { page, troubles } = await open('/live');
    const call = { ...longCall(await interruptedRecord(), 500), callSid: 'CAlive', state: 'live', endReason: null };
    await page.route('**/api/calls/CAlive', (route) => route.fulfill({ json: call }));
    await page.goto(`${site.url}/calls/CAlive`);
    const jump = page.getByRole('button', { name: 'Jump to now' });

    await turn(page, 500).waitFor();
    await page.getByRole('region', { name: 'Transcript' }).hover();
    await page.mouse.wheel(0, -5000);
    await jump.waitFor();
    await turn(page, 500).waitFor({ state: 'detached' });
    await jump.click();
    await turn(page, 500).waitFor();
    await jump.waitFor({ state: 'detached' });
    expect(troubles()).toEqual([]);
  });

  it('that goes on shows who may not act on it that others may', async () => {
    const { token } = await site.stack.admin.post<{ token: string }>('/tokens', { name: 'Viola', role: 'viewer' });
    const { page, troubles } = await viewer('/live', token);
    const call = { ...longCall(await interruptedRecord(), 5), callSid: 'CAlive', state: 'live', endReason: null };
    await page.route('**/api/calls/CAlive', (route) => route.fulfill({ json: call }));
    await page.goto(`${site.url}/calls/CAlive`);

    for (const name of ['Transfer…', 'Hang up…']) {
      const button = page.getByRole('button', { name });
      await button.waitFor();
      expect(await button.getAttribute('aria-disabled')).toBe('true');
      expect(await button.getAttribute('aria-description')).toMatch(/^Operators and administrators/);
      await button.focus();
      await page.keyboard.press('Enter');
      await page
        .getByRole('tooltip')
        .getByText(/^Operators and administrators/)
        .waitFor();
    }
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(troubles).toEqual([]);
  });

  it('that is not there says so', async () => {
    const { page } = await open('/calls/CAnobody');

    expect(await page.getByRole('alert').textContent()).toContain('There is no call CAnobody.');
  });

  it('has nothing in its way, wide and narrow, light and dark', async () => {
    const interrupted = await interruptedRecord();
    const { page, troubles } = await viewer(`/calls/${interrupted.callSid}?turn=2&t=3`);
    await turn(page, 3).waitFor();
    await page.locator('.lane-wave.lane-agent').waitFor({ state: 'attached' });
    await expectGoodLooks(page, 'call');

    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page
      .getByRole('dialog')
      .getByText(/^Response gap/)
      .first()
      .waitFor();
    await screenshot(page, 'call-details-light-390');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'call-details-dark-390');
    expect(troubles).toEqual([]);
  });
});
