import { describe, expect, it } from 'vitest';
import { eventFrame } from '../../src/emulator/aws/event-stream.js';
import { AGENT, bedrockAgentsForTests } from './bedrock-rig.js';
import { CALL_SID, failureOfPromise } from './rig.js';

const { rig, plainRig } = bedrockAgentsForTests();

describe('a Bedrock agent', () => {
  it.each([
    ['throttlingException', 'throttled', 'the agent is busy at the moment'],
    ['dependencyFailedException', 'agent-error', 'the agent: the lambda failed'],
    ['accessDeniedException', 'credentials', 'the agent does not let this telephone system in'],
    ['modelNotReadyException', 'throttled', 'the agent is busy at the moment'],
  ])('fails with a %s, first or in the middle', async (type, reason, message) => {
    for (const chunks of [[], ['It is ']]) {
      const { agents, context } = await rig({ chunks, exception: { type, message: 'the lambda failed' } });

      expect(await failureOfPromise(agents.ask(AGENT, 'where?', context))).toMatchObject({
        code: 'TOOL_FAILED',
        message,
        details: { reason },
      });
    }
  });

  it('that does not exist is not found', async () => {
    const { agents, service, context } = await rig({ chunks: ['x'] });

    const error = await failureOfPromise(agents.ask({ ...AGENT, agentId: 'NOBODY0001' }, 'where?', context));

    expect(error).toMatchObject({ message: 'the agent does not exist', details: { reason: 'not-found', status: 404 } });
    expect(service.requests).toHaveLength(1);
  });

  it('that breaks off before its first event fails', async () => {
    const { agents, context } = await plainRig((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).flushHeaders();
      setImmediate(() => response.destroy());
    });

    expect(await failureOfPromise(agents.ask(AGENT, 'where?', context))).toMatchObject({
      message: 'the agent broke off before it had answered',
      details: { reason: 'truncated', retryable: true },
    });
  });

  it('that breaks off after an event is noted to have done so', async () => {
    const { agents, context } = await rig({ chunks: ['It is ', 'shipped.'], cutAfter: 1 });

    expect(await agents.ask(AGENT, 'where?', context)).toEqual({
      text: 'It is',
      notes: ['The answer broke off; its end is missing.'],
    });
  });

  it('that breaks off within an event is noticed', async () => {
    const frame = eventFrame('chunk', { bytes: Buffer.from('It is').toString('base64') });
    const { agents, context } = await plainRig((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.end(Buffer.concat([frame, frame.subarray(0, 20)]));
    });

    expect(await agents.ask(AGENT, 'where?', context)).toEqual({
      text: 'It is',
      notes: ['The answer broke off; its end is missing.'],
    });
  });

  it('is read for 1 MB, its connection closed then, and what can be spoken is kept', async () => {
    const frame = eventFrame('chunk', { bytes: Buffer.from('x'.repeat(10_000)).toString('base64') });
    const { server, agents, context } = await plainRig((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      const write = () => {
        while (!response.destroyed && response.write(frame));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });

    const answer = await agents.ask(AGENT, 'tell me all', context);

    expect(answer.text).toBe('x'.repeat(16_384));
    expect(answer.notes).toEqual(['The answer is longer than 1 MB; its end was left out.']);
    await server.dropped;
  });

  it.each([
    ['JSON', 200, 'application/json', '{}', 'bad-answer'],
    ['a web page', 200, 'text/html', '<html><body>Sorry</body></html>', 'truncated'],
    ["a proxy's page", 502, 'text/html', '<html><body>Sorry</body></html>', 'unavailable'],
  ])('that answers with %s fails', async (_what, status, type, body, reason) => {
    const { agents, context } = await plainRig((_request, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });

    const error = await failureOfPromise(agents.ask(AGENT, 'where?', context));

    expect(error).toMatchObject({ code: 'TOOL_FAILED', details: { reason } });
    expect(error.message).not.toMatch(/[<>]/);
  });

  it.each([
    ['before it answers', false],
    ['while it answers', true],
  ])('loses its connection when the caller hangs up %s', async (_when, hasBegun) => {
    const { server, agents, context, hangUp } = await plainRig((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      if (hasBegun) response.write(eventFrame('chunk', { bytes: Buffer.from('It is').toString('base64') }));
      setImmediate(() => hangUp.abort());
    });

    expect(await failureOfPromise(agents.ask(AGENT, 'where?', context))).toMatchObject({
      details: { reason: 'cancelled', retryable: false },
    });
    await server.dropped;
  });

  it('is traced when that is wanted, without what was said', async () => {
    const { agents, lines, context } = await rig({
      trace: [{ preProcessingTrace: {} }, { failureTrace: { failureReason: 'no such order' } }],
    });

    expect(await failureOfPromise(agents.ask({ ...AGENT, trace: true }, 'where?', context))).toMatchObject({
      message: 'the agent: no such order',
      details: { reason: 'agent-error' },
    });
    expect(lines.join()).toContain('"traceKinds":["preProcessingTrace","failureTrace"]');
    expect(lines.join()).not.toContain('where?');
  });

  it('that cannot be told is logged and no more', async () => {
    const { agents, service, lines } = await rig({ chunks: ['x'] });
    service.failNext({ kind: 'http', status: 500, type: 'InternalServerException' });

    await agents.end(AGENT, CALL_SID);

    expect(lines).toHaveLength(1);
  });

  it('that hangs at the end is left after five seconds', async () => {
    const { server, agents, clock } = await plainRig(() => clock.advance(5000));

    await agents.end(AGENT, CALL_SID);

    await server.dropped;
  });
});
