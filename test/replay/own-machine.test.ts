import { expect, it, onTestFinished } from 'vitest';
import { FIXTURES_DIR, loadFixture } from '../../src/replay/fixture/fixture.js';
import { replay } from '../../src/replay/runner.js';
import { startStackOnServer } from './stack-on-server.js';

it('a stack that is known by its own address, without TLS, carries a call', async () => {
  const stack = await startStackOnServer({ speed: 4, publicUrl: 'http://127.0.0.1:3000' });
  onTestFinished(() => stack.close());
  const fixture = loadFixture(`${FIXTURES_DIR}/calls/agent-hangs-up-after-its-goodbye-was-heard`);

  const { failures } = await replay(fixture, stack);

  expect(failures).toEqual([]);
});
