import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Raised, raisePriority } from '../priority.js';
import type { Check } from './check.js';
import type { Installation } from './installation.js';

/** Says that it runs, and ends with whoever started it. */
const WAITING = "process.stdout.write('.'); process.stdin.resume();";

/**
 * Whether the bridge would come before other work of this machine. It is tried on a process that does nothing, which has
 * the rights of this one: those of the bridge where the doctor runs as the bridge does. Never a failure.
 */
export function cpuPriorityCheck(
  { config }: Installation,
  raise: (pid: number) => Promise<Raised> = (id) => raisePriority({ id }),
): Check {
  return {
    name: 'cpu priority',
    async run() {
      if (!config.isRealtime) return { state: 'ok', says: 'off (CPU_PRIORITY=normal)' };
      const outcome = await tryOnOther(raise);
      if (outcome.raised) return { state: 'ok', says: 'the bridge may come before other work of this machine' };
      return {
        state: 'warning',
        says: `the bridge shares the processor as equals with other work of this machine: ${outcome.why}`,
        advice: [
          'Calls come late while other work holds the core. What allows it, for a bridge in',
          '  Docker, ECS on EC2  ulimits: rtprio=2 (docker run --ulimit rtprio=2)',
          '  systemd             LimitRTPRIO=2',
          '  Kubernetes          the capability SYS_NICE, with a root user',
          'Fargate does not allow it. CPU_PRIORITY=normal: do without, and without this line.',
        ].join('\n'),
      };
    },
  };
}

async function tryOnOther(raise: (pid: number) => Promise<Raised>): Promise<Raised> {
  const child = spawn(process.execPath, ['-e', WAITING], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  try {
    await Promise.race([once(child.stdout, 'data'), ended]);
    if (child.pid === undefined) return { raised: false, why: 'no process can be started here' };
    return await raise(child.pid);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
