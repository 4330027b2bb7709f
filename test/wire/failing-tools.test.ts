import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeMulaw } from '../../src/audio/mulaw.js';
import { writeWav } from '../../src/audio/wav.js';
import type { ToolCallRecord } from '../../src/call/record.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import type { AwsRequest } from '../../src/emulator/aws/server.js';
import { startMcpServer } from '../../src/emulator/mcp/server.js';
import { startModels } from '../../src/emulator/models/server.js';
import { startS3Vectors } from '../../src/emulator/vectors/server.js';
import { agentTurns, SPEECH, startStack } from './stack.js';

const ORDERS = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';

/** What the model calls, in the order of the caller's turns, and what is on record of it. */
const TABLE: readonly {
  what: string;
  tool: string;
  input: Record<string, unknown>;
  recorded: Partial<ToolCallRecord>;
}[] = [
  {
    what: 'a tool that the agent does not have',
    tool: 'no_such_tool',
    input: {},
    recorded: { kind: 'unknown', code: 'TOOL_UNKNOWN' },
  },
  {
    what: 'an input that breaks its schema',
    tool: 'orders',
    input: { order: 7 },
    recorded: { kind: 'agentcore', code: 'TOOL_INPUT_INVALID' },
  },
  {
    what: 'a web page in place of an answer',
    tool: 'orders',
    input: { order: 'html' },
    recorded: { kind: 'agentcore', code: 'TOOL_FAILED', why: { reason: 'unavailable', problem: 'HTTP 502' } },
  },
  {
    what: 'an answer that is cut',
    tool: 'orders',
    input: { order: 'cut' },
    recorded: { kind: 'agentcore', code: 'TOOL_FAILED', why: { reason: 'truncated' } },
  },
  {
    what: 'too many requests',
    tool: 'orders',
    input: { order: 'busy' },
    recorded: {
      kind: 'agentcore',
      code: 'TOOL_FAILED',
      why: { reason: 'throttled', service: 'ThrottlingException: Slow down.', problem: 'HTTP 429' },
    },
  },
  {
    what: 'an error of an MCP server',
    tool: 'track',
    input: {},
    recorded: { kind: 'mcp', code: 'TOOL_FAILED', why: { reason: 'agent-error' } },
  },
  {
    what: 'an index that is gone',
    tool: 'handbook',
    input: { query: 'Returns?' },
    recorded: { kind: 's3-vectors', code: 'TOOL_FAILED', why: expect.objectContaining({ reason: 'not-found' }) },
  },
];

const SCRIPT = `
turns:
  - text: greet
    say: Hello
${TABLE.map(
  ({ tool, input }) => `  - hear: go forward ten meters
    call: ${JSON.stringify({ [tool]: input })}
    say: Thank you
`,
).join('')}`;

it('a caller hears the agent go on after every way in which a tool fails, and the record has the code and why', async () => {
  const core = await startAgentCore({ runtimes: [{ arn: ORDERS, answer: () => ({ json: { result: 'Sent.' } }) }] });
  const mcp = await startMcpServer({
    tools: [
      {
        name: 'track',
        description: 'Tracks.',
        inputSchema: { type: 'object' },
        answer: () => ({ error: { code: -32603, message: 'no database' } }),
      },
    ],
  });
  const vectors = await startS3Vectors();
  const models = await startModels();
  const at = ({ url: endpoint, region, credentials }: typeof core | typeof vectors | typeof models) => ({
    endpoint,
    region,
    credentials,
  });
  const asks = (order: string) => (request: AwsRequest) => request.body.toString().includes(`"${order}"`);
  core.failNext({ kind: 'html', status: 502 }, 1, asks('html'));
  core.failNext({ kind: 'cut', afterBytes: 5 }, 1, asks('cut'));
  core.failNext({ kind: 'http', status: 429, type: 'ThrottlingException', message: 'Slow down.' }, 1, asks('busy'));
  const listed = mcp.arrived(({ rpc }) => rpc === 'tools/list');
  const stack = await startStack(SCRIPT, {
    agent: {
      greeting: 'Greet the caller with: Hello',
      tools: [
        {
          kind: 'agentcore',
          name: 'orders',
          description: 'Orders.',
          agentRuntimeArn: ORDERS,
          inputSchema: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
          payload: { order: '{{input.order}}' },
        },
        { kind: 'mcp', url: mcp.url },
        {
          kind: 's3-vectors',
          name: 'handbook',
          description: 'The handbook.',
          vectorBucketName: 'documents',
          indexName: 'handbook',
          dimensions: 256,
        },
      ],
    },
    places: { agentCore: at(core), vectors: at(vectors), models: at(models) },
  });
  await listed;
  const call = await stack.call();
  await stack.turnOver(call.callSid, 1);
  for (const index of TABLE.keys()) {
    await call.say(SPEECH.goForward);
    await stack.turnOver(call.callSid, index + 2);
  }
  call.hangUp();
  const record = await stack.record(call.callSid);
  const stored = await stack.bridge.record(call.callSid);
  await stack.close();
  for (const each of [core, mcp, vectors, models]) await each.close();

  expect(agentTurns(record).map(({ heardText }) => heardText)).toEqual(['Hello', ...TABLE.map(() => 'Thank you')]);
  expect(record.toolCalls).toHaveLength(TABLE.length);
  for (const [index, { what, tool, recorded }] of TABLE.entries()) {
    const { kind, code, why, name, outcome } = record.toolCalls[index]!;
    expect({ name, outcome, kind, code, why }, what).toEqual({
      name: tool,
      outcome: 'failed',
      why: undefined,
      ...recorded,
    });
  }
  expect(stored.toolCalls).toEqual(record.toolCalls);
});

const RATE_HZ = 8000;
const CLIP_HZ = 1000;

/** How long a pure sound of that pitch is in it, in ms: of pieces of 100 ms, those that are nearly nothing else. */
function msOfPitch(mulaw: Uint8Array, hz: number): number {
  const samples = new Int16Array(mulaw.length);
  decodeMulaw(mulaw, samples);
  const length = RATE_HZ / 10;
  let ms = 0;
  for (let from = 0; from + length <= samples.length; from += length) {
    let [sine, cosine, energy] = [0, 0, 0];
    for (let at = from; at < from + length; at++) {
      const sample = samples[at]!;
      sine += sample * Math.sin((2 * Math.PI * hz * at) / RATE_HZ);
      cosine += sample * Math.cos((2 * Math.PI * hz * at) / RATE_HZ);
      energy += sample * sample;
    }
    if (energy > 0 && (2 * (sine ** 2 + cosine ** 2)) / (length * energy) > 0.9) ms += 100;
  }
  return ms;
}

it('a caller hears the operator’s clip while a tool works', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'oratio-clip-'));
  await mkdir(join(dataDir, 'clips'));
  const sine = Int16Array.from({ length: RATE_HZ }, (_, i) => 8000 * Math.sin((2 * Math.PI * CLIP_HZ * i) / RATE_HZ));
  await writeFile(join(dataDir, 'clips', 'typing.wav'), writeWav({ rateHz: RATE_HZ, channels: [sine] }));
  const tool = (name: string, clip: string) => ({
    ...{ kind: 'scripted', name, description: 'Looks up.', answers: [{ output: {}, delayMs: 2500 }] },
    waitSound: { afterMs: 500, clip },
  });
  const stack = await startStack(
    `
turns:
  - hear: go forward ten meters
    call: { with_clip: {} }
    say: Thank you
  - hear: go forward ten meters
    call: { without_clip: {} }
    say: Thank you
`,
    {
      agent: { tools: [tool('with_clip', 'typing'), tool('without_clip', 'nowhere')] },
      environment: { DATA_DIR: dataDir },
    },
  );
  const call = await stack.call();
  await call.say(SPEECH.goForward);
  await stack.turnOver(call.callSid, 1);
  const withClip = msOfPitch(call.heardMulaw(), CLIP_HZ);
  await call.say(SPEECH.goForward);
  await stack.turnOver(call.callSid, 2);
  const inAll = msOfPitch(call.heardMulaw(), CLIP_HZ);
  call.hangUp();
  await stack.record(call.callSid);
  await stack.close();
  await rm(dataDir, { recursive: true, force: true });

  expect(withClip).toBeGreaterThanOrEqual(1000);
  expect(inAll).toBe(withClip);
  const missing = stack.logLines.map((line) => JSON.parse(line)).filter(({ clip }) => clip !== undefined);
  expect(missing).toMatchObject([{ clip: 'nowhere', msg: expect.stringContaining('callers hear the tone') }]);
});
