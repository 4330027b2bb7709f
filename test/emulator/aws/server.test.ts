import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { exceptionFrame } from '../../../src/emulator/aws/event-stream.js';
import { AwsProblem, type AwsServer } from '../../../src/emulator/aws/server.js';
import { wait } from '../../../src/emulator/aws/wait.js';
import { awsForTests, chunk, EVENT_STREAM, heard, invoke, type Protocol, retrieve } from './place.js';
import { ticks } from './settling.js';
import { signedHeaders } from './signed.js';

const { start, client } = awsForTests();

describe.each<Protocol>(['HTTP/1.1', 'HTTP/2'])('a stand-in asked over %s', (protocol) => {
  it('takes what the SDK signed, and answers', async () => {
    const server = await start((request) => {
      expect(JSON.parse(request.body.toString())).toEqual({ retrievalQuery: { text: 'größe' } });
      return { status: 200, body: { retrievalResults: [{ content: { text: 'Ja.' } }] } };
    });

    const answer = await client(server, protocol).send(retrieve);

    expect(answer.retrievalResults?.[0]?.content?.text).toBe('Ja.');
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/knowledgebases/KB12345678/retrieve', attempt: 1, status: 200 },
    ]);
    expect(server.requests[0]?.invocationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses other keys', async () => {
    const server = await start(() => ({ status: 200, body: {} }));
    const wrong = { ...server.credentials, secretAccessKey: 'wrong' };

    const asking = client(server, protocol, { credentials: wrong }).send(retrieve);

    await expect(asking).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      $metadata: { httpStatusCode: 403, attempts: 1 },
    });
  });

  it('words a refusal so that the SDK knows its type and members', async () => {
    const server = await start(() => {
      throw new AwsProblem(409, 'ConflictException', 'Busy.', { reason: 'running' });
    });

    const asking = client(server, protocol).send(retrieve);

    await expect(asking).rejects.toMatchObject({
      name: 'ConflictException',
      message: 'Busy.',
      reason: 'running',
      $metadata: { httpStatusCode: 409 },
    });
  });

  it('tells a failure of its own as 500', async () => {
    const server = await start(() => {
      throw new Error('not thought of');
    });

    await expect(client(server, protocol, { maxAttempts: 1 }).send(retrieve)).rejects.toMatchObject({
      name: 'InternalServerException',
      message: 'Error: not thought of',
    });
  });

  it('sends frames one by one, as they are made', async () => {
    const clock = new FakeClock();
    const server = await start(
      ({ signal }) => ({
        status: 200,
        headers: EVENT_STREAM,
        body: (async function* () {
          yield chunk('one ');
          await wait(clock, 1000, signal);
          yield chunk('two');
        })(),
      }),
      { clock },
    );
    const answer = await client(server, protocol).send(invoke);
    const events = answer.completion![Symbol.asyncIterator]();

    const first = await events.next();
    expect(Buffer.from(first.value!.chunk!.bytes!).toString()).toBe('one ');
    await ticks(() => clock.pendingTimers === 1);
    const second = events.next();
    clock.advance(1000);

    expect(Buffer.from((await second).value!.chunk!.bytes!).toString()).toBe('two');
    expect((await events.next()).done).toBe(true);
    await ticks(() => server.openRequests === 0);
  });

  it('breaks a stream off with a typed error', async () => {
    const server = await start(() => ({
      status: 200,
      headers: EVENT_STREAM,
      body: Buffer.concat([chunk('one'), exceptionFrame('throttlingException', 'Slow down.')]),
    }));

    await expect(heard(client(server, protocol))).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'Slow down.',
    });
  });

  it('learns at once that the client went away, and lets the maker of the stream finish', async () => {
    let isFinished = false;
    const server = await start(({ signal }) => ({
      status: 200,
      headers: EVENT_STREAM,
      body: (async function* () {
        try {
          yield chunk('one');
          await new Promise((_, reject) => signal.addEventListener('abort', reject));
        } finally {
          isFinished = true;
        }
      })(),
    }));
    const leaving = new AbortController();
    const answer = await client(server, protocol).send(invoke, { abortSignal: leaving.signal });
    const events = answer.completion![Symbol.asyncIterator]();
    await events.next();
    expect(server.openRequests).toBe(1);

    leaving.abort();

    await ticks(() => isFinished && server.openRequests === 0);
    await events.next().catch(() => undefined);
  });
});

describe('requests by hand', () => {
  const post = async (server: AwsServer, path: string, headers: Record<string, string>, body = '') => {
    const { host, ...rest } = headers;
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: rest, body: Buffer.from(body) });
    return { status: answer.status, type: answer.headers.get('x-amzn-errortype'), body: await answer.text() };
  };

  it('are taken with a good signature', async () => {
    const server = await start(({ query }) => ({ status: 200, body: { seen: query.get('b c') } }));
    const path = '/x%3Ay?b%20c=1&a';
    const headers = signedHeaders(server, 'bedrock', { method: 'POST', path, body: '{}' });

    expect(await post(server, path, headers, '{}')).toEqual({ status: 200, type: null, body: '{"seen":"1"}' });
  });

  it('are refused without one, with an API key, and with another body', async () => {
    const server = await start(() => ({ status: 200, body: {} }));
    const headers = signedHeaders(server, 'bedrock', { method: 'POST', path: '/x', body: '{}' });

    expect((await post(server, '/x', {})).type).toBe('MissingAuthenticationTokenException');
    expect((await post(server, '/x', { authorization: 'Bearer x' })).type).toBe('AccessDeniedException');
    expect((await post(server, '/x', headers, '{"a":1}')).type).toBe('InvalidSignatureException');
    expect(server.requests.map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  it('need no signature where the stand-in admits them', async () => {
    const server = await start(() => ({ status: 200, body: {} }), {
      admits({ headers }) {
        if (headers.authorization === 'Bearer bad') throw new AwsProblem(401, 'UnauthorizedException', 'Bad token.');
        return headers.authorization === 'Bearer good';
      },
    });

    expect((await post(server, '/x', { authorization: 'Bearer good' })).status).toBe(200);
    expect((await post(server, '/x', { authorization: 'Bearer bad' })).status).toBe(401);
    expect((await post(server, '/x', {})).status).toBe(403);
  });

  it('reveal a stream whose maker failed: the connection breaks and the record has the reason', async () => {
    const server = await start(
      () => ({
        status: 200,
        body: (async function* () {
          yield 'begun';
          throw new Error('script fault');
        })(),
      }),
      { admits: () => true },
    );

    await expect(post(server, '/x', {})).rejects.toThrow();
    expect(server.requests[0]).toMatchObject({ status: 200, error: new Error('script fault') });
  });
});

describe('the port', () => {
  it('closes with requests open, and twice', async () => {
    const server = await start(() => new Promise(() => undefined));
    const asked = server.nextRequest();
    const asking = client(server, 'HTTP/1.1').send(retrieve);
    const outcome = expect(asking).rejects.toThrow();
    await asked;

    await server.close();
    await server.close();

    await outcome;
  });
});
