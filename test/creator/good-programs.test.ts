import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Piece, type PythonMachine, pythonMachine } from '../../src/emulator/agentcore/python/machine.js';
import type { AwsCalls } from '../../src/emulator/agentcore/python/services.js';
import { samples } from './gates/corpus.js';

const SAID = 'Your order is on its way.';
const ENVIRONMENT = {
  ...{ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', MODEL_ID: 'amazon.nova-pro-v1:0' },
  ...{ KNOWLEDGE_BASE_ID: 'KB12345678', APPOINTMENTS_TABLE: 'appointments' },
  ...{ QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/team', RATES_BUCKET: 'rates' },
};

interface Turn {
  readonly content: readonly { readonly text?: string; readonly toolResult?: unknown }[];
}
interface Request {
  readonly messages: readonly Turn[];
  readonly toolConfig?: {
    readonly tools: readonly {
      readonly toolSpec: { readonly name: string; readonly inputSchema: { readonly json: Schema } };
    }[];
  };
}
interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: string; readonly enum?: readonly unknown[] }>>;
}

const WORDS: Readonly<Record<string, string>> = { date: '2026-01-05', day: '2026-01-05', time: '10:30' };

/** What a tool may be called with. */
const inputFor = ({ properties = {} }: Schema) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, { type, enum: choices }]) => [
      name,
      choices?.[0] ??
        WORDS[name] ??
        (type === 'string' || type === undefined ? 'A-1024' : type === 'boolean' ? true : type === 'array' ? [] : 1),
    ]),
  );

const asked: Request[] = [];

/** Calls the first tool once, then says something. */
const calls: AwsCalls = {
  'bedrock-runtime.converse': async (input) => {
    const request = input as Request;
    asked.push(request);
    const { messages, toolConfig } = request;
    const tool = toolConfig?.tools[0]?.toolSpec;
    const isAnswered = messages.some(({ content }) => content.some(({ toolResult }) => toolResult !== undefined));
    const isCall = tool !== undefined && !isAnswered;
    const use = isCall
      ? [{ toolUse: { toolUseId: 'one', name: tool.name, input: inputFor(tool.inputSchema.json) } }]
      : [];
    const content = isCall ? use : [{ text: SAID }];
    return {
      output: { message: { role: 'assistant', content } },
      stopReason: isCall ? 'tool_use' : 'end_turn',
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    };
  },
  'bedrock-runtime.invoke_model': async () => ({
    body: Buffer.from(
      JSON.stringify({ output: { message: { content: [{ text: SAID }] } }, content: [{ type: 'text', text: SAID }] }),
    ),
  }),
  'bedrock-agent-runtime.retrieve': async () => ({
    retrievalResults: [{ content: { text: SAID }, score: 0.9, location: { s3Location: { uri: 's3://x/y' } } }],
  }),
  'dynamodb.get_item': async () => ({ Item: { id: { S: 'A-1024' }, status: { S: 'open' } } }),
  'dynamodb.query': async () => ({ Items: [], Count: 0 }),
  's3.get_object': async () => ({ Body: Buffer.from(JSON.stringify({ rates: {} })) }),
  'sqs.send_message': async () => ({ MessageId: 'm-1' }),
};

describe('the programs that the gates accept', () => {
  let machine: PythonMachine;
  const printed: string[] = [];
  beforeAll(async () => {
    machine = pythonMachine({ calls, print: (line) => printed.push(line) });
    await machine.ready();
  });
  afterAll(() => machine.close());

  const run = async (name: string, agentPy: string): Promise<Piece[]> => {
    printed.length = 0;
    const pieces: Piece[] = [];
    const order = {
      ...{ key: name, isFirst: true, entryPoint: 'agent.py', environment: ENVIRONMENT, headers: {} },
      files: { 'agent.py': agentPy, 'full_prompt.md': 'You are friendly.' },
      sessionId: 'a-session-of-at-least-33-characters',
      payload: { prompt: 'Where is my order A-1024?', session_id: 'one', actor_id: '+14155550100' },
    };
    for await (const piece of machine.run(order)) pieces.push(piece);
    return pieces;
  };

  it('know time zones as they are elsewhere', async () => {
    const agentPy = `
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()

@app.entrypoint
def invoke(payload):
    berlin = ZoneInfo("Europe/Berlin")
    try:
        ZoneInfo("Europe/Nowhere")
    except ZoneInfoNotFoundError:
        pass
    times = [
        datetime(2026, 1, 5, 12, tzinfo=berlin),
        datetime(2026, 7, 5, 12, tzinfo=berlin),
        datetime(2026, 10, 25, 2, 30, tzinfo=berlin),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin),
        datetime(2026, 10, 25, 1, 30, tzinfo=timezone.utc).astimezone(berlin),
        datetime(2026, 7, 5, 12, tzinfo=ZoneInfo("America/St_Johns")),
    ]
    return [each.isoformat() for each in times]

if __name__ == "__main__":
    app.run()
`;
    const [piece] = await run('zones', agentPy);

    expect(JSON.parse(piece!.json), printed.join('\n')).toEqual([
      '2026-01-05T12:00:00+01:00',
      '2026-07-05T12:00:00+02:00',
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:30:00+01:00',
      '2026-10-25T02:30:00+01:00',
      '2026-07-05T12:00:00-02:30',
    ]);
  });

  it('have their tools called by Strands, and told what came of it', async () => {
    const [piece] = await run('strands', samples('good').find(({ name }) => name.includes('strands-agent'))!.agentPy);

    expect(JSON.parse(piece!.json)).toEqual({ result: `${SAID}\n` });
    expect(asked.at(-1)?.messages.at(-1)?.content).toMatchObject([{ toolResult: { status: 'success' } }]);
    expect(asked.at(-1)?.toolConfig?.tools[0]?.toolSpec).toMatchObject({
      name: 'check_order_status',
      inputSchema: { json: { properties: { order_number: { type: 'string' } }, required: ['order_number'] } },
    });
  });

  it.each(samples('good').map(({ name, agentPy }) => [name, agentPy] as const))(
    '%s comes up and answers',
    async (name, agentPy) => {
      const pieces = await run(name, agentPy);

      expect(
        pieces.filter(({ part }) => part === 'broken' || part === 'failed'),
        printed.join('\n'),
      ).toEqual([]);
      expect(pieces.length).toBeGreaterThan(0);
      expect(pieces.map(({ json }) => json).join(''), printed.join('\n')).not.toMatch(/error/i);
    },
    60_000,
  );
});
