import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../clock.js';
import { BridgeError, type ErrorCode } from '../errors.js';
import type { JobHandler } from '../jobs/runner.js';
import type { VersionName } from './agent-files.js';
import type { LeftVersion } from './removal.js';

/** All that is done with models that write, and with the bucket. */
export type MakingWork =
  /** Carries a job on. */
  | { readonly kind: 'make'; readonly jobId: string }
  /** Points `latest` to a version. */
  | { readonly kind: 'point'; readonly version: VersionName }
  /** Sets `latest` back; answers whether it names another version now. */
  | { readonly kind: 'unpoint'; readonly version: VersionName }
  /** Makes the package that a runtime of an agent's own is deployed from; answers its key. */
  | { readonly kind: 'package'; readonly jobId: string; readonly bucket: string; readonly prefix: string }
  /** Clears away what a job has written; answers what it was. */
  | { readonly kind: 'remove'; readonly left: LeftVersion };

/** What the process is sent: the work, or that somebody does not want it any more. */
export type MakingOrder =
  | { readonly kind: 'run'; readonly number: number; readonly work: MakingWork }
  | { readonly kind: 'abort'; readonly number: number };

/** What came of it. */
export interface MakingAnswer {
  readonly number: number;
  readonly failure: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  } | null;
  readonly result?: unknown;
}

type Outcome = Pick<MakingAnswer, 'failure' | 'result'>;

/** The process ends when nothing was to do for so long, in ms. */
const IDLE_MS = 60_000;
/** How long work may take to end that is not wanted any more, in ms. */
const ABORT_LIMIT_MS = 5000;

export interface SeparateWork extends Pick<JobHandler, 'run'> {
  /** Does it there, and answers what came of it. Rejects as it does there. */
  carryOut(work: MakingWork, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

/**
 * Carries creator jobs on in a process of its own: reading what models write, and what they have written so far, and loading
 * what speaks with S3 take moments that live calls would have to wait for. A process that dies is an attempt that failed; the next one gets another process.
 */
export function separateHandler(options: {
  /** Carries out orders once it is connected. */
  start: () => ChildProcess;
  clock: Clock;
}): SeparateWork {
  const { start, clock } = options;
  const waiting = new Map<number, { child: ChildProcess; settle: (answer: Outcome) => void }>();
  let process: ChildProcess | undefined;
  let cancelIdle = (): void => undefined;
  let lastNumber = 0;

  const stop = () => {
    cancelIdle();
    const stopped = process;
    process = undefined;
    stopped?.kill('SIGKILL');
  };

  const lost = (gone: ChildProcess) => {
    const message = 'The process that makes agents has ended.';
    for (const { child, settle } of [...waiting.values()]) {
      if (child === gone) settle({ failure: { code: 'TOOL_FAILED', message, details: {} } });
    }
  };

  const started = (): ChildProcess => {
    if (process) return process;
    const child = start();
    process = child;
    child.on('message', ({ number, ...outcome }: MakingAnswer) => waiting.get(number)?.settle(outcome));
    child.once('error', () => undefined);
    child.once('close', () => {
      if (process === child) process = undefined;
      lost(child);
    });
    return child;
  };

  const carryOut: SeparateWork['carryOut'] = async (work, signal) => {
    signal.throwIfAborted();
    const number = ++lastNumber;
    cancelIdle();
    const child = started();
    const send = (order: MakingOrder) =>
      child.send(order, (error) => {
        if (error)
          waiting.get(number)?.settle({ failure: { code: 'TOOL_FAILED', message: error.message, details: {} } });
      });
    let cancelLimit = (): void => undefined;
    const abort = () => {
      send({ kind: 'abort', number });
      cancelLimit = clock.after(ABORT_LIMIT_MS, stop);
    };
    const { failure, result } = await new Promise<Outcome>((resolve) => {
      waiting.set(number, { child, settle: resolve });
      signal.addEventListener('abort', abort, { once: true });
      send({ kind: 'run', number, work });
    });
    signal.removeEventListener('abort', abort);
    cancelLimit();
    waiting.delete(number);
    if (waiting.size === 0) cancelIdle = clock.after(IDLE_MS, stop);
    signal.throwIfAborted();
    if (failure) throw new BridgeError(failure.code, failure.message, failure.details);
    return result;
  };

  return {
    carryOut,
    async run({ jobId }, signal) {
      if (typeof jobId === 'string') await carryOut({ kind: 'make', jobId }, signal);
    },
    close: stop,
  };
}
