import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { awsForTests, chunk, EVENT_STREAM, heard, invoke, type Protocol, retrieve } from './place.js';
import { settled, ticks } from './settling.js';

const { start, client } = awsForTests();

describe.each<Protocol>(['HTTP/1.1', 'HTTP/2'])('a stand-in that fails on demand over %s', (protocol) => {
  it('repeats a fault so often, and shows the attempts of one call as one', async () => {
    const server = await start(() => ({ status: 200, body: { retrievalResults: [] } }));
    server.failNext({ kind: 'http', status: 503, type: 'ServiceUnavailableException' }, 2);

    await client(server, protocol, { maxAttempts: 3 }).send(retrieve);

    expect(server.requests.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 503],
      [2, 503],
      [3, 200],
    ]);
    expect(new Set(server.requests.map(({ invocationId }) => invocationId)).size).toBe(1);
  });

  it('fails only what matches', async () => {
    const server = await start(() => ({ status: 200, body: { retrievalResults: [] } }));
    const fault = { kind: 'http', status: 400, type: 'ValidationException' } as const;
    server.failNext(fault, 1, ({ path }) => path.startsWith('/agents/'));

    await client(server, protocol).send(retrieve);

    await expect(client(server, protocol).send(invoke)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('can say nothing at all', async () => {
    const server = await start(() => ({ status: 200, body: {} }));
    server.failNext({ kind: 'hang' });
    const leaving = new AbortController();
    const asked = server.nextRequest();
    const asking = client(server, protocol).send(retrieve, { abortSignal: leaving.signal });
    await asked;
    expect(await settled(asking)).toBe(false);

    leaving.abort();

    await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
    await ticks(() => server.openRequests === 0);
  });

  it('can close its half of the connection in place of an answer', async () => {
    const server = await start(() => ({ status: 200, body: {} }));
    server.failNext({ kind: 'fin' });

    await expect(client(server, protocol, { maxAttempts: 1 }).send(retrieve)).rejects.toThrow();

    await ticks(() => server.openRequests === 0);
    expect(server.requests).toHaveLength(1);
  });

  it('can be late', async () => {
    const clock = new FakeClock();
    const server = await start(() => ({ status: 200, body: { retrievalResults: [] } }), { clock });
    server.failNext({ kind: 'slow', ms: 700 });
    const asking = client(server, protocol).send(retrieve);
    await ticks(() => clock.pendingTimers === 1);

    clock.advance(699);
    expect(await settled(asking)).toBe(false);
    clock.advance(1);

    expect((await asking).$metadata.httpStatusCode).toBe(200);
  });

  it('can answer as a proxy does that knows nothing of AWS', async () => {
    const server = await start(() => ({ status: 200, body: {} }));
    server.failNext({ kind: 'html', status: 502 });

    await expect(client(server, protocol, { maxAttempts: 1 }).send(retrieve)).rejects.toMatchObject({
      $metadata: { httpStatusCode: 502 },
    });
  });

  it('can reset the connection', async () => {
    const server = await start(() => ({ status: 200, body: {} }));
    server.failNext({ kind: 'reset' });

    await expect(client(server, protocol, { maxAttempts: 1 }).send(retrieve)).rejects.toThrow();
    expect(server.requests[0]?.status).toBeUndefined();
  });
});

describe('an answer that is cut off', () => {
  const streaming = () =>
    start(() => ({
      status: 200,
      headers: EVENT_STREAM,
      body: (async function* () {
        yield chunk('one');
        yield chunk('two');
      })(),
    }));

  it('fails a client of HTTP/1.1', async () => {
    const server = await streaming();
    server.failNext({ kind: 'cut', afterBytes: chunk('one').length });

    await expect(heard(client(server, 'HTTP/1.1'))).rejects.toThrow('aborted');
  });

  it('looks complete to a client of HTTP/2, which is why no one should use that here', async () => {
    const server = await streaming();
    server.failNext({ kind: 'cut', afterBytes: chunk('one').length });

    expect(await heard(client(server, 'HTTP/2'))).toEqual(['one']);
  });

  it('may end within a frame, or within JSON', async () => {
    const server = await start(() => ({ status: 200, body: { retrievalResults: [] } }));
    server.failNext({ kind: 'cut', afterBytes: 5 });

    await expect(client(server, 'HTTP/1.1').send(retrieve)).rejects.toThrow('aborted');
  });
});
