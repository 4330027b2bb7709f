import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFixtures } from '../../src/replay/fixture/find.js';
import { FIXTURES_DIR, loadFixture } from '../../src/replay/fixture/fixture.js';
import type { ReplayResult } from '../../src/replay/replayed-call.js';
import { replay } from '../../src/replay/runner.js';
import type { LocalStack } from '../../src/replay/stack/local-stack.js';
import { startStackOnServer } from '../replay/stack-on-server.js';

/** As fast as the machine goes, up to this: the stack's clock waits for a machine that is slower. */
const SPEED = 8;

const fixtures = findFixtures([join(FIXTURES_DIR, 'calls')]).map(loadFixture);

describe('the recorded calls, on the local stack', () => {
  let stack: LocalStack;
  let replays: ReadonlyMap<string, Promise<ReplayResult>>;

  beforeAll(async () => {
    stack = await startStackOnServer({ speed: SPEED });
    replays = new Map(fixtures.map((fixture) => [fixture.name, replay(fixture, stack)]));
  });
  afterAll(async () => {
    await Promise.all(replays.values());
    await stack.close();
  });

  it.each(fixtures.map(({ name }) => name))('%s goes as expected', async (name) => {
    const { failures } = await replays.get(name)!;

    expect(failures).toEqual([]);
  });

  it('leave no stream to the voice model open', async () => {
    await Promise.all(replays.values());

    expect(stack.openStreams).toBe(0);
  });
});
