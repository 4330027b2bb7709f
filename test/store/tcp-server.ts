import { randomBytes } from 'node:crypto';
import { freePort } from '../free-port.js';
import { onServer } from './on-server.js';
import { ended, launchTcpServer, makeTcpCluster } from './tcp-cluster.js';

/** A server as operators run it: over TCP, for a user with a password who owns a database and is no superuser. */
export interface TcpServer {
  /** What an operator would set as DATABASE_URL. */
  readonly url: string;
  readonly pid: number;
  /** Stops the server in order; its data stays. */
  halt(): Promise<void>;
  /** Starts it again at the same address. */
  resume(): Promise<void>;
  /** Stops it for good and removes everything. */
  stop(): Promise<void>;
}

export interface TcpServerOptions {
  maxConnections?: number;
  /** Starts it again when it ends by itself, as an operator's system would. */
  isSupervised?: boolean;
}

/** With characters that mean something in a URL: operators have such passwords. */
const newPassword = () => `p@ss/w:rd?#%${randomBytes(9).toString('base64')}`;

export async function startTcpServer(options: TcpServerOptions = {}): Promise<TcpServer> {
  const { maxConnections = 100, isSupervised = false } = options;
  const secrets = { operator: newPassword(), bridge: newPassword() };
  const cluster = await makeTcpCluster(secrets.operator);
  const port = await freePort();
  const launch = () => launchTcpServer(cluster, { port, maxConnections });
  const urlFor = (user: keyof typeof secrets, database: string) =>
    `postgres://${user}:${encodeURIComponent(secrets[user])}@127.0.0.1:${port}/${database}`;

  let child = await launch().catch(async (error: unknown) => {
    await cluster.remove();
    throw error;
  });
  let isHalted = false;
  const watch = async (): Promise<void> => {
    await ended(child);
    while (isSupervised && !isHalted) {
      child = await launch();
      if (isHalted) child.kill('SIGINT');
      await ended(child);
    }
  };
  let watching = watch();

  const server: TcpServer = {
    url: urlFor('bridge', 'oratio'),
    get pid() {
      return child.pid!;
    },
    async halt() {
      isHalted = true;
      child.kill('SIGINT');
      await watching;
    },
    async resume() {
      child = await launch();
      isHalted = false;
      watching = watch();
    },
    async stop() {
      await server.halt();
      await cluster.remove();
    },
  };
  try {
    const url = urlFor('operator', 'postgres');
    await onServer(url, `CREATE ROLE bridge LOGIN CREATEDB CREATEROLE PASSWORD '${secrets.bridge}'`);
    await onServer(url, 'CREATE DATABASE oratio OWNER bridge');
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
