import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Clock, realClock } from '../../../clock.js';
import { messageOf } from '../../../errors.js';
import type { FromMachine, MachineData, Order, Part, ToMachine } from './protocol.js';
import { type AwsCalls, answerCall } from './services.js';

export interface PythonMachineOptions {
  /** What boto3 reaches: `bedrock-runtime.converse`, `s3.get_object`… Anything else is a NotImplementedError there. */
  calls?: AwsCalls;
  /** Times the limits; default: real time, since Python takes it. */
  clock?: Clock;
  /** A request that takes longer is interrupted, and its session lost; default 30,000. */
  limitMs?: number;
  /** One that does not let itself be interrupted takes the whole machine along after this; default 2000. */
  graceMs?: number;
  /** What programs print, and why they failed, line by line: the logs of the service. */
  print?: (line: string) => void;
}

/** What comes of a request, piece by piece. */
export interface Piece {
  readonly part: Exclude<Part, 'interrupted'>;
  readonly json: string;
}

/** A thread with Python, for all runtimes of a stand-in. */
export interface PythonMachine {
  /** Settles once Python is up, which takes a second or so, the very first time some more; requests wait for it as well. */
  ready(): Promise<void>;
  /**
   * Has a request answered when those before it are done. Rejects in the middle when it is interrupted, the machine is lost,
   * or closed; leaving the iteration interrupts the program.
   */
  run(order: Order): AsyncIterable<Piece>;
  close(): Promise<void>;
}

const HERE = new URL('.', import.meta.url);
const INTERRUPT = 2;

/** Starts nothing yet: the thread comes with the first request or `ready`, and again after one was lost. */
export function pythonMachine(options: PythonMachineOptions = {}): PythonMachine {
  const { clock = realClock(), limitMs = 30_000, graceMs = 2000 } = options;
  let thread: Thread | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const up = async (): Promise<Thread> => {
    if (isClosed) throw new Error('the machine is closed');
    if (!thread || thread.isLost) thread = new Thread(options.calls ?? {}, options.print ?? (() => undefined));
    await thread.up;
    return thread;
  };

  async function* run(order: Order): AsyncGenerator<Piece> {
    const before = last;
    let finish: () => void = () => undefined;
    last = new Promise<void>((resolve) => {
      finish = resolve;
    });
    try {
      await before;
      const machine = await up();
      const request = machine.ask(order);
      let cancelGrace: () => void = () => undefined;
      const stop = () => {
        machine.interrupt();
        cancelGrace = clock.after(graceMs, () => void machine.lose('the program did not let itself be interrupted'));
      };
      const cancelLimit = clock.after(limitMs, stop);
      try {
        yield* request.pieces();
      } finally {
        cancelLimit();
        if (!request.isDone) {
          cancelGrace();
          stop();
          await request.done;
        }
        cancelGrace();
      }
    } finally {
      finish();
    }
  }

  return {
    ready: async () => {
      await up();
    },
    run,
    async close() {
      isClosed = true;
      await thread?.lose('the machine is closed');
    },
  };
}

/** One life of the thread. */
class Thread {
  readonly up: Promise<void>;
  isLost = false;
  readonly #worker: Worker;
  readonly #answers: MessagePort;
  readonly #ready = new SharedArrayBuffer(4);
  readonly #interrupt = new SharedArrayBuffer(1);
  readonly #failUp: (error: Error) => void;
  #request: Request | undefined;
  #calling = new AbortController();
  #count = 0;

  constructor(calls: AwsCalls, print: (line: string) => void) {
    const { port1, port2 } = new MessageChannel();
    this.#answers = port1;
    const pyodide = dirname(createRequire(import.meta.url).resolve('pyodide'));
    const workerData: MachineData = {
      indexUrl: `${pyodide}/`,
      snapshots: join(pyodide, '../.cache/oratio'),
      stubs: stubs(),
      host: readFileSync(new URL('host.py', HERE), 'utf8'),
      ready: this.#ready,
      interrupt: this.#interrupt,
      answers: port2,
    };
    // Nothing of this process's own: programs are to see what they were given.
    this.#worker = new Worker(new URL('thread.mjs', HERE), {
      workerData,
      transferList: [port2],
      env: {},
      execArgv: [],
    });
    let succeed: () => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    this.up = new Promise((resolve, reject) => {
      succeed = resolve;
      fail = reject;
    });
    this.up.catch(() => undefined);
    this.#failUp = fail;
    this.#worker.on('error', (error) => void this.lose(messageOf(error)));
    this.#worker.on('message', (message: FromMachine) => {
      if (message.kind === 'up') succeed();
      if (message.kind === 'print') print(message.line);
      if (message.kind === 'answer') this.#request?.add(message);
      if (message.kind === 'done') this.#request?.end();
      if (message.kind === 'call') void this.#answer(calls, message);
    });
  }

  ask(order: Order): Request {
    Atomics.store(new Uint8Array(this.#interrupt), 0, 0);
    this.#calling = new AbortController();
    this.#request = new Request();
    this.#worker.postMessage({ id: ++this.#count, order: JSON.stringify(order) } satisfies ToMachine);
    return this.#request;
  }

  /** Python raises KeyboardInterrupt where it is; a service that it waits for is not waited for any more. */
  interrupt(): void {
    Atomics.store(new Uint8Array(this.#interrupt), 0, INTERRUPT);
    this.#calling.abort(new Error('the request was interrupted'));
  }

  async lose(why: string): Promise<void> {
    if (this.isLost) return;
    this.isLost = true;
    const error = new Error(why);
    this.#calling.abort(error);
    this.#failUp(error);
    this.#request?.end(error);
    this.#answers.close();
    await this.#worker.terminate();
  }

  async #answer(calls: AwsCalls, call: Extract<FromMachine, { kind: 'call' }>): Promise<void> {
    const answer = await answerCall(calls, call, this.#calling.signal);
    if (this.isLost) return;
    this.#answers.postMessage(answer);
    const ready = new Int32Array(this.#ready);
    Atomics.store(ready, 0, 1);
    Atomics.notify(ready, 0);
  }
}

/** Pieces as they come, until the end or a failure. */
class Request {
  readonly done: Promise<void>;
  isDone = false;
  readonly #pieces: Piece[] = [];
  #error: Error | undefined;
  #wake: () => void = () => undefined;
  #settle: () => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  add({ part, json }: { part: Part; json: string }): void {
    if (part === 'interrupted') this.#error = new Error('the program was interrupted');
    else this.#pieces.push({ part, json });
    this.#wake();
  }

  end(error?: Error): void {
    this.#error ??= error;
    this.isDone = true;
    this.#settle();
    this.#wake();
  }

  async *pieces(): AsyncGenerator<Piece> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece) yield piece;
      else if (this.isDone && this.#error) throw this.#error;
      else if (this.isDone) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function stubs(): Record<string, string> {
  const folder = new URL('stubs/', HERE);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py'));
  return Object.fromEntries(
    names.map((name) => [name.replaceAll('\\', '/'), readFileSync(new URL(name, folder), 'utf8')]),
  );
}
