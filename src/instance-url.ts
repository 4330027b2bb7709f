import { networkInterfaces } from 'node:os';

/** Where other instances reach this process when nothing else is said: its own address on the network it listens on. */
export function ownUrl(host: string, port: number): string {
  return `http://${hostFor(host)}:${port}`;
}

function hostFor(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host.includes(':') ? `[${host}]` : host;
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
