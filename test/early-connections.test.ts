import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { HttpRequest } from '@smithy/core/protocols';
import { expect, it, onTestFinished } from 'vitest';
import { EarlyHandler } from '../src/early-connections.js';
import { selfSigned } from './doctor/certificate.js';

const answer: RequestListener = (_request, response) => response.end('here');

/** A server on loopback that counts its connections. */
async function listening(server: Server) {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { sockets, port: (server.address() as AddressInfo).port };
}

function handlerWith(tls: { ca?: string } = {}) {
  const handler = new EarlyHandler({ connectionTimeout: 2000 }, { keepAlive: true, maxSockets: 10, ...tls });
  onTestFinished(() => handler.destroy());
  const ask = async (url: URL) => {
    const { protocol, hostname, port } = url;
    const request = new HttpRequest({ method: 'GET', protocol, hostname, port: Number(port), path: '/' });
    const { response } = await handler.handle(request);
    return text(response.body);
  };
  return { handler, ask };
}

it.each(['http', 'https'])(
  'a connection over %s that was opened early carries all requests that follow',
  async (scheme) => {
    const nowMs = Date.now();
    const certificate = selfSigned({
      name: 'localhost',
      address: '127.0.0.1',
      fromMs: nowMs - 3_600_000,
      untilMs: nowMs + 3_600_000,
    });
    const server = scheme === 'http' ? createServer(answer) : createSecureServer(certificate, answer);
    const { sockets, port } = await listening(server);
    const { handler, ask } = handlerWith(scheme === 'http' ? {} : { ca: certificate.cert });
    const url = new URL(`${scheme}://127.0.0.1:${port}`);

    await Promise.all([handler.open(url), handler.open(url)]);
    await handler.open(url);
    await expect.poll(() => sockets.length, { timeout: 20_000 }).toBe(1);
    expect([await ask(url), await ask(url)]).toEqual(['here', 'here']);
    await handler.open(url);

    expect(sockets).toHaveLength(1);
  },
);

it('a connection that the other side has closed meanwhile is not used', async () => {
  const { sockets, port } = await listening(createServer(answer));
  const { handler, ask } = handlerWith();
  const url = new URL(`http://127.0.0.1:${port}`);
  await handler.open(url);
  await expect.poll(() => sockets.length, { timeout: 20_000 }).toBe(1);
  const gone = once(sockets[0]!, 'close');
  sockets[0]!.end();
  await gone;

  await handler.open(url);

  expect(await ask(url)).toBe('here');
  expect(sockets).toHaveLength(2);
});

it('a connection that cannot be opened is said to be so, and asked for again by the request', async () => {
  const { handler, ask } = handlerWith();
  const server = createServer(answer);
  const { port } = await listening(server);
  const url = new URL(`http://127.0.0.1:${port}`);
  server.close();
  await once(server, 'close');

  await expect(handler.open(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect(await ask(url)).toBe('here');
});

it('a connection that is still being opened holds no request up, and is let go at the end', async () => {
  const silent = await listening(createTcpServer());
  const { handler } = handlerWith();
  const opened = handler.open(new URL(`https://127.0.0.1:${silent.port}`));
  await expect.poll(() => silent.sockets.length, { timeout: 20_000 }).toBe(1);
  const gone = once(silent.sockets[0]!, 'close');
  silent.sockets[0]!.resume();

  handler.destroy();

  await expect(opened).rejects.toThrow('closed before it was open');
  await gone;
});
