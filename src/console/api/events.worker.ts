import { callEvents } from './event-source.ts';

/**
 * One event stream for all tabs of a browser: each EventSource of its own would hold one of the six connections that a
 * browser opens to a server, and the seventh tab would never load. Each tab that comes opens it anew, so that it hears how
 * things stand.
 */
declare const self: { onconnect: ((event: MessageEvent) => void) | null };

const ports = new Set<MessagePort>();
const events = callEvents((message) => {
  for (const port of ports) port.postMessage(message);
});

self.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  ports.add(port);
  port.onmessage = ({ data }: MessageEvent<'again' | 'leave'>) => {
    if (data === 'again') events.open();
    else ports.delete(port);
    if (ports.size === 0) events.close();
  };
  port.start();
};
