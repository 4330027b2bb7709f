import {
  type BedrockAgentCoreClient,
  CreateEventCommand,
  type CreateEventCommandInput,
  ListEventsCommand,
  RetrieveMemoryRecordsCommand,
  type RetrieveMemoryRecordsCommandInput,
} from '@aws-sdk/client-bedrock-agentcore';
import { describe, expect, it } from 'vitest';
import { agentCoreForTests } from './place.js';

const place = agentCoreForTests();
const MEMORY = 'Calls-Ab12Cd34Ef';
const AT = new Date('2026-01-01T10:00:00.500Z');

const event = (text: string, changes: Partial<CreateEventCommandInput> = {}) =>
  new CreateEventCommand({
    memoryId: MEMORY,
    actorId: 'caller-1',
    sessionId: 'call-1',
    eventTimestamp: AT,
    payload: [{ conversational: { role: 'USER', content: { text } } }],
    ...changes,
  });

const list = (changes: { maxResults?: number; nextToken?: string; includePayloads?: boolean } = {}) =>
  new ListEventsCommand({ memoryId: MEMORY, actorId: 'caller-1', sessionId: 'call-1', ...changes });

const search = (changes: Partial<RetrieveMemoryRecordsCommandInput> = {}) =>
  new RetrieveMemoryRecordsCommand({
    memoryId: MEMORY,
    namespace: '/actors/caller-1',
    searchCriteria: { searchQuery: 'When should the parcel come?' },
    ...changes,
  });

async function textsOf(client: BedrockAgentCoreClient, command = search()) {
  const { memoryRecordSummaries } = await client.send(command);
  return memoryRecordSummaries?.map(({ content }) => (content as { text?: string }).text);
}

describe('events', () => {
  it('are kept, and listed newest first', async () => {
    const { client, clock, emulator } = await place.start({ memories: [{ memoryId: MEMORY }] });

    const created = await client.send(event('one'));
    clock.advance(10);
    await client.send(event('two'));
    await client.send(event('elsewhere', { sessionId: 'call-2' }));
    const { events } = await client.send(list());

    expect(created.event).toMatchObject({ eventTimestamp: AT, eventId: expect.stringMatching(/^\d+#[0-9a-f]+$/) });
    expect(events?.map(({ payload }) => payload?.[0]?.conversational?.content)).toEqual([
      { text: 'two' },
      { text: 'one' },
    ]);
    expect(emulator.events).toHaveLength(3);
  });

  it('come in pages, and without what was said if so wished', async () => {
    const { client } = await place.start({ memories: [{ memoryId: MEMORY }] });
    for (const text of ['one', 'two', 'three']) await client.send(event(text));

    const first = await client.send(list({ maxResults: 2, includePayloads: false }));
    const second = await client.send(list({ maxResults: 2, nextToken: first.nextToken! }));

    expect([first.events?.length, second.events?.length, second.nextToken]).toEqual([2, 1, undefined]);
    expect(first.events?.[0]?.payload).toEqual([]);
  });

  it('are kept once for one client token', async () => {
    const { client, emulator } = await place.start({ memories: [{ memoryId: MEMORY }] });

    const answers = await Promise.all([1, 2].map(() => client.send(event('one', { clientToken: 'same' }))));

    expect(new Set(answers.map((answer) => answer.event?.eventId)).size).toBe(1);
    expect(emulator.events).toHaveLength(1);
  });

  it.each<[string, Partial<CreateEventCommandInput>, string]>([
    ['a telephone number as actor', { actorId: '+14155550100' }, 'ValidationException'],
    ['a session with a dot', { sessionId: 'a.b' }, 'ValidationException'],
    ['an id that is no memory', { memoryId: 'Calls' }, 'ValidationException'],
    ['an unknown memory', { memoryId: 'Other-Ab12Cd34Ef' }, 'ResourceNotFoundException'],
    [
      'an empty text',
      { payload: [{ conversational: { role: 'USER', content: { text: '' } } }] },
      'ValidationException',
    ],
    [
      'an unknown role',
      { payload: [{ conversational: { role: 'CALLER' as 'USER', content: { text: 'x' } } }] },
      'ValidationException',
    ],
  ])('are refused with %s', async (_title, changes, name) => {
    const { client, emulator } = await place.start({ memories: [{ memoryId: MEMORY }] });

    await expect(client.send(event('one', changes))).rejects.toMatchObject({ name });
    expect(emulator.events).toEqual([]);
  });
});

describe('records', () => {
  const records = [
    { text: 'The caller likes tea.', namespaces: ['/actors/caller-1'] },
    { text: 'The parcel should come on Monday.', namespaces: ['/actors/caller-1/facts'] },
    { text: 'Another caller wants the parcel on Friday.', namespaces: ['/actors/caller-2'] },
  ];

  it('are found within a namespace, the most relevant first', async () => {
    const { client } = await place.start({ memories: [{ memoryId: MEMORY, records }] });

    expect(await textsOf(client)).toEqual(['The parcel should come on Monday.', 'The caller likes tea.']);
    expect(await textsOf(client, search({ searchCriteria: { searchQuery: 'parcel', topK: 1 } }))).toEqual([
      'The parcel should come on Monday.',
    ]);
  });

  it('are made of events only later, but of none that asked to be skipped', async () => {
    const strategies = [{ memoryStrategyId: 'facts-1', namespace: '/actors/{actorId}/{memoryStrategyId}' }];
    const { client, clock } = await place.start({
      memories: [{ memoryId: MEMORY, strategies, extractsAfterMs: 30_000 }],
    });
    await client.send(event('I moved to Berlin.'));
    await client.send(event('Hm.', { extractionMode: 'SKIP' }));

    clock.advance(29_999);
    expect(await textsOf(client)).toEqual([]);
    clock.advance(1);

    expect(await textsOf(client)).toEqual(['I moved to Berlin.']);
    expect(await textsOf(client, search({ namespace: '/actors/caller-1/facts-1' }))).toHaveLength(1);
    expect(await textsOf(client, search({ namespace: '/actors/caller-2' }))).toEqual([]);
  });

  it.each<[string, Partial<RetrieveMemoryRecordsCommandInput>]>([
    ['without a namespace', { namespace: undefined }],
    ['with an empty question', { searchCriteria: { searchQuery: '' } }],
    ['for more than 100', { searchCriteria: { searchQuery: 'x', topK: 101 } }],
  ])('are refused %s', async (_title, changes) => {
    const { client } = await place.start({ memories: [{ memoryId: MEMORY, records }] });

    await expect(client.send(search(changes))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
