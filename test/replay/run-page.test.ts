import { describe, expect, it } from 'vitest';
import { fieldWords, markedPair } from '../../src/replay/page/page-words.js';
import { runPage } from '../../src/replay/page/run-page.js';
import { comparedCall, differencesOf } from '../../src/replay/run/compare.js';
import { agentTurn, CALLER_TURN, callRecord, toolCall } from './calls.js';
import { runCall, runOf, WRONG_ENDING, WRONG_WORDS } from './runs.js';

const FAILED = runCall({ name: 'caller-<b>-fails', failures: [WRONG_WORDS, WRONG_ENDING] });
const file = () => 'question-gets-an-answer/heard.wav';
const page = runPage(runOf([runCall(), FAILED]), file);

/** The part of the page that shows one call. */
function detailsOf(html: string, id: string): string {
  return html.split('<details').find((part) => part.includes(` id="${id}"`)) ?? '';
}

describe('the page of a run', () => {
  it('needs nothing from elsewhere but the sound of calls that are as expected, beside it', () => {
    const addresses = [...page.matchAll(/(?:src|href)="([^"]{0,40})/g)].map(([, address]) => address ?? '');
    const others = addresses.filter((address) => !address.startsWith('#') && !address.startsWith('data:audio/wav'));

    expect(others).toEqual(['question-gets-an-answer/heard.wav']);
    expect(page).not.toMatch(/url\(|@import|https?:/);
  });

  it('has every place that it links to', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
    expect(links.length).toBeGreaterThan(4);
  });

  it('shows what failed first, open, with the expectation in words and its place in the picture', () => {
    const first = detailsOf(page, 'c1');

    expect(first).toMatch(/^ class="row failed" .* open>/);
    expect(first).toContain('Turn 2 (agent): what the caller heard of it');
    expect(first).toContain('href="#c1-at1">show at 4.00 s</a>');
    expect(first).toMatch(/id="c1-at1" [^>]*style="left:50\.000%"/);
    expect(first).toContain('<audio');
    expect(detailsOf(page, 'c2')).not.toMatch(/ open>|<audio/);
  });

  it('shows the picture before what failed, of which three are read at once', () => {
    const call = detailsOf(page, 'c1');
    const many = runCall({ failures: [WRONG_WORDS, ...Array<typeof WRONG_ENDING>(4).fill(WRONG_ENDING)] });
    const html = runPage(runOf([many]), file);

    expect(call.indexOf('class="timeline"')).toBeGreaterThan(0);
    expect(call.indexOf('class="timeline"')).toBeLessThan(call.indexOf('class="card failures"'));
    expect(page).not.toContain('class="more"');
    expect(html).toMatch(/id="c1-f3".*<summary>2 more, perhaps consequences<\/summary><ol start="4"><li id="c1-f4"/);
  });

  it('has no filter for a single call', () => {
    expect(page).toContain('<input type="search"');
    expect(runPage(runOf([FAILED]), file)).not.toMatch(/<input|<button|querySelector\('\.filter'\)/);
  });

  it('tells beside a turn what was measured, as in the list', () => {
    const failure = {
      field: 'limits.responseGap',
      message: 'expected at most 900 ms, found 1100 ms before agent turn 1',
      expected: 'at most 900 ms',
      found: '1100 ms before agent turn 1',
      atMs: 4000,
      turn: 2,
    };
    const [, row] = runPage(runOf([runCall({ failures: [failure] })]), file).split('<tr id="c1-t2"');

    expect(row).toContain('found 1100 ms before agent turn 1, expected at most 900 ms');
    expect(row).toContain('<td class="number">1100 ms</td>');
  });

  it('names a tool that was not called once, and no row of another', () => {
    const failure = {
      field: 'toolCalls[0]',
      message: 'handbook was not called (expected as tool call 1)',
      expected: 'handbook',
      found: 'no such call',
      atMs: 3300,
    };
    const record = callRecord({ toolCalls: [toolCall()] });
    const html = runPage(runOf([runCall({ record, failures: [failure] })]), file);

    expect(html).toContain('<b>handbook was not called (expected as tool call 1)</b>');
    expect(html).not.toMatch(/<tr class="wrong"|Tool call 1 \(order_status\)/);
  });

  it('takes words as words', () => {
    expect(page).not.toContain('<b>-fails');
    expect(page).toContain('caller-&lt;b&gt;-fails');
  });

  it('stands without a call, and with none at all', () => {
    const failures = [{ field: 'call', message: 'could not be replayed: 11200' }];
    const html = runPage(runOf([runCall({ call: undefined, record: undefined, failures })]), file);

    expect(html).toContain('could not be replayed: 11200');
    expect(runPage(runOf([]), file)).toContain('</html>');
  });

  it('puts variants side by side, and rounds into a count', () => {
    const calls = ['none', 'loss=2'].flatMap((variant) =>
      [1, 2, 3].map((round) =>
        runCall(round === 2 && variant === 'loss=2' ? { failures: [WRONG_ENDING] } : {}, { variant, round }),
      ),
    );

    const html = runPage(runOf(calls, { rounds: 3 }), file);

    expect(html).toMatch(
      /<td class="cell-passed"><a href="#c1-v1">✓ 3\/3<\/a>.*<td class="cell-failed"><a href="#c1-v2">✗ 2\/3<\/a>/,
    );
    expect(html).toContain('<td class="number">1 of 3</td><td>How the call ended');
  });

  it('shows what is not as it was in an earlier run', () => {
    const run = runOf([
      runCall({ record: callRecord({ turns: [CALLER_TURN, agentTurn({ heardText: 'Thank you' })] }) }),
    ]);
    const earlier = { startedAt: '2026-01-01T09:00:00.000Z', calls: [comparedCall(runCall())] };

    const html = runPage(run, file, { earlier, differences: differencesOf(earlier, run) });

    expect(html).toContain('1 of 1 replays are not as they were');
    expect(detailsOf(html, 'c1')).toMatch(/data-changed.*not as it was: 1 thing/s);
  });
});

describe('words for failures', () => {
  it('name turns and tools by number, role and name', () => {
    const record = callRecord({ toolCalls: [toolCall()] });

    expect(fieldWords('turns[0].text', record)).toBe('Turn 1 (caller): the words');
    expect(fieldWords('toolCalls[0].input', record)).toBe('Tool call 1 (order_status): what it was asked');
    expect(fieldWords('toolCalls[4]', record)).toBe('Tool call 5: whether there is one');
    expect(fieldWords('something.new', record)).toBe('something.new');
  });

  it('mark what only one of two texts has', () => {
    expect(markedPair('"go forward ten"', '"Go back ten"')).toEqual({
      expected: '&quot;go <mark>forward</mark> ten&quot;',
      found: '&quot;Go <mark>back</mark> ten&quot;',
    });
    expect(markedPair('{"order":"1"}', '{"order":"2"}').found).toBe('{&quot;order&quot;:&quot;<mark>2</mark>&quot;}');
    expect(markedPair('at most 4 s', '5 s')).toEqual({ expected: 'at most 4 s', found: '5 s' });
    expect(markedPair('"<b>"', '"<i>"').found).toBe('&quot;&lt;<mark>i</mark>&gt;&quot;');
  });
});
