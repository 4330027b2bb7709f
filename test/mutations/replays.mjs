import { register } from 'node:module';
import { join } from 'node:path';
import { register as readTypescript } from 'tsx/esm/api';

/**
 * A process of its own: is given mutants and the calls that find them, replays those calls in memory with the product as it
 * is (`mutant` is empty) and with each mutant, and tells after each call what failed.
 */
process.once('message', async ({ mutants, calls }) => {
  register('./mutating.mjs', import.meta.url, { data: mutants });
  // What is registered last comes first, and asks the one before it for the text.
  readTypescript();
  const { FIXTURES_DIR, loadFixture } = await import('../../src/replay/fixture/fixture.ts');
  const { replay } = await import('../../src/replay/runner.ts');
  const fixtures = new Map(calls.map((call) => [call, loadFixture(join(FIXTURES_DIR, 'calls', call))]));
  for (const { name, calls: named } of [{ name: '', calls }, ...mutants]) {
    const { startVirtual } = await import(`../../src/replay/virtual/target.ts?mutant=${name}`);
    const target = await startVirtual();
    for (const call of named) {
      const { failures } = await replay(fixtures.get(call), target);
      process.send({ mutant: name, call, failures: failures.map(({ field, message }) => ({ field, message })) });
    }
    await target.close();
  }
  process.disconnect();
});
