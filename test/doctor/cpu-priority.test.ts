import { describe, expect, it } from 'vitest';
import { cpuPriorityCheck } from '../../src/doctor/cpu-priority.js';
import type { Raised } from '../../src/priority.js';
import { findingOf, installation } from './rig.js';

/** What it finds where the system answers so, and which process was tried. */
async function look(outcome: Raised, environment: Record<string, string> = {}) {
  const tried: number[] = [];
  const raise = async (pid: number) => {
    // It is there while it is tried.
    process.kill(pid, 0);
    tried.push(pid);
    return outcome;
  };
  return { finding: await findingOf(cpuPriorityCheck(installation(environment), raise)), tried };
}

describe('the priority of the bridge', () => {
  it('is in order where the system allows it, tried on a process that is gone afterwards', async () => {
    const { finding, tried } = await look({ raised: true });

    expect(finding).toEqual({ state: 'ok', says: 'the bridge may come before other work of this machine' });
    expect(tried).toHaveLength(1);
    expect(tried).not.toContain(process.pid);
    expect(() => process.kill(tried[0]!, 0)).toThrow(/ESRCH/);
  });

  it('is a warning where the system does not, with its words and what allows it', async () => {
    const { finding } = await look({ raised: false, why: 'Operation not permitted' });

    expect(finding).toMatchObject({ state: 'warning', says: expect.stringContaining('Operation not permitted') });
    for (const words of ['rtprio=2', 'LimitRTPRIO=2', 'SYS_NICE', 'Fargate', 'CPU_PRIORITY=normal']) {
      expect(finding.advice).toContain(words);
    }
  });

  it('is off where nobody wants it, and nothing is tried', async () => {
    const { finding, tried } = await look({ raised: true }, { CPU_PRIORITY: 'normal' });

    expect(finding).toEqual({ state: 'ok', says: 'off (CPU_PRIORITY=normal)' });
    expect(tried).toEqual([]);
  });

  it('of this machine is one or the other', async () => {
    const { state } = await findingOf(cpuPriorityCheck(installation()));

    expect(['ok', 'warning']).toContain(state);
  });
});
