import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { type Check, type Line, runChecks } from '../../src/doctor/check.js';

const check = (name: string, state: 'ok' | 'failed' | 'skipped' | 'warning', needs: string[] = []): Check => ({
  name,
  needs,
  run: async () => ({ state, says: `${name} is ${state}`, advice: 'None.' }),
});
const short = (lines: readonly Line[]) => lines.map(({ check: name, state, says }) => `${name}: ${state}: ${says}`);

describe('a run of checks', () => {
  it('tells each line as it comes, in order', async () => {
    const told: Line[] = [];
    const checks = [check('one', 'ok'), check('two', 'warning')];

    const lines = await runChecks(checks, new FakeClock(), (line) => told.push(line));

    expect(short(lines)).toEqual(['one: ok: one is ok', 'two: warning: two is warning']);
    expect(told).toEqual(lines);
  });

  it('skips what needs a check that failed, and what needs a skipped one, naming the first cause', async () => {
    const checks = [
      check('one', 'failed'),
      check('two', 'ok', ['one']),
      check('three', 'ok', ['two']),
      check('four', 'ok'),
    ];

    const lines = await runChecks(checks, new FakeClock(), () => undefined);

    expect(short(lines).slice(1)).toEqual([
      'two: skipped: needs: one',
      'three: skipped: needs: one',
      'four: ok: four is ok',
    ]);
  });

  it('goes on after a check that had nothing to look at', async () => {
    const lines = await runChecks(
      [check('one', 'skipped'), check('two', 'ok', ['one'])],
      new FakeClock(),
      () => undefined,
    );

    expect(lines[1]?.state).toBe('ok');
  });

  it('gives up a check after its limit and tells it to stop', async () => {
    const clock = new FakeClock();
    let isStopped = false;
    const endless: Check = {
      name: 'endless',
      limitMs: 3000,
      run: (signal) => {
        signal.addEventListener('abort', () => {
          isStopped = true;
        });
        return new Promise(() => undefined);
      },
    };

    const running = runChecks([endless], clock, () => undefined);
    clock.advance(3000);
    const [line] = await running;

    expect(line).toMatchObject({ state: 'failed', says: 'no result within 3 s' });
    expect(isStopped).toBe(true);
  });

  it('counts what a check throws as its failure, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const broken: Check = { name: 'broken', run: () => Promise.reject(new Error('no such thing')) };

    const [line] = await runChecks([broken], clock, () => undefined);

    expect(line).toMatchObject({ state: 'failed', says: 'the check itself failed: no such thing' });
    expect(line?.advice).toContain('Run it again');
    expect(clock.pendingTimers).toBe(0);
  });
});
