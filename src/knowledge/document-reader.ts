import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Chunk } from './chunks.js';
import type { ReadingAnswer, ReadingOrder } from './reading-process.js';

/** Longest that a document may take to be read, in ms; a few seconds for a megabyte when calls leave it a core. */
const READING_LIMIT_MS = 300_000;
const MAX_HEAP_MB = 512;

export interface DocumentReader {
  /**
   * A document as chunks, without calls noticing: in a process of its own, below theirs in priority, one at a time.
   * What cannot be read, takes too long or too much memory is REQUEST_INVALID; an abort rejects with its reason.
   */
  read(document: ReadingOrder, signal: AbortSignal): Promise<readonly Chunk[]>;
}

export function documentReader({
  clock,
  limitMs = READING_LIMIT_MS,
}: {
  clock: Clock;
  limitMs?: number;
}): DocumentReader {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async read(document, signal) {
      const before = last;
      const reading = before.then(() => {
        signal.throwIfAborted();
        return readAlone(document, signal, clock, limitMs);
      });
      last = reading.catch(() => undefined);
      return reading;
    },
  };
}

async function readAlone(
  document: ReadingOrder,
  signal: AbortSignal,
  clock: Clock,
  limitMs: number,
): Promise<readonly Chunk[]> {
  const child = start();
  let isLate = false;
  const cancelLimit = clock.after(limitMs, () => {
    isLate = true;
    child.kill('SIGKILL');
  });
  const abort = () => child.kill('SIGKILL');
  signal.addEventListener('abort', abort, { once: true });
  try {
    const answer = await answerOf(child, document);
    signal.throwIfAborted();
    if (answer && 'chunks' in answer) return answer.chunks;
    const tooLong = isLate ? `It takes more than ${limitMs} ms to be read.` : 'It takes too much memory to be read.';
    throw new BridgeError('REQUEST_INVALID', answer?.problem ?? tooLong, { field: 'content' });
  } finally {
    cancelLimit();
    signal.removeEventListener('abort', abort);
    child.kill('SIGKILL');
  }
}

/** Documents are strangers' work: what reads them knows nothing of the bridge's secrets. */
function start(): ChildProcess {
  const isCompiled = import.meta.url.endsWith('.js');
  const file = fileURLToPath(new URL(`./reading-process.${isCompiled ? 'js' : 'ts'}`, import.meta.url));
  return fork(file, {
    env: {},
    execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`, ...(isCompiled ? [] : ['--import', 'tsx'])],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** Undefined when the process ended without one. */
function answerOf(child: ChildProcess, order: ReadingOrder): Promise<ReadingAnswer | undefined> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as ReadingAnswer));
    child.once('exit', () => resolve(undefined));
    child.once('error', reject);
    if (child.pid === undefined) return;
    setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    child.send(order);
  });
}
