import { describe, expect, it } from 'vitest';
import { actorName, agentMemory } from '../../src/agents/memory.js';
import {
  type Answer,
  CALL_SID,
  closedAfterTests,
  failureOfPromise,
  placeOf,
  sendJson,
  startPlainServer,
} from './rig.js';

const open = closedAfterTests();

const MEMORY_ID = 'orders-AbCdEf0123';
const CALLER = '+14155550100';
const { signal } = new AbortController();
const OPTIONS = { query: 'who is calling', maxResults: 3, signal };
const record = (text: string, ...namespaces: string[]) => ({ memoryRecordId: 'r', content: { text }, namespaces });

async function rig(answer: Answer) {
  const server = await startPlainServer(answer);
  const memory = agentMemory({ place: placeOf(server.url) });
  open.push(server, memory);
  return { server, memory };
}

describe('the memory of a caller', () => {
  it('is recalled below the namespace of that caller', async () => {
    const { server, memory } = await rig((_request, response) =>
      sendJson(response, 200, { memoryRecordSummaries: [record('likes tea', '/facts/14155550100')] }),
    );

    const records = await memory.recall({ memoryId: MEMORY_ID, namespace: '/facts/{actorId}' }, CALLER, OPTIONS);

    expect(records).toEqual(['likes tea']);
    expect(server.received[0]?.url).toBe(`/memories/${MEMORY_ID}/retrieve`);
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      namespace: '/facts/14155550100',
      searchCriteria: { searchQuery: 'who is calling', topK: 3 },
      maxResults: 3,
    });
  });

  it('is never that of another whose number begins alike', async () => {
    const records = [
      record('is another', '/facts/141555501009'),
      record('likes tea', '/facts/14155550100'),
      record('likes milk', '/facts/14155550100/preferences'),
    ];
    const { memory } = await rig((_request, response) => sendJson(response, 200, { memoryRecordSummaries: records }));

    expect(await memory.recall({ memoryId: MEMORY_ID, namespace: '/facts/{actorId}' }, CALLER, OPTIONS)).toEqual([
      'likes tea',
      'likes milk',
    ]);
  });

  it('is looked for under the actor when no namespace is set', async () => {
    const { server, memory } = await rig((_request, response) =>
      sendJson(response, 200, { memoryRecordSummaries: [] }),
    );

    expect(await memory.recall({ memoryId: MEMORY_ID }, CALLER, OPTIONS)).toEqual([]);
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({ namespace: '/actors/14155550100/' });
  });

  it('is not looked for without a caller or a question', async () => {
    const { server, memory } = await rig(() => undefined);

    expect(await memory.recall({ memoryId: MEMORY_ID }, '+', OPTIONS)).toEqual([]);
    expect(await memory.recall({ memoryId: MEMORY_ID }, CALLER, { ...OPTIONS, query: ' ' })).toEqual([]);
    expect(server.received).toHaveLength(0);
  });

  it.each([
    ['caller', 'USER'],
    ['agent', 'ASSISTANT'],
  ] as const)('takes in what the %s says', async (role, wireRole) => {
    const { server, memory } = await rig((_request, response) => sendJson(response, 201, { event: {} }));
    const event = { actorId: CALLER, sessionId: CALL_SID, role, text: ' Hello. ', atMs: 1_795_000_000_500, signal };

    await memory.remember({ memoryId: MEMORY_ID }, event);

    expect(server.received[0]?.url).toBe(`/memories/${MEMORY_ID}/events`);
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({
      actorId: '14155550100',
      sessionId: CALL_SID,
      eventTimestamp: 1_795_000_000.5,
      payload: [{ conversational: { content: { text: 'Hello.' }, role: wireRole } }],
    });
  });

  it('takes in no silence', async () => {
    const { server, memory } = await rig(() => undefined);
    const event = { actorId: CALLER, sessionId: CALL_SID, role: 'caller' as const, text: ' ', atMs: 0, signal };

    await memory.remember({ memoryId: MEMORY_ID }, event);

    expect(server.received).toHaveLength(0);
  });

  it('is written again when the service is busy, as one event: nobody waits for it', async () => {
    const { server, memory } = await rig((_request, response, count) =>
      count === 1
        ? sendJson(response, 429, { message: 'slow down' }, { 'x-amzn-errortype': 'ThrottledException' })
        : sendJson(response, 201, { event: {} }),
    );
    const event = { actorId: CALLER, sessionId: CALL_SID, role: 'caller', text: 'hello', atMs: 0, signal } as const;

    await memory.remember({ memoryId: MEMORY_ID }, event);

    const tokens = server.received.map(({ body }) => JSON.parse(body).clientToken);
    expect(tokens).toEqual([expect.any(String), tokens[0]]);
  });

  it('fails with a reason', async () => {
    const { memory } = await rig((_request, response) =>
      sendJson(response, 404, { message: 'none' }, { 'x-amzn-errortype': 'ResourceNotFoundException' }),
    );

    expect(await failureOfPromise(memory.recall({ memoryId: MEMORY_ID }, CALLER, OPTIONS))).toMatchObject({
      message: 'the memory of the agent does not exist',
      details: { reason: 'not-found', retryable: false },
    });
  });

  it('is given up at the end of a call', async () => {
    const hangUp = new AbortController();
    const { server, memory } = await rig(() => hangUp.abort());

    await failureOfPromise(memory.recall({ memoryId: MEMORY_ID }, CALLER, { ...OPTIONS, signal: hangUp.signal }));

    await server.dropped;
  });
});

describe('the name of an actor', () => {
  it.each([
    ['+14155550100', '14155550100'],
    ['sip:bob@example.com', 'sip-bob-example-com'],
    ['anonymous', 'anonymous'],
    ['+', ''],
    ['x'.repeat(300), 'x'.repeat(255)],
  ])('of %s is %s', (actorId, name) => {
    expect(actorName(actorId)).toBe(name);
  });
});
