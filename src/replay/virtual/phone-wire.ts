import type { InjectOptions } from 'fastify';
import { type PhoneWire, TwilioFault } from '../../emulator/phone/phone.js';
import { MemorySocket } from './memory-socket.js';

/** The request that opens a media socket; names of headers in lower case. */
export interface Upgrade {
  path: string;
  headers: Record<string, string>;
}

/** The bridge's two doors, without a port. */
export interface BridgeDoors {
  /** Takes a request as if it had come over HTTP. */
  inject(request: InjectOptions): Promise<{ statusCode: number; headers: object; rawPayload: Buffer }>;
  /** The path of the media socket. */
  mediaPath: string;
  media: { admits(upgrade: Upgrade): boolean; serve(socket: MemorySocket, upgrade: Upgrade): void };
}

/** How a phone reaches a bridge in the same process. */
export function memoryWire(doors: BridgeDoors): PhoneWire {
  return {
    request: ({ path, method, headers, body }, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        const request: InjectOptions = { method, url: path, headers, ...(body !== undefined && { payload: body }) };
        doors
          .inject(request)
          .then((answer) =>
            resolve({ status: answer.statusCode, headers: { ...answer.headers }, body: answer.rawPayload }),
          )
          .catch(reject);
      }),

    dial(url, headers) {
      const [near, far] = MemorySocket.pair();
      const { pathname, search } = new URL(url);
      const upgrade: Upgrade = { path: `${pathname}${search}`, headers: inLowerCase(headers) };
      const upgraded = new Promise<void>((resolve, reject) => {
        const refuse = (status: number) => {
          near.terminate();
          reject(new TwilioFault(31920, `the upgrade was answered with ${status}, not 101`));
        };
        queueMicrotask(() => {
          if (near.readyState !== near.CONNECTING) {
            reject(new TwilioFault(31903, 'the media socket closed before the stream started'));
          } else if (pathname !== doors.mediaPath) {
            refuse(404);
          } else if (!doors.media.admits(upgrade)) {
            refuse(403);
          } else {
            near.open();
            doors.media.serve(far, upgrade);
            resolve();
          }
        });
      });
      return { socket: near, upgraded };
    },
  };
}

function inLowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
