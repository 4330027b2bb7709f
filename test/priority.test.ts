import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lowerPriority, raisePriority } from '../src/priority.js';

/** Of the scheduler, as /proc tells them; source: proc_pid_stat(5), fields 40 and 41. */
const ORDINARY = 0;
const ROUND_ROBIN = 2;

/** As many as it takes, whatever runs the tests. */
const CORES = 2;

const children: ChildProcess[] = [];
const directories: string[] = [];
const PATH = process.env.PATH;

afterEach(async () => {
  process.env.PATH = PATH;
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

/** A process that waits, and starts another one that waits when it is told to. */
async function waiting(): Promise<ChildProcess> {
  const code = `
    process.stdin.once('data', () => {
      const { pid } = require('child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
      console.log(pid);
    });
    require('fs').stat('.', () => console.log('ready'));`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

async function schedulingOf(statPath: string): Promise<{ policy: number; priority: number }> {
  const text = await readFile(statPath, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { priority: Number(fields[37]), policy: Number(fields[38]) };
}

async function threadsOf(pid: number) {
  const names = await readdir(`/proc/${pid}/task`);
  return Promise.all(
    names.map(async (name) => ({
      isLoop: name === String(pid),
      ...(await schedulingOf(`/proc/${pid}/task/${name}/stat`)),
    })),
  );
}

/** A directory of commands in which chrt is what is given, or is not. */
async function withChrt(script?: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'oratio-priority-'));
  directories.push(directory);
  if (script) {
    await writeFile(join(directory, 'chrt'), script);
    await chmod(join(directory, 'chrt'), 0o755);
  }
  process.env.PATH = directory;
  return directory;
}

describe('the priority of the process that carries calls', () => {
  it('is that of real time for its loop and for no other thread, or the system says why not', async () => {
    const { pid } = await waiting();
    const outcome = await raisePriority({ id: pid!, cores: CORES });
    const threads = await threadsOf(pid!);
    expect(threads.length).toBeGreaterThan(4);
    const [loop] = threads.filter(({ isLoop }) => isLoop);
    if (outcome.raised) {
      expect(loop).toMatchObject({ policy: ROUND_ROBIN, priority: 2 });
    } else {
      expect(outcome.why).toMatch(/not permitted|no chrt/);
      expect(loop).toMatchObject({ policy: ORDINARY });
    }
    expect(threads.filter(({ isLoop }) => !isLoop).every(({ policy }) => policy === ORDINARY)).toBe(true);
  });

  it('is not handed on to what the process starts', async () => {
    const child = await waiting();
    await raisePriority({ id: child.pid!, cores: CORES });
    child.stdin!.write('start\n');
    const [started] = (await once(child.stdout!, 'data')) as [Buffer];
    const pid = Number(started);
    try {
      expect(await schedulingOf(`/proc/${pid}/stat`)).toEqual({ policy: ORDINARY, priority: 0 });
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it('stays as it was where there is no command for it', async () => {
    const { pid } = await waiting();
    await withChrt();
    expect(await raisePriority({ id: pid!, cores: CORES })).toEqual({
      raised: false,
      why: 'there is no chrt (util-linux) here',
    });
    expect((await threadsOf(pid!)).every(({ policy }) => policy === ORDINARY)).toBe(true);
  });

  it('stays as it was where the system refuses, with its words', async () => {
    await withChrt('#!/bin/sh\necho "chrt: failed to set pid policy: Operation not permitted" >&2\nexit 1\n');
    expect(await raisePriority({ cores: CORES })).toEqual({
      raised: false,
      why: 'chrt: failed to set pid policy: Operation not permitted',
    });
  });

  it('stays as it was on a single core, which its helpers need as well', async () => {
    const { pid } = await waiting();
    expect(await raisePriority({ id: pid!, cores: 1 })).toEqual({ raised: false, why: 'there is a single core' });
    expect((await threadsOf(pid!)).every(({ policy }) => policy === ORDINARY)).toBe(true);
  });
});

describe('a thread that asks services', () => {
  it('comes after calls, and is ordinary again when it is told so', async () => {
    const { pid } = await waiting();
    const schedulingNow = () => schedulingOf(`/proc/${pid}/stat`);

    const outcome = await raisePriority({ id: pid!, level: 'services', cores: CORES });

    if (outcome.raised) expect(await schedulingNow()).toEqual({ policy: ROUND_ROBIN, priority: 1 });
    else expect(outcome.why).toMatch(/not permitted|no chrt/);
    expect(await lowerPriority(pid!)).toBe(true);
    expect(await schedulingNow()).toEqual({ policy: ORDINARY, priority: 0 });
  });

  it('is told at either change that what it starts is ordinary: whoever is not root may not take that back', async () => {
    // The kernel refuses it with EPERM; source: sched(7), "The reset-on-fork flag".
    const directory = await withChrt('#!/bin/sh\necho "$@" >> "$PATH/given"\n');

    await raisePriority({ id: 7, level: 'services', cores: CORES });
    expect(await lowerPriority(7)).toBe(true);

    expect(await readFile(join(directory, 'given'), 'utf8')).toBe(
      '--reset-on-fork --rr --pid 1 7\n--reset-on-fork --other --pid 0 7\n',
    );
  });

  it('that has ended is neither', async () => {
    const child = await waiting();
    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(await lowerPriority(child.pid!)).toBe(false);
    expect(await raisePriority({ id: child.pid!, level: 'services', cores: CORES })).toMatchObject({ raised: false });
  });
});

describe('a process that works last', () => {
  it('does so with every one of its threads, those that it starts later included', async () => {
    const code = `
      import { stat } from 'node:fs/promises';
      import { Worker } from 'node:worker_threads';
      import { workLast } from './src/priority.ts';
      workLast();
      await stat('.');
      new Worker('setInterval(() => undefined, 1e6)', { eval: true }).once('online', () => console.log('ready'));`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout!, 'data');

    const names = await readdir(`/proc/${child.pid}/task`);
    const stats = await Promise.all(names.map((name) => readFile(`/proc/${child.pid}/task/${name}/stat`, 'utf8')));
    // Source: proc_pid_stat(5), field 19.
    const niceness = stats.map((text) => Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[16]));
    expect(niceness.length).toBeGreaterThan(4);
    expect(new Set(niceness)).toEqual(new Set([19]));
  });
});
