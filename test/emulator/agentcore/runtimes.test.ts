import {
  InvokeAgentRuntimeCommand,
  type InvokeAgentRuntimeCommandInput,
  StopRuntimeSessionCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { describe, expect, it } from 'vitest';
import type { RuntimeAnswer } from '../../../src/emulator/agentcore/script.js';
import { wait } from '../../../src/emulator/aws/wait.js';
import { settled, ticks } from '../aws/settling.js';
import { ARN, agentCoreForTests, echo, SESSION } from './place.js';

const place = agentCoreForTests();

function invoke(changes: Partial<InvokeAgentRuntimeCommandInput> = {}) {
  return new InvokeAgentRuntimeCommand({
    agentRuntimeArn: ARN,
    runtimeSessionId: SESSION,
    payload: Buffer.from('{"prompt":"hello"}'),
    ...changes,
  });
}

const stop = (runtimeSessionId = SESSION) => new StopRuntimeSessionCommand({ agentRuntimeArn: ARN, runtimeSessionId });

/** Starts a runtime that answers like this. */
const answering = (answer: RuntimeAnswer) => place.start({ runtimes: [echo({ answer: () => answer })] });

describe('a runtime', () => {
  it('answers with JSON, and tells the session', async () => {
    const { client, emulator } = await place.start({ runtimes: [echo()] });

    const answer = await client.send(invoke());

    expect(answer).toMatchObject({ statusCode: 200, contentType: 'application/json', runtimeSessionId: SESSION });
    expect(JSON.parse(await answer.response!.transformToString())).toEqual({
      payload: { prompt: 'hello' },
      id: SESSION,
      count: 1,
    });
    expect(emulator.requests[0]?.operation).toBe('InvokeAgentRuntime');
  });

  it('answers with server-sent events, each when it is due', async () => {
    const { client, clock } = await answering({ sse: ['one', { two: 2 }], gapMs: 500 });
    const { contentType, response } = await client.send(invoke());
    const pieces = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();

    expect(contentType).toBe('text/event-stream; charset=utf-8');
    expect((await pieces.next()).value?.toString()).toBe('data: "one"\n\n');
    await ticks(() => clock.pendingTimers === 1);
    const second = pieces.next();
    clock.advance(499);
    expect(await settled(second)).toBe(false);
    clock.advance(1);

    expect((await second).value?.toString()).toBe('data: {"two":2}\n\n');
    expect((await pieces.next()).done).toBe(true);
  });

  it('tells of a failure in the middle of a stream with HTTP 200', async () => {
    const { client } = await answering({
      sse: (async function* () {
        yield 'one';
        throw new RangeError('no such order');
      })(),
    });

    const { statusCode, response } = await client.send(invoke());

    expect(statusCode).toBe(200);
    const [, failure] = (await response!.transformToString()).split('\n\n');
    expect(JSON.parse(failure!.slice('data: '.length))).toEqual({
      error: 'no such order',
      error_type: 'RangeError',
      message: 'An error occurred during streaming',
    });
  });

  it('lets raw answers through as they are', async () => {
    const { client } = await answering({
      raw: { status: 200, contentType: 'text/event-stream', body: ': ping\r\ndata: x' },
    });

    const { contentType, response } = await client.send(invoke());

    expect([contentType, await response!.transformToString()]).toEqual(['text/event-stream', ': ping\r\ndata: x']);
  });

  it('answers null when its code returns nothing', async () => {
    const { client } = await answering({});

    expect(await (await client.send(invoke())).response!.transformToString()).toBe('null');
  });

  it('is late by what the script says', async () => {
    const { client, clock } = await answering({ json: 'late', delayMs: 3000 });
    const asking = client.send(invoke());
    await ticks(() => clock.pendingTimers === 1);

    clock.advance(2999);
    expect(await settled(asking)).toBe(false);
    clock.advance(1);

    expect(await (await asking).response!.transformToString()).toBe('"late"');
  });

  it('gives its code the trace, but nothing of the signature', async () => {
    let seen: unknown;
    const script = echo({
      answer: (_, { headers }) => {
        seen = headers;
        return {};
      },
    });
    const { client } = await place.start({ runtimes: [script] });

    const { traceParent } = await client.send(invoke({ traceParent: '00-1-2-01' }));

    expect(traceParent).toBe('00-1-2-01');
    expect(seen).toEqual({ traceparent: '00-1-2-01', 'x-amzn-bedrock-agentcore-runtime-session-id': SESSION });
  });
});

describe('what a runtime refuses', () => {
  it.each<[string, Partial<InvokeAgentRuntimeCommandInput>, string, number]>([
    ['a session id of 32 characters', { runtimeSessionId: 'x'.repeat(32) }, 'ValidationException', 400],
    ['a session id of 257 characters', { runtimeSessionId: 'x'.repeat(257) }, 'ValidationException', 400],
    ['another runtime', { agentRuntimeArn: ARN.replace('orders', 'others') }, 'ResourceNotFoundException', 404],
    ['no ARN', { agentRuntimeArn: 'orders' }, 'ValidationException', 400],
    ['an unknown end point', { qualifier: 'prod' }, 'ResourceNotFoundException', 404],
    ['a payload that is not JSON', { payload: Buffer.from('{') }, 'RuntimeClientError', 424],
  ])('is %s', async (_title, changes, name, httpStatusCode) => {
    const { client, emulator } = await place.start({ runtimes: [echo()] });

    await expect(client.send(invoke(changes))).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    expect(emulator.requests[0]?.status).toBe(httpStatusCode);
  });

  it('takes session ids of 33 and of 256 characters, other end points that it has, and an id with its account', async () => {
    const { client } = await place.start({ runtimes: [echo({ qualifiers: ['DEFAULT', 'prod'] })] });

    await client.send(invoke({ runtimeSessionId: 'x'.repeat(33), qualifier: 'prod' }));
    await client.send(invoke({ runtimeSessionId: 'x'.repeat(256) }));
    await client.send(invoke({ agentRuntimeArn: 'orders-Ab12Cd34Ef', accountId: '123456789012' }));
  });

  it('turns failures of the container into 424, which the SDK does not repeat', async () => {
    const broken = echo({
      answer: () => {
        throw new Error('a bug');
      },
    });
    const { client, emulator } = await place.start({ runtimes: [broken] });
    await expect(client.send(invoke())).rejects.toMatchObject({
      name: 'RuntimeClientError',
      message: 'Received error (500) from runtime. Please check your CloudWatch logs for more information.',
    });

    emulator.deploy(echo({ answer: () => ({ raw: { status: 422, contentType: 'text/plain', body: 'x' } }) }));

    await expect(client.send(invoke())).rejects.toMatchObject({
      name: 'RuntimeClientError',
      message: expect.stringContaining('(422)'),
      $metadata: { httpStatusCode: 424, attempts: 1 },
    });
  });

  it.each([
    [402, 'ServiceQuotaExceededException'],
    [403, 'AccessDeniedException'],
    [409, 'ConflictException'],
    [424, 'RuntimeClientError'],
    [429, 'ThrottlingException'],
    [500, 'InternalServerException'],
  ])('answers %i as %s when the script says so', async (status, name) => {
    const { client } = await answering({ error: { status, message: 'No.' } });

    await expect(client.send(invoke())).rejects.toMatchObject({
      name,
      message: 'No.',
      $metadata: { httpStatusCode: status },
    });
  });

  it('can be made to throttle by the front', async () => {
    const { client, emulator } = await place.start({ runtimes: [echo()] });
    emulator.failNext({ kind: 'http', status: 429, type: 'ThrottlingException' });

    await expect(client.send(invoke())).rejects.toMatchObject({ name: 'ThrottlingException' });
    await client.send(invoke());
    expect(emulator.sessions).toMatchObject([{ count: 1 }]);
  });
});

describe('a session', () => {
  it('waits for its machine once, however many requests come meanwhile', async () => {
    const { client, clock, emulator } = await place.start({ runtimes: [echo({ coldStartMs: 2000 })] });
    const first = client.send(invoke());
    await ticks(() => clock.pendingTimers === 1);
    clock.advance(500);
    const second = client.send(invoke());
    await ticks(() => clock.pendingTimers === 2);

    clock.advance(1499);
    expect(await settled(Promise.race([first, second]))).toBe(false);
    clock.advance(1);
    await Promise.all([first, second]);
    const third = await client.send(invoke());

    expect(JSON.parse(await third.response!.transformToString())).toMatchObject({ count: 3 });
    expect(emulator.sessions).toMatchObject([{ arn: ARN, id: SESSION, count: 3, endedBy: undefined }]);
  });

  it('is another for each id, and for each request without one', async () => {
    const { client, emulator } = await place.start({ runtimes: [echo()] });

    await client.send(invoke());
    await client.send(invoke({ runtimeSessionId: `${SESSION}b` }));
    await client.send(invoke({ runtimeSessionId: undefined }));
    await client.send(invoke({ runtimeSessionId: undefined }));

    expect(new Set(emulator.sessions.map(({ id }) => id)).size).toBe(4);
  });

  it.each([
    ['idle', 900_000, 1],
    ['lifetime', 3_600_000, 8],
  ])('ends by its %s', async (endedBy, stepMs, steps) => {
    const script = endedBy === 'idle' ? echo() : echo({ idleMs: 4_000_000 });
    const { client, clock, emulator } = await place.start({ runtimes: [script] });
    await client.send(invoke());

    for (let step = 0; step < steps; step++) {
      clock.advance(stepMs);
      await client.send(invoke());
    }

    expect(emulator.sessions).toMatchObject([
      { endedBy, count: steps },
      { endedBy: undefined, count: 1 },
    ]);
  });

  it('stops when it is told to, and cannot be stopped twice', async () => {
    const { client, emulator } = await place.start({ runtimes: [echo()] });
    await client.send(invoke());

    const answer = await client.send(stop());

    expect(answer).toMatchObject({ runtimeSessionId: SESSION, statusCode: 200 });
    expect(emulator.sessions).toMatchObject([{ endedBy: 'stopped' }]);
    await expect(client.send(stop())).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(client.send(stop('short'))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('takes what still runs in it along', async () => {
    const { client, clock } = await answering({ json: 'late', delayMs: 60_000 });
    const asking = client.send(invoke());
    const outcome = expect(asking).rejects.toMatchObject({ name: 'RuntimeClientError' });
    await ticks(() => clock.pendingTimers === 1);

    await client.send(stop());

    await outcome;
    expect(clock.pendingTimers).toBe(0);
  });

  it('notices a client that leaves', async () => {
    const { client, clock, emulator } = await place.start({
      runtimes: [
        echo({
          answer: () => ({
            sse: (async function* () {
              yield 1;
              await wait(clock, 60_000, new AbortController().signal);
            })(),
          }),
        }),
      ],
    });
    const leaving = new AbortController();
    const { response } = await client.send(invoke(), { abortSignal: leaving.signal });
    const reading = response!.transformToString().catch(() => 'broken');

    leaving.abort();

    expect(await reading).toBe('broken');
    await ticks(() => emulator.openRequests === 0);
  });
});
