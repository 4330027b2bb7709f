import { describe, expect, it } from 'vitest';
import { CALL_SID, sendJson } from './rig.js';
import { BOTH, INVOCATIONS, runtimesForTests, SIGNED } from './runtime-rig.js';

const rig = runtimesForTests();

describe.each(BOTH)('a runtime that is asked %s', (_, target) => {
  it('gets the payload, the session and the trace, and answers', async () => {
    const { server, runtimes, context } = await rig((_request, response) => sendJson(response, 200, { result: 'Hi.' }));
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

    const answer = await runtimes.ask(target, { prompt: 'hello' }, { ...context, trace });

    expect(answer).toEqual({ text: 'Hi.', notes: [] });
    expect(server.received).toHaveLength(1);
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      url: INVOCATIONS,
      body: '{"prompt":"hello"}',
      headers: {
        'content-type': 'application/json',
        'x-amzn-bedrock-agentcore-runtime-session-id': CALL_SID,
        authorization: expect.stringMatching(
          target.auth.kind === 'sigv4' ? /^AWS4-HMAC-SHA256 / : /^Bearer number-1-token$/,
        ),
        ...trace,
      },
    });
  });

  it('uses one connection for all requests of a session', async () => {
    const { server, runtimes, context } = await rig((_request, response) => sendJson(response, 200, 'Hi.'));

    for (let count = 0; count < 3; count++) await runtimes.ask(target, {}, context);

    expect(server.connectionCount).toBe(1);
  });

  it('may stream its answer, cut within characters', async () => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      const bytes = Buffer.from('data: "Größe "\n\ndata: "42 €"\n\n');
      for (const byte of bytes) response.write(Uint8Array.of(byte));
      response.end();
    });

    expect(await runtimes.ask(target, {}, context)).toEqual({ text: 'Größe 42 €', notes: [] });
  });

  it('may answer with plain text', async () => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('Shipped.\n');
    });

    expect(await runtimes.ask(target, {}, context)).toEqual({ text: 'Shipped.', notes: [] });
  });

  it('is noted to have said nothing', async () => {
    const { runtimes, context } = await rig((_request, response) => sendJson(response, 200, { result: '' }));

    expect(await runtimes.ask(target, {}, context)).toEqual({ text: '', notes: ['The agent gave no words.'] });
  });

  it('is noted to have said what is no UTF-8', async () => {
    const { runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(Buffer.from('{"result":"Gr\u00f6\u00dfe"}', 'latin1'));
    });

    expect(await runtimes.ask(target, {}, context)).toEqual({
      text: 'Gr\uFFFD\uFFFDe',
      notes: ['Some characters of the answer could not be read.'],
    });
  });

  it('is read for 1 MB, its connection closed then, and what can be spoken is kept', async () => {
    const { server, runtimes, context } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = () => {
        while (!response.destroyed && response.write(`data: "${'x'.repeat(1000)}"\n\n`));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });

    const answer = await runtimes.ask(target, {}, context);

    expect(answer.text).toBe('x'.repeat(16_384));
    expect(answer.notes).toEqual(['The answer is longer than 1 MB; its end was left out.']);
    await server.dropped;
  });
});

describe('an agent that answers with data', () => {
  it('is passed on as JSON, and logged once without its content', async () => {
    const { lines, runtimes, context } = await rig((_request, response) =>
      sendJson(response, 200, { order: { id: 7, state: 'shipped' } }),
    );

    const { text } = await runtimes.ask(SIGNED, {}, context);
    await runtimes.ask(SIGNED, {}, context);

    expect(text).toBe('{"order":{"id":7,"state":"shipped"}}');
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('shipped');
  });
});
