import { describe, expect, it } from 'vitest';
import { agentRuntimes } from '../../src/agents/agent-runtimes.js';
import { agentMemory } from '../../src/agents/memory.js';
import { tokenSource } from '../../src/agents/tokens.js';
import { FakeClock } from '../../src/clock.js';
import { startOauth } from '../../src/emulator/agentcore/oauth.js';
import type { RuntimeScript } from '../../src/emulator/agentcore/script.js';
import { type AgentCoreOptions, startAgentCore } from '../../src/emulator/agentcore/server.js';
import { CALL_SID, closedAfterTests, failureOfPromise, listeningLog, placeOf, RUNTIME_ARN } from './rig.js';

const open = closedAfterTests();

const ORDERS: RuntimeScript = {
  arn: RUNTIME_ARN,
  answer: (payload, { count }) => ({ json: { result: `${JSON.stringify(payload)} for the ${count}. time` } }),
};
const SIGNED = { agentRuntimeArn: RUNTIME_ARN, qualifier: 'DEFAULT', auth: { kind: 'sigv4' } } as const;
const IDENTITY = { kind: 'agentcore-identity', provider: 'orders-login', scopes: ['read'] } as const;
const WORKLOADS = { workloads: ['bridge'], providers: [{ name: 'orders-login', scopes: ['read'] }], lifetimeS: 1000 };
const { signal } = new AbortController();
const CONTEXT = { sessionId: CALL_SID, signal };

/** AgentCore with a token end point that it trusts, and the bridge's side of it. */
async function rig(options: AgentCoreOptions = {}) {
  const clock = new FakeClock();
  const oauth = await startOauth({
    clients: [{ clientId: 'bridge', clientSecret: 'hush-hush-hush', scopes: ['read'], method: 'form' }],
    lifetimeS: 1000,
    clock,
  });
  const core = await startAgentCore({ runtimes: [ORDERS], issuers: [oauth], clock, ...options });
  const { lines, log } = listeningLog();
  const place = placeOf(core.url);
  const tokens = tokenSource({ identity: { ...place, workloadName: 'bridge' }, secrets: place, clock, log });
  const runtimes = agentRuntimes({ place, tokens, clock, log });
  const memory = agentMemory({ place });
  open.push(oauth, core, tokens, runtimes, memory);
  const clientCredentials = {
    kind: 'oauth',
    tokenUrl: oauth.tokenUrl,
    clientId: 'bridge',
    clientSecret: 'hush-hush-hush',
    scopes: ['read'],
  } as const;
  return { clock, oauth, core, lines, runtimes, memory, clientCredentials };
}

describe('AgentCore', () => {
  it('keeps one session for a call, from its first ring to its end', async () => {
    const { core, runtimes, lines } = await rig();

    await runtimes.warm(SIGNED, CALL_SID);
    const first = await runtimes.ask(SIGNED, { prompt: 'a' }, CONTEXT);
    const second = await runtimes.ask(SIGNED, { prompt: 'b' }, CONTEXT);
    await runtimes.stop(SIGNED, CALL_SID);

    expect([first.text, second.text]).toEqual(['{"prompt":"a"} for the 2. time', '{"prompt":"b"} for the 3. time']);
    expect(core.sessions).toMatchObject([{ id: CALL_SID, endedBy: 'stopped' }]);
    expect(lines).toEqual([]);
  });

  it('is warm before the agent is asked, and the agent does not notice', async () => {
    const asked: unknown[] = [];
    const answer = (payload: unknown) => {
      asked.push(payload);
      return { json: 'Hi.' };
    };
    const { clock, core, runtimes } = await rig({ runtimes: [{ ...ORDERS, coldStartMs: 3000, answer }] });

    const warmed = runtimes.warm(SIGNED, CALL_SID);
    await expect.poll(() => core.sessions.length).toBe(1);
    await expect.poll(() => clock.pendingTimers).toBe(2);
    clock.advance(3000);
    await warmed;

    expect(asked).toEqual([]);
    expect(await runtimes.ask(SIGNED, { prompt: 'a' }, CONTEXT)).toEqual({ text: 'Hi.', notes: [] });
  });

  it.each([
    ['fails', () => ({ raw: { status: 500, contentType: 'application/json', body: '{"error":"x"}' } })],
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
  ])('does not tell the model about containers when an agent %s', async (_, answer) => {
    const { runtimes } = await rig({ runtimes: [{ ...ORDERS, answer }] });

    expect(await failureOfPromise(runtimes.ask(SIGNED, {}, CONTEXT))).toMatchObject({
      message: 'the agent could not do it',
      details: { reason: 'agent-error', status: 424 },
    });
  });

  it('streams, and may break off with an error that comes with status 200', async () => {
    const words = async function* () {
      yield 'It is ';
      throw new Error('no such order');
    };
    const { runtimes, core } = await rig({
      runtimes: [{ ...ORDERS, answer: () => ({ sse: ['It is ', 'shipped.'] }) }],
    });

    expect(await runtimes.ask(SIGNED, {}, CONTEXT)).toEqual({ text: 'It is shipped.', notes: [] });
    core.deploy({ ...ORDERS, answer: () => ({ sse: words() }) });
    expect(await failureOfPromise(runtimes.ask(SIGNED, {}, CONTEXT))).toMatchObject({
      message: 'the agent: no such order',
    });
  });

  it('can be read while it is still streaming', async () => {
    const limit = new AbortController();
    const words = async function* () {
      yield 'It left ';
      yield 'on Monday, and ';
      await new Promise((resolve) => limit.signal.addEventListener('abort', resolve));
    };
    const { runtimes } = await rig({ runtimes: [{ ...ORDERS, answer: () => ({ sse: words() }) }] });
    let soFar: (() => string | undefined) | undefined;
    const streams = (read: () => string | undefined) => {
      soFar = read;
    };
    const asked = failureOfPromise(runtimes.ask(SIGNED, {}, { ...CONTEXT, signal: limit.signal, streams }));

    await expect.poll(() => soFar?.(), { timeout: 20_000 }).toBe('It left on Monday, and');
    limit.abort();
    expect(await asked).toMatchObject({ details: { reason: 'cancelled' } });
  });

  it('stops working for a caller who hung up', async () => {
    const hangUp = new AbortController();
    const endless = async function* () {
      for (let count = 0; ; count++) {
        if (count === 3) hangUp.abort();
        yield `word ${count} `;
      }
    };
    const { core, runtimes } = await rig({ runtimes: [{ ...ORDERS, answer: () => ({ sse: endless() }) }] });

    await failureOfPromise(runtimes.ask(SIGNED, {}, { ...CONTEXT, signal: hangUp.signal }));

    await expect.poll(() => core.openRequests).toBe(0);
  });

  it('refuses a session name that is too short, and that is no passing trouble', async () => {
    const { runtimes } = await rig();

    expect(await failureOfPromise(runtimes.ask(SIGNED, {}, { ...CONTEXT, sessionId: 'short' }))).toMatchObject({
      details: { reason: 'refused', retryable: false, service: expect.stringContaining('ValidationException') },
    });
  });

  it('lists the runtimes of the account', async () => {
    const others = Array.from({ length: 130 }, (_, index) => ({
      ...ORDERS,
      arn: `${RUNTIME_ARN.slice(0, -3)}${index + 200}`,
    }));
    const { runtimes } = await rig({ runtimes: [{ ...ORDERS, description: 'knows orders' }, ...others] });

    const list = await runtimes.list();

    expect(list).toHaveLength(131);
    expect(list[0]).toEqual({
      arn: RUNTIME_ARN,
      name: 'orders',
      version: '1',
      status: 'READY',
      description: 'knows orders',
    });
  });
});

describe('an AgentCore runtime that takes tokens', () => {
  const BY_TOKEN: AgentCoreOptions = { runtimes: [{ ...ORDERS, auth: 'jwt' }], identity: WORKLOADS };

  it.each(['oauth', 'agentcore-identity'] as const)('is asked, warmed and stopped with one of %s', async (kind) => {
    const { core, runtimes, lines, clientCredentials } = await rig(BY_TOKEN);
    const target = { ...SIGNED, auth: kind === 'oauth' ? clientCredentials : IDENTITY };

    await runtimes.warm(target, CALL_SID);
    const answer = await runtimes.ask(target, { prompt: 'a' }, CONTEXT);
    await runtimes.stop(target, CALL_SID);

    expect(answer.text).toBe('{"prompt":"a"} for the 2. time');
    expect(core.sessions).toMatchObject([{ id: CALL_SID, endedBy: 'stopped' }]);
    expect(lines).toEqual([]);
  });

  it('is asked with a fresh one after the old one was revoked', async () => {
    const { oauth, runtimes, clientCredentials } = await rig(BY_TOKEN);
    const target = { ...SIGNED, auth: clientCredentials };
    await runtimes.ask(target, {}, CONTEXT);

    oauth.revokeAll();

    expect((await runtimes.ask(target, {}, CONTEXT)).text).toMatch(/2\. time$/);
  });

  it('is asked with a fresh one once the old one is over', async () => {
    const { clock, runtimes } = await rig(BY_TOKEN);
    const target = { ...SIGNED, auth: IDENTITY };
    await runtimes.ask(target, {}, CONTEXT);

    clock.advance(1_000_000);

    expect((await runtimes.ask(target, {}, CONTEXT)).text).toMatch(/time$/);
  });

  it('refuses signatures', async () => {
    const { runtimes } = await rig(BY_TOKEN);

    expect(await failureOfPromise(runtimes.ask(SIGNED, {}, CONTEXT))).toMatchObject({
      details: { reason: 'credentials', service: expect.stringContaining('Authorization method mismatch') },
    });
  });

  it('is not asked with a secret that nobody knows', async () => {
    const { oauth, core, runtimes, clientCredentials } = await rig(BY_TOKEN);
    const target = { ...SIGNED, auth: { ...clientCredentials, clientSecret: 'wrong-wrong' } };

    expect(await failureOfPromise(runtimes.ask(target, {}, CONTEXT))).toMatchObject({
      details: { reason: 'credentials', oauthError: 'invalid_client' },
    });
    // Once in the header, once in the form.
    expect(oauth.requests).toHaveLength(2);
    expect(core.requests).toHaveLength(0);
  });
});

describe('AgentCore Memory', () => {
  it('learns from the turns of a call, for the next one', async () => {
    const memoryId = 'orders-AbCdEf0123';
    const namespace = '/facts/{actorId}';
    const { clock, core, memory } = await rig({
      memories: [{ memoryId, strategies: [{ memoryStrategyId: 'facts-0000000001', namespace }] }],
    });
    const said = { sessionId: CALL_SID, role: 'caller', text: 'I like green tea.', atMs: clock.now(), signal } as const;
    const options = { query: 'what does the caller like?', maxResults: 5, signal };

    await memory.remember({ memoryId }, { ...said, actorId: '+14155550100' });
    await memory.remember({ memoryId }, { ...said, actorId: '+14155550101', text: 'I like milk.' });
    clock.advance(60_000);

    expect(core.events).toHaveLength(2);
    expect(await memory.recall({ memoryId, namespace }, '+14155550100', options)).toEqual(['I like green tea.']);
  });
});
