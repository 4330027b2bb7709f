import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Lets a server be reached in place of a port on loopback: answers its address, without a slash at the end. */
export type Reach = (server: Server) => string;

/** Lets a server be reached as `reach` does, or on a port of 127.0.0.1 (0: any free one). */
export async function letReach(
  server: Server,
  { reach, port = 0 }: { reach?: Reach | undefined; port?: number | undefined },
): Promise<string> {
  if (reach) return reach(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
