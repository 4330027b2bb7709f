import { execFile } from 'node:child_process';

/** What became of it; `why` is what the system said. */
export type Raised = { readonly raised: true } | { readonly raised: false; readonly why: string };

/** The loop that carries the calls goes before its helpers, which collect garbage and wait for disks. */
const LOOP = '2';
const HELPERS = '1';
const LIMIT_MS = 5000;

/**
 * Puts a process, by default this one, before all ordinary work of the machine: a caller's frame that comes while a
 * database or a build holds the core is then carried at once instead of when the scheduler gets round to it. Telephone
 * servers do the same (FreeSWITCH `-rp`, Asterisk `-p`). What the process starts later is ordinary again.
 *
 * It needs CAP_SYS_NICE or RLIMIT_RTPRIO >= 2 (sched(7)) and `chrt` of util-linux; without them all stays as it was.
 * Never rejects.
 */
export async function raisePriority(pid: number = process.pid): Promise<Raised> {
  const why =
    (await change('--all-tasks', '--reset-on-fork', '--rr', '--pid', HELPERS, String(pid))) ??
    (await change('--reset-on-fork', '--rr', '--pid', LOOP, String(pid)));
  if (why === undefined) return { raised: true };
  await change('--all-tasks', '--other', '--pid', '0', String(pid));
  return { raised: false, why };
}

/** Answers why it did not succeed. */
function change(...given: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('chrt', given, { timeout: LIMIT_MS }, (error, _stdout, stderr) => {
      if (!error) resolve(undefined);
      else if (error.code === 'ENOENT') resolve('there is no chrt (util-linux) here');
      else resolve(stderr.trim() || error.message);
    });
  });
}
