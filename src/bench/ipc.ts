import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../errors.js';

/** Requests of the bench to its child processes, and their answers, one after another. */
interface Request {
  id: number;
  name: string;
  given: unknown;
}
type Reply = { id: number } & ({ value: unknown } | { error: string });

/** Answers requests of the parent process. Each handler takes what was given and returns what is answered. */
export function serveParent(handlers: Readonly<Record<string, (given: never) => unknown>>): void {
  process.on('message', async ({ id, name, given }: Request) => {
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`nothing answers "${name}"`);
      process.send?.({ id, value: await handler(given as never) } satisfies Reply);
    } catch (error) {
      process.send?.({ id, error: messageOf(error) } satisfies Reply);
    }
  });
  process.on('disconnect', () => process.exit(0));
}

/** The parent's end: rejects when the handler failed or the child has gone. */
export class Child {
  readonly process: ChildProcess;
  readonly name: string;
  #nextId = 1;

  constructor(name: string, process: ChildProcess) {
    this.name = name;
    this.process = process;
  }

  ask<Answer>(name: string, given: unknown = {}): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => {
        this.process.off('message', take);
        this.process.off('exit', gone);
        action();
      };
      const take = (reply: Reply) => {
        if (reply.id !== id) return;
        settle(() =>
          'error' in reply
            ? reject(new Error(`${this.name}, ${name}: ${reply.error}`))
            : resolve(reply.value as Answer),
        );
      };
      const gone = () => settle(() => reject(new Error(`${this.name} ended while "${name}" was asked`)));
      this.process.on('message', take);
      this.process.on('exit', gone);
      this.process.send({ id, name, given } satisfies Request);
    });
  }

  /** Ends the child in an orderly way and waits for it. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => this.process.once('exit', () => resolve()));
    this.process.disconnect();
    await exited;
  }
}
