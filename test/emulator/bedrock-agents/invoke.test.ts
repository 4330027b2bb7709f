import type { InvokeAgentCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import { describe, expect, it } from 'vitest';
import { settled, ticks } from '../aws/settling.js';
import { agent, bedrockAgentsForTests, eventsOf, invoke, wordsOf } from './place.js';

const start = bedrockAgentsForTests();

describe('an agent', () => {
  it('answers in chunks, which may split a character, with citations on the last', async () => {
    const bytes = Buffer.from('größe');
    const citations = [{ retrievedReferences: [{ content: { text: 'page' } }] }];
    const { client, emulator } = await start([agent({ chunks: [bytes.subarray(0, 3), bytes.subarray(3)], citations })]);

    const events = await eventsOf(client);

    expect(wordsOf(events)).toBe('größe');
    expect(events.map(({ chunk }) => chunk?.attribution?.citations?.length)).toEqual([undefined, 1]);
    expect(emulator.requests).toMatchObject([{ operation: 'InvokeAgent', status: 200 }]);
  });

  it('tells the session in a header', async () => {
    const { client } = await start([agent({ chunks: ['x'] })]);

    expect(await client.send(invoke({ memoryId: 'mine' }))).toMatchObject({
      sessionId: 'call-1',
      memoryId: 'mine',
      contentType: 'application/json',
    });
  });

  it('sends traces only to whoever wants them, and files', async () => {
    const trace = [{ orchestrationTrace: { rationale: { text: 'thinking' } } }];
    const files = [{ name: 'plan.csv', type: 'text/csv', bytes: 'a,b' }];
    const { client } = await start([agent({ trace, files, chunks: ['x'] })]);

    const without = await eventsOf(client);
    const withTrace = await eventsOf(client, invoke({ enableTrace: true }));

    expect(without.map((event) => Object.keys(event)[0])).toEqual(['chunk', 'files']);
    expect(Buffer.from(without[1]?.files?.files?.[0]?.bytes ?? []).toString()).toBe('a,b');
    expect(withTrace[0]?.trace).toMatchObject({ agentId: 'AGENT12345', sessionId: 'call-1', trace: trace[0] });
  });

  it('lets events come when they are due', async () => {
    const { client, clock } = await start([agent({ chunks: ['a', 'b'], delayMs: 800, gapMs: 200 })]);
    const reading = eventsOf(client);
    await ticks(() => clock.pendingTimers === 1);
    clock.advance(800);
    await ticks(() => clock.pendingTimers === 1);

    clock.advance(199);
    expect(await settled(reading)).toBe(false);
    clock.advance(1);

    expect(wordsOf(await reading)).toBe('ab');
  });

  it('can fail before its first word, and after it', async () => {
    const exception = { type: 'throttlingException', message: 'Slow down.' };
    const { client } = await start([
      agent({ exception }),
      agent({ chunks: ['half'], exception }, { agentAliasId: 'ALIAS00002' }),
    ]);

    await expect(client.send(invoke())).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Slow down.' });
    const { completion } = await client.send(invoke({ agentAliasId: 'ALIAS00002' }));
    const events = completion![Symbol.asyncIterator]();
    expect(wordsOf([(await events.next()).value!])).toBe('half');
    await expect(events.next()).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  it('tells of a failure of its code as one of what it depends on', async () => {
    const broken = agent(() => {
      throw new Error('lambda failed');
    });
    const { client } = await start([broken]);

    await expect(eventsOf(client)).rejects.toMatchObject({
      name: 'DependencyFailedException',
      message: 'lambda failed',
    });
  });

  it('can be cut off between events', async () => {
    const { client, emulator } = await start([agent({ chunks: ['one', 'two'], cutAfter: 1 })]);
    const { completion } = await client.send(invoke());
    const events = completion![Symbol.asyncIterator]();

    expect(wordsOf([(await events.next()).value!])).toBe('one');
    await expect(events.next()).rejects.toThrow('aborted');
    expect(emulator.requests[0]?.error).toBeUndefined();
  });
});

describe('what an agent refuses', () => {
  it.each<[string, Partial<InvokeAgentCommandInput>, string]>([
    ['an unknown agent', { agentId: 'OTHER12345' }, 'ResourceNotFoundException'],
    ['an unknown alias', { agentAliasId: 'OTHER12345' }, 'ResourceNotFoundException'],
    ['a name in place of an alias id', { agentAliasId: 'production-alias' }, 'ValidationException'],
    ['a telephone number as session', { sessionId: '+14155550100' }, 'ValidationException'],
    ['a session of one character', { sessionId: 'a' }, 'ValidationException'],
    ['a session of 101 characters', { sessionId: 'a'.repeat(101) }, 'ValidationException'],
    ['nothing to say', { inputText: undefined }, 'ValidationException'],
    ['an attribute that is no text', { sessionState: { sessionAttributes: { a: 1 as never } } }, 'ValidationException'],
  ])('is %s', async (_title, changes, name) => {
    const { client, emulator } = await start([agent({ chunks: ['x'] })]);

    await expect(client.send(invoke(changes))).rejects.toMatchObject({ name });
    expect(emulator.sessions.every(({ count }) => count === 0)).toBe(true);
  });

  it('is never the id of a Twilio call, which fits as a session', async () => {
    const { client } = await start([agent({ chunks: ['x'] })]);

    expect(wordsOf(await eventsOf(client, invoke({ sessionId: `CA${'0'.repeat(32)}` })))).toBe('x');
  });
});

describe('a session', () => {
  const remembering = agent((text, { count, attributes, promptAttributes }) => ({
    chunks: [JSON.stringify({ text, count, attributes, promptAttributes })],
  }));
  const answerTo = async (client: Parameters<typeof eventsOf>[0], changes: Partial<InvokeAgentCommandInput> = {}) =>
    JSON.parse(wordsOf(await eventsOf(client, invoke(changes))));

  it('keeps its attributes, but those of a prompt only for that prompt', async () => {
    const { client } = await start([remembering]);
    const sessionState = { sessionAttributes: { caller: 'Ada' }, promptSessionAttributes: { hour: '9' } };

    expect(await answerTo(client, { sessionState })).toEqual({
      text: 'hello',
      count: 1,
      attributes: { caller: 'Ada' },
      promptAttributes: { hour: '9' },
    });
    expect(await answerTo(client)).toMatchObject({ count: 2, attributes: { caller: 'Ada' }, promptAttributes: {} });
    expect(await answerTo(client, { sessionId: 'call-2' })).toMatchObject({ count: 1, attributes: {} });
  });

  it('ends by a word of the client, without an answer', async () => {
    const { client, emulator } = await start([remembering]);
    await answerTo(client);

    expect(await eventsOf(client, invoke({ inputText: undefined, endSession: true }))).toEqual([]);

    expect(emulator.sessions).toMatchObject([{ id: 'call-1', count: 2, endedBy: 'client' }]);
    expect(await answerTo(client)).toMatchObject({ count: 1 });
  });

  it('ends when nothing was asked for ten minutes', async () => {
    const { client, clock, emulator } = await start([remembering]);
    await answerTo(client);
    clock.advance(599_999);
    await answerTo(client);
    clock.advance(600_000);

    expect(await answerTo(client)).toMatchObject({ count: 1 });
    expect(emulator.sessions.map(({ endedBy }) => endedBy)).toEqual(['idle', undefined]);
  });
});

describe('returned control', () => {
  const input = { functionInvocationInput: { actionGroup: 'orders', function: 'status', parameters: [] } };
  const asking = agent((_text, { results }) =>
    results
      ? { chunks: [`It is ${JSON.stringify(results[0]?.responseBody)}`] }
      : { returnControl: { invocationInputs: [input] } },
  );
  const result = { actionGroup: 'orders', function: 'status', responseBody: { TEXT: { body: 'sent' } } };
  const results = (invocationId: string | undefined, functionResult: typeof result = result) =>
    invoke({
      inputText: undefined,
      sessionState: { invocationId, returnControlInvocationResults: [{ functionResult }] },
    });

  it('goes back to the agent with the results', async () => {
    const { client } = await start([asking]);

    const [event] = await eventsOf(client);
    const control = event?.returnControl;
    const answer = await eventsOf(client, results(control?.invocationId));

    expect(control).toMatchObject({ invocationInputs: [input] });
    expect(wordsOf(answer)).toBe('It is {"TEXT":{"body":"sent"}}');
  });

  it('works for API actions alike', async () => {
    const api = { apiInvocationInput: { actionGroup: 'orders', apiPath: '/status', httpMethod: 'GET' } };
    const { client } = await start([
      agent((_, session) => (session.results ? { chunks: ['done'] } : { returnControl: { invocationInputs: [api] } })),
    ]);
    const invocationId = (await eventsOf(client))[0]?.returnControl?.invocationId;
    const apiResult = { actionGroup: 'orders', apiPath: '/status', httpMethod: 'GET', httpStatusCode: 200 };
    const sessionState = { invocationId, returnControlInvocationResults: [{ apiResult }] };

    expect(wordsOf(await eventsOf(client, invoke({ inputText: undefined, sessionState })))).toBe('done');
  });

  it.each<[string, (invocationId: string) => ReturnType<typeof invoke>]>([
    ['of another invocation', () => results('made-up')],
    ['of something it did not ask for', (id) => results(id, { ...result, function: 'cancel' })],
    ['of nothing', (invocationId) => invoke({ sessionState: { invocationId, returnControlInvocationResults: [] } })],
  ])('is refused with results %s', async (_title, command) => {
    const { client } = await start([asking]);
    const invocationId = (await eventsOf(client))[0]?.returnControl?.invocationId ?? '';

    await expect(client.send(command(invocationId))).rejects.toMatchObject({ name: 'ValidationException' });
    expect(wordsOf(await eventsOf(client, results(invocationId)))).toMatch(/^It is/);
  });

  it('is over when the caller says something else instead', async () => {
    const { client } = await start([asking]);
    const invocationId = (await eventsOf(client))[0]?.returnControl?.invocationId;
    await eventsOf(client);

    await expect(client.send(results(invocationId))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
