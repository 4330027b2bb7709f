import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { askInstance } from '../../src/twilio/ask-instance.js';

const FORM = new URLSearchParams({ CallSid: 'CA1', To: '+14155550199' });

async function instance(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/twilio/after`;
}

it('gives the other instance the same form, and its answer back', async () => {
  const clock = new FakeClock();
  const url = await instance(async (request, response) => {
    const body = await text(request);
    response.setHeader('content-type', 'text/xml');
    response.end(`${request.method} ${request.url} ${request.headers['x-of']} ${body}`);
  });

  const answer = await askInstance(url, FORM, { 'x-of': 'ours' }, clock);

  const words = 'POST /twilio/after ours CallSid=CA1&To=%2B14155550199';
  expect(answer).toEqual({ status: 200, type: 'text/xml', words });
  expect(clock.pendingTimers).toBe(0);
});

it.each([500, 503, 302])('takes %i for no answer', async (status) => {
  const url = await instance((_request, response) => response.writeHead(status, { location: '/' }).end());

  await expect(askInstance(url, FORM, {}, new FakeClock())).rejects.toThrow(`it answered ${status}`);
});

it('waits two seconds for one that lives and is silent', async () => {
  const clock = new FakeClock();
  let asked = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const url = await instance(() => asked());
  const answer = askInstance(url, FORM, {}, clock);
  await arrived;

  clock.advance(1999);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(1);

  await expect(answer).rejects.toThrow('no answer in 2000 ms');
});

it('gives up early on one with which no connection comes about', async () => {
  const clock = new FakeClock();
  // Before the event loop has come to it no connection is there.
  const answer = askInstance('http://127.0.0.1:9/twilio/after', FORM, {}, clock);
  clock.advance(400);

  await expect(answer).rejects.toThrow('no connection in 400 ms');
});

it('knows at once that a connection is refused', async () => {
  await expect(askInstance('http://127.0.0.1:9/twilio/after', FORM, {}, new FakeClock())).rejects.toThrow(
    'ECONNREFUSED',
  );
});
