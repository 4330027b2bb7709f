import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { failuresOf } from '../../src/replay/expect/expectations.js';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../../src/replay/fixture/fixture.js';
import { callSchema } from '../../src/replay/fixture/schema.js';
import { parseYamlFile } from '../../src/replay/fixture/yaml-file.js';
import { rowsOf } from '../../src/replay/run/run-results.js';
import { changedLines, updateCalls } from '../../src/replay/run/update.js';
import { updatedCall } from '../../src/replay/run/update-file.js';
import { agentTurn, CALLER_TURN, callRecord, replayedCall, replayResult, toolCall } from './calls.js';
import { fakeTerminal, runCall, runOf } from './runs.js';

const HEAD = 'description: d\nfrom: "+14155550100"\nto: "+14155550110"\nagent: rover\n';

/** What becomes of these expectations when the call went as on record. */
function updated(expectYaml: string, record: Partial<CallRecord> = {}) {
  const text = `${HEAD}${expectYaml}`;
  const script = parseYamlFile(text, 'call.yaml', callSchema).value;
  const call = replayedCall();
  const failures = failuresOf(script, call, callRecord(record));
  const { text: now, left } = updatedCall(
    text,
    'call.yaml',
    replayResult({ call, record: callRecord(record), failures }),
  );
  expect(now.startsWith(HEAD)).toBe(true);
  return { expect: now.slice(HEAD.length), left: left.map(({ field }) => field) };
}

describe('what a replay writes into call.yaml', () => {
  it('is the words that were found, with everything around them as it was', () => {
    const { expect: now, left } = updated(`expect:
  # As the customer had it.
  turns:
    - { role: caller, text: go forward ten meters } # said clearly
    - { role: agent, heardText: "Sorry?", interrupted: true } # was cut

  limits: { responseGap: 1500ms }
`);

    expect(now).toBe(`expect:
  # As the customer had it.
  turns:
    - { role: caller, text: go forward ten meters } # said clearly
    - { role: agent, heardText: "Thank you. You entered ten.", interrupted: false } # was cut

  limits: { responseGap: 1500ms }
`);
    expect(left).toEqual([]);
  });

  it('is the turns that there are, when others were expected', () => {
    const { expect: now, left } = updated(`expect:
  turns:
    - { role: agent, text: Hello. } # the greeting
    - { role: agent, text: "Thank you. You entered ten." }
    - { role: caller, text: more }
  turnCount: 3
`);

    expect(now).toBe(`expect:
  turns:
    - { role: caller, text: go forward ten meters } # the greeting
    - { role: agent, text: "Thank you. You entered ten." }
  turnCount: 2
`);
    expect(left).toEqual([]);
  });

  it('names the turns that came beside those that were all', () => {
    const { expect: now } = updated('expect:\n  turns:\n    - { role: caller }\n  turnCount: 1\n');

    expect(now).toBe(`expect:
  turns:
    - { role: caller }
    - { role: agent, heardText: Thank you. You entered ten., interrupted: false }
  turnCount: 2
`);
  });

  it('is the calls of tools, asked about only as far as before', () => {
    const toolCalls = [toolCall({ outcome: 'failed' }), toolCall({ name: 'second', input: { say: '/x/' } })];
    const { expect: now, left } = updated(
      `expect:
  toolCalls:
    - name: order_status
      input: { order: "1" } # any order
      outcome: answered
`,
      { toolCalls },
    );

    expect(now).toBe(`expect:
  toolCalls:
    - name: order_status
      input: { order: "334692" } # any order
      outcome: failed
    - { name: second, input: { say: /^\\/x\\/$/ }, outcome: answered }
`);
    expect(left).toEqual([]);
  });

  it('is without a tool that was not called, and with one in its place that was', () => {
    const toolCalls = [
      toolCall({ input: {} }),
      toolCall({ name: 'weather', input: {} }),
      toolCall({ name: 'end_call' }),
    ];
    const { expect: now, left } = updated(
      'expect:\n  toolCalls: [ { name: handbook }, { name: order_status, outcome: failed }, { name: end_call } ]\n',
      { toolCalls },
    );

    expect(now).toBe(
      'expect:\n  toolCalls: [ { name: order_status, outcome: answered }, { name: weather, input: {}, outcome: answered }, { name: end_call } ]\n',
    );
    expect(left).toEqual([]);
  });

  it('is no calls of tools when there were none', () => {
    expect(updated('expect:\n  toolCalls: [ { name: order_status } ]\n').expect).toBe('expect:\n  toolCalls: []\n');
  });

  it('is the end reason, the words heard in all, and never a limit', () => {
    const { expect: now, left } = updated(
      'expect:\n  heard: { text: Hello., atLeast: 9s }\n  limits: { responseGap: 1s } # as sold\n  endReason: silence\n',
    );

    expect(now).toBe(
      'expect:\n  heard: { text: Thank you. You entered ten., atLeast: 9s }\n  limits: { responseGap: 1s } # as sold\n  endReason: caller-hung-up\n',
    );
    expect(left).toEqual(['limits.responseGap', 'heard.atLeast']);
  });

  it('is words that YAML would take for something else', () => {
    const turns = [{ ...CALLER_TURN, text: '10' }, agentTurn({ text: 'Yes: "no" # maybe', heardText: '/slashed/' })];

    const { left, expect: now } = updated(
      'expect:\n  turns: [ { role: caller, text: a }, { role: agent, text: b, heardText: c } ]\n',
      { turns },
    );

    expect(left).toEqual([]);
    expect(parseYamlFile(`${HEAD}${now}`, 'call.yaml', callSchema).value.expect.turns).toMatchObject([
      { text: { kind: 'exact', text: '10' } },
      { text: { kind: 'exact', text: 'Yes: "no" # maybe' }, heardText: { kind: 'pattern' } },
    ]);
  });

  it('is nothing when the call could not be placed', () => {
    const failures = [{ field: 'call', message: 'no' }];

    expect(updatedCall('x', 'call.yaml', replayResult({ call: undefined, record: undefined, failures }))).toEqual({
      text: 'x',
      left: failures,
    });
  });

  it.each(
    readdirSync(join(FIXTURES_DIR, 'calls'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  )('leaves %s as it is written when nothing failed', (name) => {
    const text = readFileSync(join(FIXTURES_DIR, 'calls', name, 'call.yaml'), 'utf8');

    expect(updatedCall(text, 'call.yaml', replayResult()).text).toBe(text);
  });
});

describe('updating recorded calls', () => {
  let dir: string;
  let fixtures: Fixture[];
  const before = `${HEAD}expect:\n  endReason: silence # it went quiet\n`;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'update-'));
    fixtures = ['one', 'two'].map((name) => {
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, 'call.yaml'), before);
      return loadFixture(join(dir, name));
    });
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const rows = () =>
    rowsOf(
      runOf(
        fixtures.map(({ name, call }) => runCall({ name, failures: failuresOf(call, replayedCall(), callRecord()) })),
      ),
    );
  const written = () => fixtures.map(({ dir: folder }) => readFileSync(join(folder, 'call.yaml'), 'utf8') !== before);

  it('shows the change and asks before it overwrites', async () => {
    const terminal = fakeTerminal(['y', 'n']);

    const isWhole = await updateCalls(fixtures, rows(), terminal, false);

    expect(isWhole).toBe(false);
    expect(written()).toEqual([true, false]);
    expect(stripVTControlCharacters(terminal.printed())).toContain(
      '   6 -   endReason: silence # it went quiet\n   6 +   endReason: caller-hung-up # it went quiet',
    );
    expect(terminal.questions).toHaveLength(2);
  });

  it.each([
    [['a'], [true, true], true],
    [['q'], [false, false], false],
    [[''], [false, false], false],
  ])('takes the answers %j', async (answers, files, isWhole) => {
    const terminal = fakeTerminal([...answers, 'n']);

    expect(await updateCalls(fixtures, rows(), terminal, false)).toBe(isWhole);
    expect(written()).toEqual(files);
  });

  it('does not ask whom has agreed before', async () => {
    const terminal = fakeTerminal();

    expect(await updateCalls(fixtures, rows(), terminal, true)).toBe(true);
    expect(written()).toEqual([true, true]);
  });
});

it('changed lines are told with their numbers', () => {
  const lines = changedLines('a\nb\nc\n', 'a\nc\nd\n').map(stripVTControlCharacters);

  expect(lines).toEqual(['   2 - b', '   3 + d']);
});
