import { EventEmitter, once } from 'node:events';
import { Agent, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { areData } from '../../src/asking/asked-in-thread.js';
import type { Told } from '../../src/asking/messages.js';
import type { AwsPlaces } from '../../src/asking/services.js';
import { FakeClock } from '../../src/clock.js';
import type { ScriptedTool } from '../../src/emulator/mcp/contract.js';
import { startMcpServer } from '../../src/emulator/mcp/server.js';
import { SPOKEN_SIZE } from '../../src/tools/spoken-size.js';
import {
  type Answer,
  CALL_SID,
  failureOfPromise,
  placeOf,
  RUNTIME_ARN,
  sendJson,
  startPlainServer,
} from '../agents/rig.js';
import { echo, text } from '../mcp/rig.js';
import { askingForTests, SOON } from './rig.js';

const { open, threaded } = askingForTests();

const never = new AbortController().signal;
const RUNTIME = { agentRuntimeArn: RUNTIME_ARN, qualifier: 'DEFAULT', auth: { kind: 'sigv4' } } as const;
const CONTEXT = { sessionId: CALL_SID, signal: never };
const BASE = { knowledgeBaseId: 'KB12345678', numberOfResults: 100, filter: {}, searchType: 'SEMANTIC' } as const;
const INTERRUPTED = { code: 'TOOL_FAILED', details: { reason: 'interrupted', retryable: true } };

async function serverWith(answer: Answer) {
  const server = await startPlainServer(answer);
  open.push(server);
  return { server, places: { agentCore: placeOf(server.url), knowledgeBases: placeOf(server.url) } };
}

const shipped: Answer = (_request, response) => sendJson(response, 200, { result: 'Shipped.' });
/** The first question is never answered. */
const hangsOnce: Answer = (request, response, count) => count > 1 && shipped(request, response, count);

async function mcpServer(...tools: ScriptedTool[]) {
  const remote = await startMcpServer({ tools: [echo, ...tools] });
  open.push(remote);
  return { remote, one: { url: remote.url, allow: [], auth: { kind: 'none' } as const } };
}

const lengthOf = (told: readonly Told[]) => JSON.stringify(told).length;

describe('a thread that dies', () => {
  it.each([
    ['is ended from outside', (thread: { terminate(): unknown }) => void thread.terminate()],
    ['stumbles', (thread: { postMessage(order: unknown): void }) => thread.postMessage(null)],
  ])(
    'because it %s interrupts what it was asked, and the next question is answered by another one',
    async (_why, die) => {
      const { server, places } = await serverWith(hangsOnce);
      const { asked, threads, lines } = threaded(places);
      const failed = failureOfPromise(asked.runtimes.ask(RUNTIME, {}, CONTEXT));
      await expect.poll(() => server.received.length, SOON).toBe(1);

      die(threads[0]!);

      expect(await failed).toMatchObject(INTERRUPTED);
      expect((await asked.runtimes.ask(RUNTIME, {}, CONTEXT)).text).toBe('Shipped.');
      expect(threads).toHaveLength(2);
      const [told] = lines.map((line) => JSON.parse(line)).filter(({ code }) => code === 'INTERNAL');
      expect(told).toMatchObject({ level: 50, exitCode: 1, msg: 'thread that asks services has ended' });
    },
  );

  it('leaves the tools of servers known, and the next one keeps them listed', async () => {
    const { remote, one } = await mcpServer();
    const { asked, threads } = threaded({});
    const names = () => asked.mcp.toolsOf(one).map(({ remoteName }) => remoteName);
    asked.mcp.keepListed([one]);
    await expect.poll(names, SOON).toEqual(['orders___echo']);
    await remote.streaming();
    const isList = ({ rpc }: { rpc: string | undefined }) => rpc === 'tools/list';
    await remote.arrived(isList);

    await threads[0]!.terminate();
    expect(names()).toEqual(['orders___echo']);
    await remote.arrived(isList);
    remote.setTools([{ name: 'track' }]);

    await expect.poll(names, SOON).toEqual(['track']);
  });
});

describe('what comes back from the thread', () => {
  const MIB = 1024 * 1024;
  const long = 'word '.repeat(MIB / 5 - 2000);
  const streamed = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let at = 0; at < long.length; at += 2000)
      response.write(`data: ${JSON.stringify(long.slice(at, at + 2000))}\n\n`);
    return response;
  };

  it.each<[string, Answer]>([
    ['JSON', (_request, response) => sendJson(response, 200, { result: long })],
    ['a list', (_request, response) => sendJson(response, 200, { rows: long.split(' ').slice(0, MIB / 8) })],
    [
      'a stream',
      (_request, response) => {
        streamed(response).end();
      },
    ],
  ])('of an agent that answers 1 MB as %s is one message of a spoken size', async (_as, answer) => {
    const { places } = await serverWith(answer);
    const { asked, told } = threaded(places);
    await asked.runtimes.load(RUNTIME);
    const before = told.length;

    const { text: said } = await asked.runtimes.ask(RUNTIME, {}, CONTEXT);

    expect(said).toContain('word');
    const since = told.slice(before).filter(({ kind }) => kind !== 'logged');
    expect(since.map(({ kind }) => kind)).toEqual(['answer']);
    expect(lengthOf(since)).toBeLessThan(SPOKEN_SIZE + 100);
  });

  it('of an agent that streams 1 MB to somebody who listens is told when it changes, and no more of it than can be spoken', async () => {
    const end = new EventEmitter();
    const { places } = await serverWith((_request, response) => {
      streamed(response);
      end.once('now', () => response.end());
    });
    const { asked, told } = threaded(places);
    let soFar: (() => string | undefined) | undefined;
    const streams = (read: typeof soFar) => {
      soFar = read;
    };

    const answered = asked.runtimes.ask(RUNTIME, {}, { ...CONTEXT, streams });
    await expect.poll(() => soFar?.(), SOON).toMatch(/\(shortened\)$/);
    end.emit('now');
    await answered;

    const heard = told.filter((each) => each.kind === 'soFar');
    for (const each of heard) expect(lengthOf([each])).toBeLessThan(SPOKEN_SIZE);
    expect(new Set(heard.map(({ text: words }) => words)).size).toBe(heard.length);
  });

  it('of a knowledge base with a hundred long passages is as much as is told of them', async () => {
    const retrievalResults = Array.from({ length: 100 }, (_, index) => ({
      content: { text: `${index} ${'word '.repeat(2000)}` },
      location: { type: 'S3', s3Location: { uri: `s3://documents/${index}.md` } },
      score: 1 - index / 100,
    }));
    const { places } = await serverWith((_request, response) => sendJson(response, 200, { retrievalResults }));
    const { asked, told } = threaded(places);

    const found = await asked.knowledgeBases.retrieve(BASE, 'Who?', never);

    expect(found.length).toBeGreaterThan(0);
    expect(lengthOf(told.filter(({ kind }) => kind === 'answer'))).toBeLessThan(2000);
  });

  it('of a tool of an MCP server that answers nearly 1 MB is of a spoken size', async () => {
    const { one } = await mcpServer({ name: 'long', answer: () => ({ content: [text(long.slice(0, MIB - 10_000))] }) });
    const { asked, told } = threaded({});
    await asked.mcp.refresh(one);
    const before = told.length;

    const { output } = await asked.mcp.call(one, 'long', {}, { signal: never });

    expect(String(output.text)).toMatch(/\(shortened\)$/);
    expect(lengthOf(told.slice(before))).toBeLessThan(SPOKEN_SIZE + 200);
  });
});

describe('the thread', () => {
  it('writes into the log of the bridge, as the bridge does', async () => {
    const { places } = await serverWith((_request, response) => sendJson(response, 200, { order: { id: 7 } }));
    const { asked, lines } = threaded(places);

    await asked.runtimes.ask(RUNTIME, {}, CONTEXT);

    const [line] = lines.filter((each) => each.includes('passed on as JSON'));
    expect(JSON.parse(line!)).toMatchObject({
      level: 30,
      pid: process.pid,
      agentRuntimeArn: RUNTIME_ARN,
      msg: 'agent answers with data, not words: it is passed on as JSON',
    });
    expect(line!.match(/"time"/g)).toHaveLength(1);
  });

  it('opens connections early where they are used', async () => {
    const { server, places } = await serverWith((_request, response) =>
      sendJson(response, 200, { retrievalResults: [] }),
    );
    const { asked } = threaded(places);

    await asked.knowledgeBases.load();
    await expect.poll(() => server.connectionCount, SOON).toBe(1);
    expect(server.received).toEqual([]);
    await asked.knowledgeBases.retrieve(BASE, 'Who?', never);

    expect(server.connectionCount).toBe(1);
  });

  it.each<[string, AwsPlaces, boolean]>([
    ['with an address and credentials', { models: placeOf('http://127.0.0.1:9') }, true],
    ['that are left to the SDK', {}, true],
    ['with sockets of their own', { models: { httpAgent: new Agent() } }, false],
    ['with a way of their own to MCP servers', { mcpFetch: fetch }, false],
  ])('can be told of places %s, or not', (_which, places, isTold) => {
    expect(areData(places)).toBe(isTold);
  });

  it('refuses what is no data at once', async () => {
    const { server, places } = await serverWith(shipped);
    const { asked } = threaded(places);

    const refused = asked.runtimes.ask(RUNTIME, { act: () => undefined }, CONTEXT);

    expect(await failureOfPromise(refused)).toMatchObject({ name: 'DataCloneError' });
    expect(server.received).toEqual([]);
  });

  it('ends the sessions and itself when it is closed, and what is open is not answered', async () => {
    const { server, places } = await serverWith(() => undefined);
    const { remote, one } = await mcpServer();
    const { asked, threads } = threaded(places);
    const exited = once(threads[0]!, 'exit');
    await asked.mcp.refresh(one);
    expect(remote.sessionCount).toBe(1);
    const failed = failureOfPromise(asked.knowledgeBases.retrieve(BASE, 'Who?', never));
    await expect.poll(() => server.received.length, SOON).toBe(1);

    await asked.close();

    await exited;
    expect(await failed).toMatchObject({ code: 'TOOL_FAILED' });
    expect(remote.sessionCount).toBe(0);
    expect(threads).toHaveLength(1);
    expect(await failureOfPromise(asked.runtimes.ask(RUNTIME, {}, CONTEXT))).toMatchObject(INTERRUPTED);
  });

  it('does not wait longer than three seconds for a server that does not let a session go', async () => {
    const { remote, one } = await mcpServer();
    const clock = new FakeClock();
    const { asked, threads } = threaded({}, clock);
    const exited = once(threads[0]!, 'exit');
    await asked.mcp.refresh(one);
    remote.failNext({ kind: 'hang' }, 9, ({ method }) => method === 'DELETE');
    const asksToEnd = remote.arrived(({ method }) => method === 'DELETE');

    const closed = asked.close();
    await asksToEnd;
    clock.advance(3000);

    await closed;
    await exited;
  });
});
