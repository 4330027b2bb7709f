import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../clock.js';
import type { AgentCode, AgentPlan, Finding } from '../artefacts.js';
import type { Gates } from '../ports.js';
import type { Answer, Order } from './checking-process.js';
import { creatorGates } from './gates.js';

/** How long one program may be checked, in ms: with the start of the process it takes a second or two. */
const LIMIT_MS = 60_000;
/** The process ends when nothing was checked for so long, in ms. */
const IDLE_MS = 60_000;

/**
 * The same gates, in a process of their own that gives way: reading a program takes ms that live calls would have to wait for.
 * A process that dies or takes too long is a finding, and the next program gets another process.
 */
export function separateGates({ clock }: { clock: Clock }): Gates & { close(): void } {
  const { checkPrompt } = creatorGates();
  const waiting = new Map<number, { checker: ChildProcess; answer: (findings: Finding[]) => void }>();
  let checker: ChildProcess | undefined;
  let cancelIdle = (): void => undefined;
  let lastNumber = 0;

  const stop = () => {
    cancelIdle();
    const stopped = checker;
    checker = undefined;
    stopped?.kill('SIGKILL');
  };

  const lost = (gone: ChildProcess) => {
    for (const each of [...waiting.values()]) {
      if (each.checker === gone) each.answer([broken('the program could not be checked to its end')]);
    }
  };

  const started = (): ChildProcess => {
    if (checker) return checker;
    const process = startProcess();
    checker = process;
    process.on('message', ({ number, findings }: Answer) => waiting.get(number)?.answer(findings));
    process.once('error', () => undefined);
    process.once('close', () => {
      if (checker === process) checker = undefined;
      lost(process);
    });
    return process;
  };

  const check = (code: AgentCode, plan: AgentPlan | undefined): Promise<Finding[]> => {
    const number = ++lastNumber;
    cancelIdle();
    return new Promise((resolve) => {
      const cancelLimit = clock.after(LIMIT_MS, stop);
      const answer = (findings: Finding[]) => {
        cancelLimit();
        waiting.delete(number);
        resolve(findings);
        if (waiting.size === 0) cancelIdle = clock.after(IDLE_MS, stop);
      };
      const process = started();
      waiting.set(number, { checker: process, answer });
      process.send({ number, code, plan: plan ?? null } satisfies Order, (error) => {
        if (error) waiting.get(number)?.answer([broken(error.message)]);
      });
    });
  };

  return { checkCode: check, checkPrompt, close: stop };
}

function broken(why: string): Finding {
  return { file: 'agent.py', rule: 'gate-broken', line: null, message: `The gates do not accept it: ${why}.` };
}

/**
 * V8 would spend some eight seconds of the processor on making ruff's WebAssembly faster, beside live calls, and its usual four threads that
 * make code faster would take the cores from the very check that they are for.
 */
const MODEST_COMPILERS = ['--liftoff-only', '--v8-pool-size=1'];

/** Beside this file, as it is run: built, or as a source, which needs help. It knows nothing of the bridge's secrets. */
function startProcess(): ChildProcess {
  const extension = extname(import.meta.url);
  return fork(fileURLToPath(new URL(`./checking-process${extension}`, import.meta.url)), {
    execArgv: [...MODEST_COMPILERS, ...(extension === '.ts' ? ['--import', 'tsx'] : [])],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {},
  });
}
