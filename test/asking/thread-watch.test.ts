import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOOK_EVERY_MS, ThreadWatch } from '../../src/asking/thread-watch.js';
import { FakeClock } from '../../src/clock.js';
import { type Raised, REALTIME, raisePriority } from '../../src/priority.js';
import { settled } from '../tools/rig.js';
import { askingForTests, SOON } from './rig.js';

const { threaded } = askingForTests();

/** Of the scheduler, as /proc tells it; source: proc_pid_stat(5), field 41. */
const ROUND_ROBIN = 2;

/** Whether this system lets anything come before ordinary work; tried on a process that does nothing. */
async function isAllowed(): Promise<boolean> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const { raised } = await raisePriority({ id: child.pid! });
  child.kill('SIGKILL');
  return raised;
}

/** A watch over a thread that is as busy as it is told. */
function watched(given: { outcome?: Raised; isWanted?: boolean; id?: number | undefined } = {}) {
  const { outcome = { raised: true }, isWanted = true } = given;
  const number = 'id' in given ? given.id : 7;
  const clock = new FakeClock();
  const done: string[] = [];
  const watch = new ThreadWatch({
    raise: isWanted
      ? async (given) => {
          done.push(`raise ${given}`);
          return outcome;
        }
      : undefined,
    async lower(given) {
      done.push(`lower ${given}`);
    },
    clock,
  });
  let share = 0;
  const thread = (id = number) => ({
    id,
    eventLoopUtilization: () => ({ utilization: share, idle: 0, active: 0 }),
  });
  watch.began(thread());
  /** A second in which it was so busy. */
  const second = async (busy: number) => {
    share = busy;
    clock.advance(LOOK_EVERY_MS);
    await settled();
  };
  return { clock, watch, done, thread, second };
}

describe('the thread that asks services', () => {
  it('comes before ordinary work when it has little to do, and not while it has much', async () => {
    const { done, second } = watched();

    for (const busy of [0.9, 0.3, 0.2, 0.4, 0.49, 0.51, 0.9, 0.3, 0.26, 0.24, 0.1]) await second(busy);

    expect(done).toEqual(['raise 7', 'lower 7', 'raise 7']);
  });

  it('is looked at where nothing of it is wanted as well, and tells how busy it is', async () => {
    const { watch, done, second } = watched({ isWanted: false });
    expect(watch.utilization).toBeUndefined();

    await second(0.125);

    expect(watch.utilization).toBe(0.125);
    expect(done).toEqual([]);
  });

  it.each([
    ['the system refused it once', { outcome: { raised: false, why: 'not permitted' } as const }, ['raise 7']],
    ['it has no number', { id: undefined }, []],
  ])('is not raised again and again when %s', async (_why, given, expected) => {
    const { done, second } = watched(given);

    for (const busy of [0.1, 0.9, 0.1]) await second(busy);

    expect(done).toEqual(expected);
  });

  it('that takes the place of another begins as an ordinary one', async () => {
    const { clock, watch, done, thread, second } = watched();
    await second(0.1);
    watch.ended();
    expect(watch.utilization).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);

    watch.began(thread(8));
    await second(0.1);

    expect(done).toEqual(['raise 7', 'raise 8']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('is not looked at any more when it ended while it was raised', async () => {
    const { clock, watch, second } = watched();
    const seen = second(0.1);
    watch.ended();
    await seen;

    expect(clock.pendingTimers).toBe(0);
  });

  it('is told of by the thread itself: its number, how busy it is, and what the system makes of it', async () => {
    const clock = new FakeClock();
    const { asked, told } = threaded({}, clock, true);
    await expect.poll(() => told.find(({ kind }) => kind === 'began'), SOON).toBeDefined();
    const began = told.find((each) => each.kind === 'began')!;
    const text = () => readFileSync(`/proc/self/task/${began.id}/stat`, 'utf8');
    /** Source: proc_pid_stat(5), fields 40 and 41. */
    const scheduling = () =>
      text()
        .slice(text().lastIndexOf(')') + 2)
        .split(' ')
        .slice(37, 39)
        .map(Number);
    expect(began.id).not.toBe(process.pid);
    expect(scheduling()).toEqual([0, 0]);

    // The first second may be one in which it was loaded; where it may not be raised it stays ordinary.
    await expect
      .poll(() => {
        clock.advance(LOOK_EVERY_MS);
        return asked.utilization?.();
      }, SOON)
      .toBeLessThan(0.25);

    await expect.poll(scheduling, SOON).toEqual((await isAllowed()) ? [REALTIME.services, ROUND_ROBIN] : [0, 0]);
  });
});
