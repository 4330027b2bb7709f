import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Order, Refusal } from './worker.js';

/** How long one archive may take, in ms: a call of an hour takes a few seconds. */
const LIMIT_MS = 60_000;
/** So many may wait for the one that is made. */
const MOST_WAITING = 5;

export interface FixtureArchivesOptions {
  /** Where the black boxes of a call are; undefined when it can have none. */
  folderOf: (callSid: string) => Promise<string | undefined>;
  clock: Clock;
}

/** Makes fixtures of recorded calls as ZIP archives. */
export interface FixtureArchives {
  /**
   * Throws `NOT_FOUND` when there is no black box of it, `NO_CAPACITY` when too many wait or it takes too long, and what is
   * wrong with the box.
   */
  zipOf(callSid: string, options: Pick<Order, 'stream' | 'redact'>): Promise<Uint8Array>;
  /** Gives up what is under way. */
  close(): Promise<void>;
}

/** One after the other, each in a process of its own that gives way: live calls must not wait for it. */
export function fixtureArchives({ folderOf, clock }: FixtureArchivesOptions): FixtureArchives {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let running: ChildProcess | undefined;
  let isClosed = false;

  const makeNow = async (order: Order): Promise<Uint8Array> => {
    if (isClosed) throw busy();
    const worker = startWorker();
    running = worker;
    const cancelLimit = clock.after(LIMIT_MS, () => worker.kill('SIGKILL'));
    try {
      return await answerOf(worker, order);
    } finally {
      cancelLimit();
      running = undefined;
    }
  };

  return {
    async zipOf(callSid, options) {
      const folder = await folderOf(callSid);
      if (folder === undefined) throw new BridgeError('NOT_FOUND', `There is no black box of the call ${callSid}.`);
      if (waiting > MOST_WAITING) throw busy();
      waiting++;
      const made = last.then(() => makeNow({ callSid, folder, ...options })).finally(() => waiting--);
      last = made.catch(() => undefined);
      return made;
    },
    async close() {
      isClosed = true;
      running?.kill('SIGKILL');
      await last;
    },
  };
}

/** Resolves or rejects when the process is gone. */
function answerOf(worker: ChildProcess, order: Order): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let refusal: Refusal | undefined;
  worker.stdout?.on('data', (part: Buffer) => parts.push(part));
  worker.once('message', (message) => {
    refusal = message as Refusal;
  });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('close', (exitCode) => {
      if (refusal) reject(new BridgeError(refusal.code, refusal.message));
      else if (exitCode === 0) resolve(Buffer.concat(parts));
      else reject(busy());
    });
    worker.send(order);
  });
}

/** Beside this file, as it is run: built, or as a source, which needs help. It knows nothing of the bridge's secrets. */
function startWorker(): ChildProcess {
  const extension = extname(import.meta.url);
  return fork(fileURLToPath(new URL(`./worker${extension}`, import.meta.url)), {
    execArgv: extension === '.ts' ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {},
  });
}

function busy(): BridgeError {
  return new BridgeError('NO_CAPACITY', 'Too many fixtures are asked for at once, or this one takes too long.');
}
