import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../log.js';

const ORDER_NAME = /^([A-Za-z0-9_-]{1,64})\.removed$/;

/** Orders to remove recordings. Each is a file until it is carried out, so that neither a crash nor a restart forgets one. */
export class RemovalOrders {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #pending = new Set<string>();

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Whose order a file is; undefined when it is none. */
  static callOf(fileName: string): string | undefined {
    return ORDER_NAME.exec(fileName)?.[1];
  }

  isPending(callSid: string): boolean {
    return this.#pending.has(callSid);
  }

  /** Resolves when a crash does not forget it any more. */
  async place(callSid: string): Promise<void> {
    this.#pending.add(callSid);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await writeFile(this.#pathOf(callSid), '', { mode: 0o600, flush: true });
    } catch (error) {
      // A full disk is no reason to keep a recording.
      const fields = { callSid, err: error, code: 'RECORDING_FAILED' };
      this.#log.error(fields, 'an order to remove a recording is lost should this process end before it is done');
    }
  }

  async fulfilled(callSid: string): Promise<void> {
    await rm(this.#pathOf(callSid), { force: true });
    this.#pending.delete(callSid);
  }

  #pathOf(callSid: string): string {
    return join(this.#directory, `${callSid}.removed`);
  }
}
