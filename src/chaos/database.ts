import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { run } from '../bench/database.js';
import { createLog } from '../log.js';
import { type EmbeddedServer, startEmbedded } from '../store/embedded/server.js';
import { temporaryDataDir } from '../store/embedded/temp-folder.js';

/** A database server at an address that stays, also while nobody is there. */
export interface ChaosDatabase {
  readonly url: string;
  /** Stops the server: connections break, and new ones are refused. */
  away(): Promise<void>;
  back(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'chaos';

/** The server that the bridge brings, behind a relay: its own socket is at another place after every start. */
export async function startChaosDatabase(): Promise<ChaosDatabase> {
  const log = createLog('silent');
  const data = await temporaryDataDir();
  let server: EmbeddedServer | undefined = await startEmbedded({ dataDir: data.path, log });
  await run(server.url, `CREATE DATABASE ${NAME}`);
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    if (!server) {
      client.destroy();
      return;
    }
    const upstream = connect(socketOf(server.url));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const url = new URL(server.url);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String((relay.address() as AddressInfo).port);
  url.pathname = `/${NAME}`;
  const away = async () => {
    const former = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    await former?.stop();
  };
  return {
    url: url.href,
    away,
    async back() {
      server ??= await startEmbedded({ dataDir: data.path, log });
    },
    async stop() {
      relay.close();
      await away();
      await data.remove();
    },
  };
}

function socketOf(url: string): string {
  const { searchParams, port } = new URL(url);
  return join(searchParams.get('host') ?? '', `.s.PGSQL.${port || '5432'}`);
}
