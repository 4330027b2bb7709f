import { describe, expect, it } from 'vitest';
import { agentMemory } from '../../src/agents/memory.js';
import { FakeClock } from '../../src/clock.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { createLog } from '../../src/log.js';
import { callerMemory, RECALL_LIMIT_MS } from '../../src/tools/caller-memory.js';
import { virtualReception } from '../call/virtual-reception.js';
import {
  type Answer,
  CALL_SID,
  closedAfterTests,
  failureOfPromise,
  neverEnding,
  placeOf,
  sendJson,
  startPlainServer,
} from './rig.js';

const open = closedAfterTests();

const MEMORY = { memoryId: 'Calls-Ab12Cd34Ef', namespace: '/actors/{actorId}' };
/** As the reception of these tests has it. */
const CALLER = '+14155550100';
const FOLDER = '/actors/14155550100';
const { signal } = new AbortController();
const OPTIONS = { query: 'tea', maxResults: 20, signal };
const TOO_LONG = {
  code: 'TOOL_FAILED',
  message: 'the memory of the agent answered in a way that cannot be read',
  details: {
    reason: 'bad-answer',
    retryable: false,
    service: expect.stringContaining('more than 2097152 bytes') as string,
  },
};
/** The longest record there can be, in a script whose letters take three bytes each. */
const LONGEST = `tea ${'茶'.repeat(15_996)}`;

async function remembering(...texts: string[]) {
  const core = await startAgentCore({
    memories: [
      {
        memoryId: MEMORY.memoryId,
        records: texts.map((text) => ({ text, namespaces: [FOLDER] })),
        strategies: [],
      },
    ],
    clock: new FakeClock(),
  });
  const memory = agentMemory({ place: placeOf(core.url) });
  open.push(core, memory);
  return { core, memory };
}

async function plain(answer: Answer) {
  const server = await startPlainServer(answer);
  const memory = agentMemory({ place: placeOf(server.url) });
  open.push(server, memory);
  return { server, memory };
}

type Asked = Pick<ReturnType<typeof agentMemory>, 'recall' | 'remember' | 'forget'>;

/** A call that rings, for an agent with such a memory. */
async function rings(memory: Asked) {
  const asked: Promise<unknown>[] = [];
  const desk = virtualReception({ recall: (caller) => callers.recall(desk.agents.get('a')!, caller) });
  const callers = callerMemory({
    memory: {
      ...memory,
      recall(...question) {
        const answer = memory.recall(...question);
        asked.push(answer);
        return answer;
      },
    },
    findAgent: () => undefined,
    secretsKey: 'k'.repeat(32),
    clock: desk.clock,
    log: createLog('silent'),
  });
  desk.agent('a', 1, { memory: MEMORY });
  desk.number();
  await desk.reception.answer(desk.arriving('CA1'));
  return { ...desk, asked };
}

describe('a memory that answers with more than can be read', () => {
  it('fails in words', async () => {
    const { memory } = await remembering(`tea ${'x'.repeat(2 * 1024 * 1024)}`);

    expect(await failureOfPromise(memory.recall(MEMORY, CALLER, OPTIONS))).toMatchObject(TOO_LONG);
  });

  it('and never ends is not read on, and its connection closed', async () => {
    const { server, memory } = await plain(neverEnding);

    expect(await failureOfPromise(memory.recall(MEMORY, CALLER, OPTIONS))).toMatchObject(TOO_LONG);
    await server.dropped;
  });

  it('leaves a call to begin without what is remembered, at once', async () => {
    const { memory } = await remembering(`tea ${'x'.repeat(2 * 1024 * 1024)}`);
    const { clock, profiles, asked } = await rings(memory);
    // The carrier has its answer; no time passes.
    clock.advance(0);

    await expect.poll(() => profiles.length, { timeout: 20_000 }).toBe(1);

    expect(await failureOfPromise(asked[0]!)).toMatchObject(TOO_LONG);
    expect(profiles[0]?.systemPrompt).not.toContain('xxx');
  });

  it('is not told a turn again: it has taken it', async () => {
    const { server, memory } = await plain((_request, response) =>
      sendJson(response, 201, { event: {}, more: 'x'.repeat(2 * 1024 * 1024) }),
    );
    const event = { actorId: CALLER, sessionId: CALL_SID, role: 'caller', text: 'hello', atMs: 0, signal } as const;

    expect(await failureOfPromise(memory.remember(MEMORY, event))).toMatchObject(TOO_LONG);
    expect(server.received).toHaveLength(1);
  });
});

describe('a memory that answers byte by byte', () => {
  it('does not hold up a call that rings for longer than half a second, and is left', async () => {
    const { server, memory } = await plain((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    const { clock, profiles } = await rings(memory);
    await expect.poll(() => server.received.length, { timeout: 20_000 }).toBe(1);
    clock.advance(RECALL_LIMIT_MS);

    await expect.poll(() => profiles.length, { timeout: 20_000 }).toBe(1);
    await server.dropped;
  });
});

describe('a memory with the longest records that there are', () => {
  it('is recalled', async () => {
    const { memory } = await remembering(...Array.from({ length: 20 }, () => LONGEST));

    expect(await memory.recall(MEMORY, CALLER, OPTIONS)).toEqual(Array.from({ length: 20 }, () => LONGEST));
  });

  it('forgets a person, however many there are', async () => {
    const { memory } = await remembering(...Array.from({ length: 101 }, () => LONGEST));

    expect(await memory.forget(MEMORY, CALLER, signal)).toEqual({ events: 0, records: 101 });
    expect(await memory.recall(MEMORY, CALLER, OPTIONS)).toEqual([]);
  });
});
