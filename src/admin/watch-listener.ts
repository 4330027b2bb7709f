import type { FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.js';

/** How often it is asked whether a listener is there, and still may be. */
const LOOK_INTERVAL_MS = 15_000;

/** How long a closing listener is waited for when the server is closed, in ms. */
const CLOSE_LIMIT_MS = 1000;

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

/**
 * Keeps an eye on open sockets that only send: one whose peer is gone is cut off, one that may not be open any more is closed,
 * and all are when the server is. `leave` is called once, when a socket is about to be closed or is.
 */
export function watchListener(instance: FastifyInstance, clock: Clock) {
  const open = new Set<WebSocket>();
  let cancelTermination = (): void => undefined;

  instance.addHook('preClose', async () => {
    for (const socket of open) socket.close(GOING_AWAY);
    if (open.size === 0) return;
    cancelTermination = clock.after(CLOSE_LIMIT_MS, () => {
      for (const socket of open) socket.terminate();
    });
  });

  return (socket: WebSocket, stillHolds: () => boolean, leave: () => void): void => {
    open.add(socket);
    let isThere = true;
    let cancelLook = (): void => undefined;
    const look = () => {
      cancelLook = clock.after(LOOK_INTERVAL_MS, () => {
        if (!isThere) return socket.terminate();
        if (!stillHolds()) {
          leave();
          return socket.close(POLICY_VIOLATION, 'the token or session does not hold any more');
        }
        isThere = false;
        socket.ping();
        look();
      });
    };
    socket.on('pong', () => {
      isThere = true;
    });
    socket.on('close', () => {
      cancelLook();
      leave();
      open.delete(socket);
      if (open.size === 0) cancelTermination();
    });
    look();
  };
}
