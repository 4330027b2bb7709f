import { describe, expect, it } from 'vitest';
import { runtimeRequests } from '../../src/agents/runtime-requests.js';
import type { CreatorJob } from '../../src/creator/job.js';
import { runtimeMetaAgent, sessionIdOf } from '../../src/creator/meta-agent.js';
import {
  type Answer,
  closedAfterTests,
  countedTokens,
  placeOf,
  RUNTIME_ARN,
  sendJson,
  startPlainServer,
} from '../agents/rig.js';
import { SOP } from './records.js';

const CODE = 'import boto3\nfrom bedrock_agentcore import BedrockAgentCoreApp\nTEXT = "a\\nb \\u00e4 ä \\\\n"\n';
const GOOD = {
  output: {
    agent_code: CODE,
    generated_prompt: { full_prompt: 'Full “ä”\n', voice_prompt: 'Voice', other: 1 },
  },
};
const JOB: CreatorJob = {
  id: '7d9a1c52-0d5b-4d0a-9d6c-0f3b8f0f1a11',
  state: 'running',
  reason: null,
  input: { sop: SOP, knowledgeBaseId: 'KB12345678', humanHandoffDescription: 'A supervisor.' },
  sopSha256: '',
  actor: { id: 'token_1', name: 'Ada', role: 'admin' },
  owner: 'ada',
  agentId: 'agent_1',
  version: 1,
  baseVersion: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  stages: [],
  approvedBy: null,
  published: null,
};

const open = closedAfterTests();
async function rig(answer: Answer) {
  const server = await startPlainServer(answer);
  const requests = runtimeRequests({ place: placeOf(server.url), tokens: countedTokens() });
  open.push(server, requests);
  const agent = runtimeMetaAgent({ agentRuntimeArn: RUNTIME_ARN, requests });
  return { server, create: (signal = new AbortController().signal) => agent.create(JOB, signal) };
}

describe('the pre-deployed AgentCreator', () => {
  it('is asked as it wants to be, in a session that is the same for every attempt', async () => {
    const { server, create } = await rig((_, response) => sendJson(response, 200, GOOD));
    await create();
    await create();
    const [first, second] = server.received;
    const sessionId = first?.headers['x-amzn-bedrock-agentcore-runtime-session-id'];

    expect(sessionId).toBe(`agent-creation-agent_1-${JOB.id}`);
    expect(second?.headers['x-amzn-bedrock-agentcore-runtime-session-id']).toBe(sessionId);
    expect(JSON.parse(first?.body ?? '')).toEqual({
      input: {
        sop: SOP,
        knowledge_base_description: 'There is no knowledge base.',
        human_handoff_description: 'A supervisor.',
        bedrock_knowledge_base_id: 'KB12345678',
        agent_id: 'agent_1',
        user_id: 'ada',
        session_id: sessionId,
        voice_personality_text: null,
      },
    });
  });

  it('has sessions whose names AgentCore takes, however short the id of the agent is', () => {
    expect(sessionIdOf({ ...JOB, agentId: 'a' }).length).toBeGreaterThanOrEqual(33);
  });

  it.each([
    ['an object', GOOD],
    ['an object in a string', JSON.stringify(GOOD)],
  ])('gives code as the text that it is, and the packages that it imports, in %s', async (_, answer) => {
    const { create } = await rig((_request, response) => sendJson(response, 200, answer));

    expect(await create()).toEqual({
      code: { agentPy: CODE, requirementsTxt: 'bedrock-agentcore>=1.0.0\nboto3>=1.40.0\n' },
      prompt: { fullPrompt: 'Full “ä”', voicePrompt: 'Voice' },
    });
  });

  it.each([
    ['in the output', { output: { error: 'no plan was approved', error_type: 'PlanError' } }, 'PlanError: no plan was'],
    ['at the top', { error: 'timeout in node 3' }, 'timeout in node 3'],
    ['beside an output', { ...GOOD, error: 'half of it failed' }, 'half of it failed'],
    ['by its type alone', { output: { ...GOOD.output, error_type: 'Unknown' } }, 'Unknown'],
    ['as an object', { output: { error: { message: 'deep' } } }, 'deep'],
    ['in a string', JSON.stringify({ error: 'wrapped' }), 'wrapped'],
  ])('has failed when a 200 tells an error %s', async (_, answer, words) => {
    const { create } = await rig((_request, response) => sendJson(response, 200, answer));

    await expect(create()).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining(words) as string,
      details: { reason: 'agent-error', retryable: false },
    });
  });

  it.each([
    ['no code', { output: { ...GOOD.output, agent_code: '' } }, 'output.agent_code'],
    ['no voice prompt', { output: { ...GOOD.output, generated_prompt: { full_prompt: 'x' } } }, 'voice_prompt'],
    ['nothing', null, 'answer'],
    ['words', 'Here is your agent!', 'answer'],
  ])('has failed when it gives %s', async (_, answer, words) => {
    const { create } = await rig((_request, response) => sendJson(response, 200, answer));

    await expect(create()).rejects.toMatchObject({
      message: expect.stringContaining(words) as string,
      details: { reason: 'bad-answer', retryable: false },
    });
  });

  it.each([
    [429, 'ThrottlingException', 'throttled', true],
    [500, 'InternalServerException', 'unavailable', true],
    [403, 'AccessDeniedException', 'credentials', false],
    [404, 'ResourceNotFoundException', 'not-found', false],
  ])('that answers %i %s has failed, which passes or not', async (status, type, reason, retryable) => {
    const { create } = await rig((_, response) =>
      sendJson(response, status, { message: 'no' }, { 'x-amzn-errortype': type }),
    );

    await expect(create()).rejects.toMatchObject({ details: { reason, retryable } });
  });

  it('that breaks off its answer is asked again', async () => {
    const { create } = await rig((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"output":', () => response.destroy());
    });

    await expect(create()).rejects.toMatchObject({ details: { reason: 'truncated', retryable: true } });
  });

  it('is let go when nobody waits for it any more', async () => {
    const cancelled = new AbortController();
    const { server, create } = await rig(() => cancelled.abort(new Error('cancelled')));

    await expect(create(cancelled.signal)).rejects.toThrow();
    await server.dropped;
  });
});
