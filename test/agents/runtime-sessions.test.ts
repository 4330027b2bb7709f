import { describe, expect, it, vi } from 'vitest';
import { type Answer, CALL_SID, failureOfPromise, sendJson } from './rig.js';
import { BOTH, INVOCATIONS, runtimesForTests, WITH_TOKEN } from './runtime-rig.js';

const rig = runtimesForTests();

describe.each(BOTH)('a runtime that is reached %s', (_, target) => {
  it('is asked once more while its session is just starting', async () => {
    const { server, clock, runtimes, context } = await rig((_request, response, count) => {
      if (count > 1) return sendJson(response, 200, 'Hi.');
      sendJson(response, 409, { message: 'starting' }, { 'x-amzn-errortype': 'RetryableConflictException' });
      const tick = () => (clock.pendingTimers > 0 ? clock.advance(1000) : setImmediate(tick));
      tick();
    });

    expect(await runtimes.ask(target, {}, context)).toEqual({ text: 'Hi.', notes: [] });
    expect(server.received).toHaveLength(2);
  });

  it('is asked once more as soon as its session is warm', async () => {
    let warmed = () => {};
    const { server, clock, runtimes, context } = await rig(({ body }, response, count) => {
      if (body === ' ') warmed = () => sendJson(response, 200, {});
      else if (count > 2) sendJson(response, 200, 'Hi.');
      else {
        response.once('finish', () => warmed());
        sendJson(response, 409, { message: 'starting' }, { 'x-amzn-errortype': 'RetryableConflictException' });
      }
    });
    const warm = runtimes.warm(target, CALL_SID);
    await vi.waitFor(() => expect(server.received).toHaveLength(1), { interval: 1, timeout: 60_000 });

    expect(await runtimes.ask(target, {}, context)).toEqual({ text: 'Hi.', notes: [] });
    await warm;
    expect(server.received).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is warmed with a request that no agent takes for a question', async () => {
    const { server, clock, lines, runtimes } = await rig((_request, response) =>
      sendJson(response, 424, { message: 'Invalid JSON' }, { 'x-amzn-errortype': 'RuntimeClientError' }),
    );

    await Promise.all([runtimes.warm(target, CALL_SID), runtimes.warm(target, CALL_SID)]);

    expect(server.received.map(({ body }) => body)).toEqual([' ']);
    expect(server.received[0]?.headers['x-amzn-bedrock-agentcore-runtime-session-id']).toBe(CALL_SID);
    expect(clock.pendingTimers).toBe(0);
    expect(lines).toEqual([]);
  });

  it('that cannot be warmed is logged and no more', async () => {
    const { lines, runtimes } = await rig((_request, response) => sendJson(response, 503, {}));

    await runtimes.warm(target, CALL_SID);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('runtime was not warmed');
  });

  it('that hangs is not warmed for ever', async () => {
    const { server, clock, runtimes } = await rig(() => clock.advance(30_000));

    await runtimes.warm(target, CALL_SID);

    await server.dropped;
  });

  it('is told when its session is over, even while it warms up', async () => {
    const { server, lines, runtimes } = await rig((request, response) => {
      if (request.url.includes('/stopruntimesession')) sendJson(response, 200, {});
      else void runtimes.stop(target, CALL_SID).then(stopped);
    });
    let stopped = () => {};
    const isStopped = new Promise<void>((resolve) => {
      stopped = resolve;
    });

    await runtimes.warm(target, CALL_SID);
    await isStopped;

    expect(server.received[1]).toMatchObject({
      url: INVOCATIONS.replace('invocations', 'stopruntimesession'),
      headers: { 'x-amzn-bedrock-agentcore-runtime-session-id': CALL_SID },
    });
    expect(lines.filter((line) => line.includes('not stopped'))).toEqual([]);
  });

  it('that cannot be stopped is logged, unless its session is unknown', async () => {
    const { lines, runtimes } = await rig((_request, response, count) =>
      count === 1
        ? sendJson(response, 404, { message: 'x' }, { 'x-amzn-errortype': 'ResourceNotFoundException' })
        : sendJson(response, 500, {}),
    );

    await runtimes.stop(target, CALL_SID);
    expect(lines).toEqual([]);
    await runtimes.stop(target, CALL_SID);
    expect(lines).toHaveLength(1);
  });

  it('loses its connections when the bridge closes', async () => {
    const { server, runtimes } = await rig(() => runtimes.close());

    await runtimes.warm(target, CALL_SID);

    await server.dropped;
  });
});

describe('a runtime that takes tokens', () => {
  const refusing = (refused: string): Answer => {
    return ({ headers }, response) =>
      headers.authorization === refused
        ? sendJson(response, 401, { message: 'expired' })
        : sendJson(response, 200, 'Hi.');
  };

  it('is asked again with a fresh token when it refuses one', async () => {
    const { server, runtimes, context } = await rig(refusing('Bearer number-1-token'));

    expect(await runtimes.ask(WITH_TOKEN, {}, context)).toEqual({ text: 'Hi.', notes: [] });
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer number-1-token',
      'Bearer number-2-token',
    ]);
  });

  it('is asked twice at most', async () => {
    const { server, runtimes, context } = await rig((_request, response) => sendJson(response, 401, {}));

    expect(await failureOfPromise(runtimes.ask(WITH_TOKEN, {}, context))).toMatchObject({
      message: 'the agent does not let this telephone system in',
      details: { reason: 'credentials', retryable: false },
    });
    expect(server.received).toHaveLength(2);
  });

  it('is not followed elsewhere, where the token would go along', async () => {
    const { server, runtimes, context } = await rig((_request, response) => {
      response.writeHead(307, { location: '/elsewhere' }).end();
    });

    await failureOfPromise(runtimes.ask(WITH_TOKEN, {}, context));

    expect(server.received).toHaveLength(1);
  });

  it('never shows the token in an error or the log', async () => {
    const { lines, runtimes, context } = await rig(({ headers }, response) =>
      sendJson(
        response,
        424,
        { message: `got ${headers.authorization}` },
        { 'x-amzn-errortype': 'RuntimeClientError' },
      ),
    );

    const { message, details } = await failureOfPromise(runtimes.ask(WITH_TOKEN, {}, context));
    await runtimes.stop(WITH_TOKEN, CALL_SID);

    expect(JSON.stringify([message, details, lines])).not.toContain('number-1');
  });
});
