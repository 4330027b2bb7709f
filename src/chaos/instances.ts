import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { productionFlags } from '../bench/production-flags.js';
import type { DiskTrouble } from './bad-disk.js';
import type { Asked, Gauge, Told } from './gauge.js';
import type { Stall } from './lateness.js';

/** A bridge that takes calls: a process of its own, or a part of this one. */
export interface Instance {
  readonly name: string;
  readonly url: string;
  /** Whether it would take a call: what a load balancer asks. */
  isReady(): Promise<boolean>;
  /** Asks it to stop in order; resolves when it has. */
  stop(): Promise<void>;
  /** Ends it as a lost machine does. */
  kill(): Promise<void>;
  /** What it holds; undefined when that cannot be told, or it is gone. */
  gauge(): Promise<Gauge | undefined>;
  /** From now on its disk fails like this; undefined: no more. */
  disk(trouble: DiskTrouble | undefined): void;
  /** Stops it where it is, as a machine does that is frozen; what is answered lets it go on. */
  freeze(): () => void;
}

/** Starts an instance; again and again with other names, or with the name and the port that one had. */
export type StartInstance = (name: string, port?: number) => Promise<Instance>;

const READY_LIMIT_MS = 1000;

/** A port that was free a moment ago, so that an instance can say where it is before it listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The bridge as it runs in production, in a process of its own with that entry. `note` gets its log, `starved` when it stood still. */
export function processStarter(
  entry: string,
  environmentOf: (name: string) => Readonly<Record<string, string>>,
  { note, starved }: { note: (name: string, line: string) => void; starved: (stall: Stall) => void },
): StartInstance {
  return async (name, given) => {
    const port = given ?? (await freePort());
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, [...productionFlags(), '--expose-gc', entry], {
      env: { PATH: process.env.PATH, PORT: String(port), INSTANCE_URL: url, ...environmentOf(name) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const exited = once(child, 'exit');
    child.on('message', (told: Told) => told.starved && starved(told.starved));
    await listening(child, exited, (line) => note(name, line));
    const isAlive = () => child.exitCode === null && child.signalCode === null;
    const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
      if (isAlive()) child.kill(signal);
      await exited;
    };
    return {
      name,
      url,
      isReady: () => isReadyAt(url),
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
      async gauge() {
        if (!isAlive()) return undefined;
        const told = new Promise<Gauge>((resolve) => {
          const take = ({ gauge }: Told) => {
            if (!gauge) return;
            child.off('message', take);
            resolve(gauge);
          };
          child.on('message', take);
        });
        child.send({ ask: 'gauge' } satisfies Asked);
        return Promise.race([told, exited.then(() => undefined)]);
      },
      disk(trouble) {
        if (isAlive()) child.send({ disk: trouble ?? null } satisfies Asked);
      },
      freeze() {
        child.kill('SIGSTOP');
        return () => void child.kill('SIGCONT');
      },
    };
  };
}

async function listening(child: ChildProcess, exited: Promise<unknown>, note: (line: string) => void): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const take = (bytes: Buffer) => {
      output += bytes;
      const lines = output.split('\n');
      output = lines.pop() ?? '';
      for (const line of lines) {
        note(line);
        if (line.includes('"msg":"listening"')) resolve();
      }
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    void exited.then(() => reject(new Error(`a bridge did not start: ${output}`)));
  });
}

/** Asks as a load balancer does. */
export async function isReadyAt(url: string): Promise<boolean> {
  try {
    const { ok } = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(READY_LIMIT_MS) });
    return ok;
  } catch {
    return false;
  }
}
