import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FIXTURES_DIR, type Fixture } from '../../../src/replay/fixture/fixture.js';
import { runReplay } from '../../../src/replay/run/run.js';
import { faultOf, type RunOptions } from '../../../src/replay/run/run-options.js';
import { type ReplayTarget, replay } from '../../../src/replay/runner.js';
import { startVirtual } from '../../../src/replay/virtual/target.js';
import { fakeTerminal, runOptions } from '../runs.js';
import { startStackOnServer } from '../stack-on-server.js';
import { ASKED, changed, IMPATIENT, load, temporaryFolder } from './callers.js';

let target: ReplayTarget & { close(): Promise<void> };
beforeAll(async () => {
  target = await startVirtual();
});
afterAll(() => target.close());

const FOLDERS = readdirSync(join(FIXTURES_DIR, 'simulated'));

const options = (changes: Partial<RunOptions>) => runOptions({ virtual: true, ...changes });

describe('a simulated caller', () => {
  it.each(FOLDERS)('gets what it wants: %s', async (name) => {
    const { failures } = await replay(load(join(FIXTURES_DIR, 'simulated', name)), target);

    expect(failures).toEqual([]);
  });

  it('says something only when it is asked, and hangs up when it has what it wants', async () => {
    const { call } = await replay(load(ASKED), target);

    expect(call?.callerActs.map(({ kind, words }) => `${kind} ${words}`)).toEqual([
      'say go somewhere and do something',
      'say one zero four two',
      'say Thank you. Goodbye.',
      'hang-up ',
    ]);
    expect(call?.callerActs.at(-1)?.startMs).toBeGreaterThan(call?.agentStretches.at(-1)?.endMs ?? Infinity);
  });

  it('asks again and gives up when nobody answers, and the replay fails', async () => {
    const silent = load(
      changed(
        IMPATIENT,
        'model.yaml',
        [
          '    say: Thank you. Your call is now first in line and will be answered by the next available representative.\n',
          '',
        ],
        ['    say: Thank you. You entered two.\n', ''],
      ),
    );

    const { call, failures } = await replay(silent, target);

    expect(call?.callerActs.map(({ words }) => words)).toEqual(['ten meters', 'ten meters', 'ten meters', '']);
    expect(failures.map(({ message }) => message).join('\n')).toContain('gave up after 12000 ms');
  });

  it('fails when the agent ends the call before the goal is reached', async () => {
    const fixture = load(
      changed(
        ASKED,
        'call.yaml',
        ['goodbye: { when: /activated/i', 'goodbye: { when: /cancelled/i'],
        ['expect:', 'timeout: 30s\nexpect:'],
      ),
    );

    const { failures } = await replay(fixture, target);

    expect(failures.map(({ message }) => message).join('\n')).toContain(
      'the call ended before the caller reached the goal',
    );
  });

  it('has reached its goal when the agent says so with its last words', async () => {
    const fixture = load(
      changed(ASKED, 'model.yaml', [
        'say: Thank you. Your number is activated.',
        'call: { end_call: {} }\n    say: Your number is activated.',
      ]),
    );

    const { call, failures } = await replay(fixture, target);

    expect(call?.end.by).toBe('bridge');
    expect(failures.filter(({ field }) => field === 'caller')).toEqual([]);
  });

  it('interrupts with a chance that its seed decides', async () => {
    const acts = async (seed: number) => {
      const { call } = await replay(
        load(
          changed(IMPATIENT, 'call.yaml', ['{ always: 1500ms }', `{ sometimes: 1500ms, chance: 0.5, seed: ${seed} }`]),
        ),
        target,
      );
      return { clears: call?.clears.length, at: call?.callerActs.map(({ startMs }) => startMs) };
    };

    const bySeed = [await acts(1), await acts(1), await acts(7), await acts(8)];

    expect(bySeed[0]).toEqual(bySeed[1]);
    expect(new Set(bySeed.map(({ clears }) => clears)).size).toBeGreaterThan(1);
  });

  it('that cannot decide hangs up, and the replay fails', async () => {
    const fixture: Fixture = {
      ...load(ASKED),
      mindOf: () => ({ decide: () => Promise.reject(new Error('no model today')) }),
    };

    const { call, failures } = await replay(fixture, target);

    expect(call?.end.by).toBe('caller');
    expect(failures[0]?.message).toBe('the caller could not decide what to do: no model today');
  });
});

describe('a failed call of a simulated caller', () => {
  const failing = () => changed(IMPATIENT, 'call.yaml', ['clears: 1', 'clears: 7']);

  it('is kept as a recorded call in which the same happens', async () => {
    const folder = temporaryFolder();
    const terminal = fakeTerminal();

    expect(await runReplay(options({ places: [failing(), ASKED], keep: folder }), terminal)).toBe(1);
    const kept = join(folder, 'changed');
    const simulated = await replay(load(failing()), target);
    const plain = await replay(load(kept), target);

    expect(readdirSync(folder)).toEqual(['changed']);
    expect(terminal.printed()).toContain(`Kept: ${kept}\n`);
    expect(readFileSync(join(kept, 'call.yaml'), 'utf8')).not.toContain('simulated');
    expect(plain.failures).toMatchObject([{ field: 'clears', expected: '7' }]);
    expect(plain.record?.turns.map(({ text }) => text)).toEqual(simulated.record?.turns.map(({ text }) => text));
    for (const [index, act] of (plain.call?.callerActs ?? []).entries()) {
      expect(Math.abs(act.startMs - (simulated.call?.callerActs[index]?.startMs ?? 0))).toBeLessThanOrEqual(20);
    }
  });

  it('is kept beside what was kept before', async () => {
    const folder = temporaryFolder();
    const run = options({ places: [failing()], keep: folder, repeat: 2 });

    await runReplay(run, fakeTerminal());

    expect(readdirSync(folder).sort()).toEqual(['changed', 'changed-2']);
  });
});

it('a model that decides has real time only', () => {
  expect(faultOf(options({ callerModel: 'us.amazon.nova-pro-v1:0' }), false)).toContain('--caller-model');
  expect(faultOf(options({ callerModel: 'us.amazon.nova-pro-v1:0', virtual: false }), false)).toBeUndefined();
});

it('a simulated caller knows over the wire what the agent says', async () => {
  const stack = await startStackOnServer({ speed: 4 });
  onTestFinished(() => stack.close());

  const { failures } = await replay(load(ASKED), stack);

  expect(failures).toEqual([]);
});
