import { describe, expect, it } from 'vitest';
import { guardrails } from '../../src/agents/guardrail.js';
import { FakeClock } from '../../src/clock.js';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { startModels } from '../../src/emulator/models/server.js';
import { toolServices } from '../../src/tool-services.js';
import {
  CALL_SID,
  closedAfterTests,
  failureOfPromise,
  listeningLog,
  neverEnding,
  placeOf,
  sendJson,
  startPlainServer,
} from './rig.js';

const open = closedAfterTests();

const GUARDRAIL = { guardrailId: 'gr1abc', guardrailVersion: '1' };
const SCRIPT = {
  guardrailId: 'gr1abc',
  blocks: ['voodoo'],
  masks: [
    { word: 'Ada Lovelace', type: 'NAME' },
    { word: 'Berlin', type: 'ADDRESS' },
  ],
  blockedOutputsMessaging: 'I must not say that.',
};
/** Blocks with more words than anybody could say. */
const TALKATIVE = { ...SCRIPT, blockedOutputsMessaging: 'I must not say that. '.repeat(15_000) };
const TOO_LONG = { reason: 'bad-answer', service: expect.stringContaining('more than 262144 bytes') as string };
const { signal } = new AbortController();

async function rig(script = SCRIPT) {
  const models = await startModels({ guardrails: [script] });
  const guards = guardrails({ place: placeIn(models) });
  open.push(models, guards);
  return { models, guards };
}

const placeIn = ({ url, region, credentials }: Awaited<ReturnType<typeof startModels>>) => ({
  endpoint: url,
  region,
  credentials,
});

describe('a guardrail', () => {
  it('lets through what has nothing against it, as it is', async () => {
    const { models, guards } = await rig();

    expect(await guards.check(GUARDRAIL, '{"result":"Shipped."}', signal)).toEqual({
      text: '{"result":"Shipped."}',
      blocked: false,
    });
    expect(JSON.parse(models.requests[0]!.body.toString())).toMatchObject({ source: 'OUTPUT' });
  });

  it('masks, which blocks nothing', async () => {
    const { guards } = await rig();

    expect(await guards.check(GUARDRAIL, 'It is with Ada Lovelace in Berlin.', signal)).toEqual({
      text: 'It is with {NAME} in {ADDRESS}.',
      blocked: false,
    });
  });

  it('blocks, and has words to say instead, also where it would have masked', async () => {
    const { guards } = await rig();

    expect(await guards.check(GUARDRAIL, 'Ada Lovelace knows voodoo.', signal)).toEqual({
      text: 'I must not say that.',
      blocked: true,
    });
  });

  it('fails when it may not be asked, and once only', async () => {
    const { models, guards } = await rig();
    models.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException' }, 5);

    expect(await failureOfPromise(guards.check(GUARDRAIL, 'a', signal))).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the guardrail does not let this telephone system in',
      details: { reason: 'credentials', service: expect.stringMatching(/^AccessDeniedException/) as string },
    });
    expect(models.requests).toHaveLength(1);
  });

  it('that answers with more than can be read fails in words', async () => {
    const { guards } = await rig(TALKATIVE);

    expect(await failureOfPromise(guards.check(GUARDRAIL, 'It is voodoo.', signal))).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the guardrail answered in a way that cannot be read',
      details: { ...TOO_LONG, retryable: false },
    });
  });

  it('has room for all that it may find in a long text', async () => {
    const { guards } = await rig();

    const { text } = await guards.check(GUARDRAIL, 'Ada Lovelace '.repeat(300), signal);

    expect(text).toBe('{NAME} '.repeat(300));
  });

  it('whose answer never ends is not read on, and its connection closed', async () => {
    const server = await startPlainServer(neverEnding);
    const guards = guardrails({ place: placeOf(server.url) });
    open.push(server, guards);

    expect(await failureOfPromise(guards.check(GUARDRAIL, 'a', signal))).toMatchObject({ details: TOO_LONG });
    await server.dropped;
  });

  it('that hangs is given up with the call, and its connection closed', async () => {
    const { models, guards } = await rig();
    const hangUp = new AbortController();
    models.failNext({ kind: 'hang' });
    const asked = models.nextRequest();
    const checked = failureOfPromise(guards.check(GUARDRAIL, 'a', hangUp.signal));
    await asked;

    hangUp.abort();

    expect(await checked).toMatchObject({ code: 'TOOL_FAILED', details: { reason: 'cancelled' } });
    await expect.poll(() => models.openRequests, { timeout: 20_000 }).toBe(0);
  });
});

describe('the guardrail of an agent', () => {
  /** All services of tools, the agent's only tool a classic agent's place that answers so. */
  async function belted(answer: string, script = SCRIPT) {
    const models = await startModels({ guardrails: [script] });
    const runtime = await startPlainServer((_request, response) => sendJson(response, 200, { result: answer }));
    const clock = new FakeClock();
    const { log, lines } = listeningLog();
    const services = await toolServices({
      config: { secretsKey: 'k'.repeat(32), dataDir: '/nowhere', agentCoreWorkload: undefined },
      region: models.region,
      places: { agentCore: placeOf(runtime.url), models: placeIn(models) },
      findAgent: () => undefined,
      clock,
      log,
    });
    open.push(models, runtime, services);
    const input = agentInputSchema.parse({
      name: 'A',
      systemPrompt: 'p',
      guardrail: GUARDRAIL,
      tools: [
        {
          kind: 'agentcore',
          name: 'orders',
          description: 'Orders.',
          agentRuntimeArn: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123',
        },
      ],
    });
    const agent = agentVersion(input, { id: 'agent-1', version: 1, createdAt: '', defaultModelId: 'm' });
    const party = { caller: '+14155550101', called: '+14155550102', variables: {} };
    const run = () =>
      services.belt.run(
        { callId: 'tool-use-1', name: 'orders', input: { prompt: 'Where is it?' } },
        { callSid: CALL_SID, agent, ...party, signal, callOver: signal },
      );
    return { models, clock, run, lines };
  }

  it.each([
    ['as it is', 'Shipped.', { kind: 'answer', output: { answer: 'Shipped.' } }],
    ['masked', 'It is with Ada Lovelace.', { kind: 'answer', output: { answer: 'It is with {NAME}.' } }],
    ['blocked', 'It is voodoo.', { kind: 'failed', output: { error: 'I must not say that.' } }],
  ])('lets the result of a tool pass %s', async (_how, answer, outcome) => {
    const { run } = await belted(answer);

    expect(await run()).toMatchObject(outcome);
  });

  it('keeps back what it could not look over', async () => {
    const { models, run } = await belted('It is voodoo.');
    models.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException' });

    const outcome = await run();

    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'TOOL_FAILED',
      why: { reason: 'credentials', service: expect.stringMatching(/^AccessDeniedException/) as string },
    });
    expect(JSON.stringify(outcome)).not.toContain('voodoo');
  });

  it('keeps back what it answered too much about', async () => {
    const { run } = await belted('It is voodoo.', TALKATIVE);

    const outcome = await run();

    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'TOOL_FAILED',
      output: { error: 'the result could not be checked' },
      why: TOO_LONG,
    });
    expect(JSON.stringify(outcome)).not.toMatch(/voodoo|I must not/);
  });

  it('counts into the time that the tool has', async () => {
    const { models, clock, run } = await belted('It is voodoo.');
    models.failNext({ kind: 'hang' });
    const asked = models.nextRequest();
    const outcome = run();
    await asked;

    clock.advance(60_000);

    expect(await outcome).toMatchObject({ kind: 'failed', code: 'TOOL_TIMEOUT' });
    await expect.poll(() => models.openRequests, { timeout: 20_000 }).toBe(0);
  });
});
