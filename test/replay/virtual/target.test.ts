import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../../../src/replay/fixture/fixture.js';
import { replay } from '../../../src/replay/runner.js';
import { startVirtual } from '../../../src/replay/virtual/target.js';
import { digested } from './digest.js';

const fixtureOf = (name: string): Fixture => loadFixture(join(FIXTURES_DIR, 'calls', name));
const QUESTION = 'question-gets-an-answer';
const JITTERY = 'jittery-line-with-a-gap-still-gets-an-answer';
const TOOLS = 'two-tools-are-asked-at-once';

const opened: { close(): Promise<void> }[] = [];
const start = async (seed?: number) => {
  const target = await startVirtual(seed === undefined ? {} : { seed });
  opened.push(target);
  return target;
};

afterEach(async () => {
  for (const target of opened.splice(0)) await target.close();
});

describe('a virtual target', () => {
  it('gives the same call whatever was carried before it, and at another target', async () => {
    const target = await start();
    const alone = await digested(fixtureOf(TOOLS), target);
    await digested(fixtureOf(JITTERY), target);
    const again = await digested(fixtureOf(TOOLS), target);
    const elsewhere = await digested(fixtureOf(TOOLS), await start());

    expect(again.told).toEqual(alone.told);
    expect(elsewhere.told).toEqual(alone.told);
  });

  it('carries calls that are placed at once one after the other, each as if it were alone', async () => {
    const target = await start();
    const names = [QUESTION, JITTERY, TOOLS];
    const together = await Promise.all(names.map((name) => digested(fixtureOf(name), target)));
    for (const [index, name] of names.entries()) {
      const alone = await digested(fixtureOf(name), target);
      expect(together[index]?.told).toEqual(alone.told);
    }
  });

  it('runs beside another target in the same process', async () => {
    const targets = [await start(), await start()];
    const [first, second] = await Promise.all(targets.map((target) => digested(fixtureOf(TOOLS), target)));

    expect(first?.result.failures).toEqual([]);
    expect(second?.told).toEqual(first?.told);
  });

  it('gives another call of the same fixture with another seed', async () => {
    const fixture = fixtureOf(QUESTION);
    const first = await digested(fixture, await start(7));
    const second = await digested(fixture, await start(8));

    expect(first.result.failures).toEqual([]);
    expect(second.result.failures).toEqual([]);
    expect(second.digest).not.toBe(first.digest);
  });

  it('says of an agent that is on another bridge that it is not here, and goes on with the next call', async () => {
    const target = await start();
    const fixture = fixtureOf(QUESTION);
    const strange = { ...fixture, agent: undefined, call: { ...fixture.call, agent: 'agent_elsewhere' } };
    const [refused, next] = await Promise.all([replay(strange, target), replay(fixture, target)]);

    expect(refused.failures.map(({ message }) => message).join()).toMatch(/agent_elsewhere is the id of an agent/);
    expect(next.failures).toEqual([]);
  });

  it('ends a call whose caller stays on the line for ever by the limit of the fixture', async () => {
    const fixture = fixtureOf('question-gets-an-answer');
    const patient = { ...fixture, call: { ...fixture.call, caller: fixture.call.caller.slice(0, 1), timeout: 20_000 } };
    const { failures, call } = await replay(patient, await start());

    expect(failures.map(({ message }) => message).join('\n')).toContain('the call was not over after 20000 ms');
    expect(call?.end.by).toBe('caller');
  });
});
