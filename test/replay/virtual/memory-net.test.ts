import { createServer, get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryNet } from '../../../src/replay/virtual/memory-net.js';

const net = new MemoryNet();

afterEach(() => net.close());

/** A server that says what it was asked. */
const echo = () =>
  net.reach(
    createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      if (request.url === '/hang') return;
      if (request.url === '/nothing') return void response.writeHead(204).end();
      response.writeHead(200, { 'content-type': 'text/plain', 'x-method': request.method });
      response.write(`${request.url} `);
      response.end(body);
    }),
  );

describe('a network in memory', () => {
  it('gives every server a name of its own, and carries requests to it', async () => {
    const [first, second] = [echo(), echo()];
    const response = await net.fetch(`${first}/path`, { method: 'POST', body: 'words' });

    expect(first).not.toBe(second);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-method')).toBe('POST');
    expect(await response.text()).toBe('/path words');
  });

  it('serves clients of Node by its agent', async () => {
    const status = await new Promise((resolve, reject) => {
      get(`${echo()}/`, { agent: net.agent }, (incoming) => {
        incoming.resume();
        incoming.on('end', () => resolve(incoming.statusCode));
      }).on('error', reject);
    });

    expect(status).toBe(200);
  });

  it('knows answers without a body', async () => {
    const response = await net.fetch(`${echo()}/nothing`);

    expect(response.status).toBe(204);
    expect(response.body).toBeNull();
  });

  it('ends a request when its signal aborts, with the reason of that', async () => {
    const limit = new AbortController();
    const asking = net.fetch(`${echo()}/hang`, { signal: limit.signal });
    limit.abort(new Error('enough'));

    await expect(asking).rejects.toThrow('enough');
  });

  it('knows nobody else', async () => {
    await expect(net.fetch('http://elsewhere.test/')).rejects.toMatchObject({
      message: 'fetch failed',
      cause: { code: 'ENOTFOUND' },
    });
  });
});
