import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { separateHandler } from '../../src/creator/separate-handler.js';
import { BridgeError } from '../../src/errors.js';

/** Answers by the name of the job. */
const FILE = fileURLToPath(new URL('./making-process.mjs', import.meta.url));

let clock: FakeClock;
let children: ChildProcess[];
let handler: ReturnType<typeof separateHandler>;
beforeEach(() => {
  clock = new FakeClock();
  children = [];
  handler = separateHandler({
    start: () => {
      const child = fork(FILE, { execArgv: [], serialization: 'advanced' });
      children.push(child);
      return child;
    },
    clock,
  });
});
afterEach(() => handler.close());

const run = (jobId: unknown, signal = new AbortController().signal) => handler.run({ jobId }, signal);
const ended = (child: ChildProcess) => new Promise((resolve) => child.once('close', resolve));

describe('jobs in a process of their own', () => {
  it('are carried on in one, several at a time, and end as they end there', async () => {
    await expect(Promise.all([run('good'), run('good'), run('good')])).resolves.toBeDefined();
    await expect(run('bad')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'busy',
      details: { retryable: true },
    });
    await run(undefined);
    const other = { kind: 'package', jobId: 'good', bucket: 'agents', prefix: 'ada/agent/1/' } as const;
    expect(await handler.carryOut(other, new AbortController().signal)).toBe('package');

    expect(children).toHaveLength(1);
  });

  it('are another attempt in another process when theirs has died', async () => {
    await expect(Promise.all([run('dies'), run('waits')])).rejects.toThrow('has ended');
    await run('good');

    expect(children).toHaveLength(2);
  });

  it('end when they are not wanted any more', async () => {
    const wanted = new AbortController();
    const running = run('waits', wanted.signal);
    const other = run('good');
    await other;
    wanted.abort(new Error('the instance stops'));

    await expect(running).rejects.toThrow('the instance stops');
    await run('good');
    expect(children).toHaveLength(1);
  });

  it('that do not end when they should take their process along', async () => {
    const wanted = new AbortController();
    const running = run('hangs', wanted.signal);
    await run('good');
    const gone = ended(children[0]!);
    wanted.abort(new Error('the lease is over'));
    clock.advance(5000);
    // In the next process already, before the end of the first one is known.
    const next = run('good');

    await expect(running).rejects.toThrow('the lease is over');
    await Promise.all([gone, next]);
    expect(children).toHaveLength(2);
  });

  it('let their process go when there are none for a minute', async () => {
    await run('good');
    const gone = ended(children[0]!);
    clock.advance(60_000);
    await gone;

    await run('good');
    expect(children).toHaveLength(2);
  });

  it('do not begin when they are over already', async () => {
    await expect(run('good', AbortSignal.abort(new BridgeError('CONFLICT', 'over')))).rejects.toThrow('over');

    expect(children).toHaveLength(0);
  });
});
