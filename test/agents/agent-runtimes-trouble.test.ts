import { describe, expect, it } from 'vitest';
import { failureOfPromise, sendJson } from './rig.js';
import { BOTH, runtimesForTests } from './runtime-rig.js';

const rig = runtimesForTests();

describe.each(BOTH)('a runtime that is asked %s', (_, target) => {
  it.each([
    ['in JSON', 'application/json', '{"error":"no such order","error_type":"KeyError"}'],
    ['in a stream', 'text/event-stream', 'data: "Let me see. "\n\ndata: {"error":"no such order"}\n\n'],
  ])('fails with an error that comes with status 200 %s', async (_where, type, body) => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(body);
    });

    expect(await failureOfPromise(runtimes.ask(target, {}, context))).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the agent: no such order',
      details: { reason: 'agent-error', retryable: false },
    });
  });

  it.each([
    [429, 'ThrottlingException', 'Too many requests', 'throttled', 'the agent is busy at the moment'],
    [404, 'ResourceNotFoundException', 'No runtime', 'not-found', 'the agent does not exist'],
    [424, 'RuntimeClientError', 'no such order', 'agent-error', 'the agent: no such order'],
    [500, 'InternalServerException', 'oops', 'unavailable', 'the agent cannot be reached at the moment'],
    [403, 'AccessDeniedException', 'not authorized', 'credentials', 'the agent does not let this telephone system in'],
  ])('fails with status %i %s', async (status, type, message, reason, words) => {
    const { server, runtimes, context } = await rig((_request, response) =>
      sendJson(response, status, { message }, { 'x-amzn-errortype': `${type}:http://internal/` }),
    );

    const error = await failureOfPromise(runtimes.ask(target, {}, context));

    expect(error).toMatchObject({ message: words, details: { reason, status } });
    expect(server.received).toHaveLength(1);
  });

  it.each([200, 502])('fails with a web page of status %i, which the model never sees', async (status) => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html><h1>Sorry</h1></html>');
    });

    const error = await failureOfPromise(runtimes.ask(target, {}, context));

    expect(error).toMatchObject({ details: { reason: status === 200 ? 'bad-answer' : 'unavailable' } });
    expect(error.message).not.toMatch(/[<>]/);
  });

  it.each([
    ['a page without a type', undefined, '<html></html>'],
    ['half of a JSON object', 'application/json', '{"result":"He'],
    ['sound', 'audio/mpeg', 'ID3'],
  ])('fails with %s', async (_what, type, body) => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(body);
    });

    expect(await failureOfPromise(runtimes.ask(target, {}, context))).toMatchObject({
      details: { reason: 'bad-answer', retryable: false },
    });
  });

  it('fails with more than 1 MB of JSON', async () => {
    const { runtimes, context } = await rig((_request, response) =>
      sendJson(response, 200, { result: 'x'.repeat(2_000_000) }),
    );

    expect(await failureOfPromise(runtimes.ask(target, {}, context))).toMatchObject({
      message: 'the agent: its answer is longer than 1 MB',
      details: { reason: 'bad-answer' },
    });
  });

  it('fails when it breaks off before it said anything', async () => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"result":"Hel', () => response.destroy());
    });

    expect(await failureOfPromise(runtimes.ask(target, {}, context))).toMatchObject({
      message: 'the agent broke off before it had answered',
      details: { reason: 'truncated', retryable: true },
    });
  });

  it('is noted to have broken off in the middle', async () => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: "It is "\n\ndata: "ship', () => response.destroy());
    });

    expect(await runtimes.ask(target, {}, context)).toEqual({
      text: 'It is',
      notes: ['The answer broke off; its end is missing.'],
    });
  });

  it('that cannot be reached fails as unavailable', async () => {
    const { server, runtimes, context } = await rig(() => undefined);
    await server.close();

    expect(await failureOfPromise(runtimes.ask(target, {}, context))).toMatchObject({
      details: { reason: 'unavailable', retryable: true, service: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it.each([
    ['before it answers', false],
    ['while it answers', true],
  ])('loses its connection when the caller hangs up %s', async (_when, hasBegun) => {
    const { server, runtimes, context, hangUp } = await rig((_request, response) => {
      if (hasBegun) response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: "It is"\n\n');
      setImmediate(() => hangUp.abort());
    });

    const error = await failureOfPromise(runtimes.ask(target, {}, context));

    expect(error).toMatchObject({ code: 'TOOL_FAILED', details: { reason: 'cancelled', retryable: false } });
    await server.dropped;
  });

  it('is not asked for a caller who is gone', async () => {
    const { server, runtimes, context, hangUp } = await rig(() => undefined);
    hangUp.abort();

    await failureOfPromise(runtimes.ask(target, {}, context));

    expect(server.received).toHaveLength(0);
  });
});
