import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A line to a database that can be cut, and is the same one when it is mended. */
export interface DatabaseLine {
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Between the bridge and the database at `databaseUrl`: the server itself would come back under another address. */
export async function databaseLine(databaseUrl: string): Promise<DatabaseLine> {
  const target = new URL(databaseUrl);
  const socketFolder = target.searchParams.get('host');
  const there = socketFolder
    ? { path: `${socketFolder}/.s.PGSQL.${target.port || 5432}` }
    : { host: target.hostname, port: Number(target.port || 5432) };
  const ends = new Set<Socket>();
  const join = (near: Socket) => {
    const far = connect(there);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
    }
  };
  let server: Server | undefined;
  const listen = async (port: number) => {
    server = createServer(join).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const url = new URL(databaseUrl);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    async cut() {
      server?.close();
      for (const end of ends) end.destroy();
    },
    async mend() {
      await listen(port);
    },
  };
}
