import { setImmediate } from 'node:timers/promises';
import { ConverseCommand, type ConverseCommandInput, type Message, type Tool } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import type { ConverseScript } from '../../../src/emulator/models/converse.js';
import type { ModelsOptions } from '../../../src/emulator/models/server.js';
import { connect, invalid } from './place.js';

const PLAN: Tool = { toolSpec: { name: 'write_plan', inputSchema: { json: { type: 'object' } } } };
const user = (text: string): Message => ({ role: 'user', content: [{ text }] });
const assistant = (text: string): Message => ({ role: 'assistant', content: [{ text }] });
const call: Message = {
  role: 'assistant',
  content: [{ toolUse: { toolUseId: 'tooluse_1', name: 'write_plan', input: {} } }],
};
const result = (toolUseId = 'tooluse_1'): Message => ({
  role: 'user',
  content: [{ toolResult: { toolUseId, content: [{ text: 'done' }] } }],
});

async function place(script: ConverseScript | ModelsOptions['converse'] = { text: 'Hello.' }) {
  const converse = typeof script === 'function' ? script : () => script;
  const connected = await connect({ converse });
  const ask = (request: Partial<ConverseCommandInput> = {}) =>
    connected.client.send(
      new ConverseCommand({ modelId: 'us.amazon.nova-pro-v1:0', messages: [user('Hi')], ...request }),
    );
  return { ...connected, ask };
}

describe('a conversing model', () => {
  it('says what was scripted, and counts', async () => {
    const { ask, server } = await place();

    const answer = await ask({ system: [{ text: 'Be brief.' }] });

    expect(answer).toMatchObject({
      output: { message: { role: 'assistant', content: [{ text: 'Hello.' }] } },
      stopReason: 'end_turn',
      metrics: { latencyMs: 0 },
    });
    const { inputTokens = 0, outputTokens = 0, totalTokens } = answer.usage ?? {};
    expect(totalTokens).toBe(inputTokens + outputTokens);
    expect(server.conversations).toMatchObject([{ modelId: 'us.amazon.nova-pro-v1:0', system: 'Be brief.' }]);
  });

  it('answers step by step, by what it is asked', async () => {
    const { ask } = await place(({ messages }, count) => ({
      text: `${count}: ${String(messages.at(-1)?.content[0]?.text)}`,
    }));

    const first = await ask();
    const second = await ask({ messages: [user('Hi'), assistant('1'), user('Again')] });

    expect([first, second].map(({ output }) => output?.message?.content?.[0]?.text)).toEqual(['1: Hi', '2: Again']);
  });

  it('calls the tool that it has to call', async () => {
    const { ask } = await place({ toolUses: [{ name: 'write_plan', input: { steps: ['a', 'b'] } }] });

    const answer = await ask({ toolConfig: { tools: [PLAN], toolChoice: { tool: { name: 'write_plan' } } } });

    expect(answer.stopReason).toBe('tool_use');
    expect(answer.output?.message?.content).toEqual([
      { toolUse: { toolUseId: 'tooluse_1_0', name: 'write_plan', input: { steps: ['a', 'b'] } } },
    ]);
  });

  it('stops early, takes its time and fails as it was scripted to', async () => {
    const { ask, clock } = await place((_, count) =>
      count === 1
        ? { text: 'cut', stopReason: 'max_tokens', delayMs: 700 }
        : { error: { status: 424, type: 'ModelErrorException', message: 'The model fell over.' } },
    );
    const first = ask();
    while (clock.pendingTimers === 0) await setImmediate();
    clock.advance(700);

    expect(await first).toMatchObject({ stopReason: 'max_tokens', metrics: { latencyMs: 700 } });
    await expect(ask()).rejects.toMatchObject({ name: 'ModelErrorException', message: 'The model fell over.' });
  });

  it.each([
    ['nothing', undefined, 'no answer was scripted'],
    ['an unknown tool', { toolUses: [{ name: 'other', input: {} }] }, 'has no tool of'],
    ['text where a tool is demanded', { text: 'no' }, 'which the request demands'],
    ['empty content', { content: [] }, 'does not call write_plan'],
  ])('is a fault of the test when it was scripted to say %s', async (_, script, message) => {
    const { ask } = await place(() => script);
    const toolConfig = { tools: [PLAN], toolChoice: { tool: { name: 'write_plan' } } };

    await expect(ask({ toolConfig })).rejects.toMatchObject({
      name: 'InternalServerException',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('a conversation is refused', () => {
  it.each<[string, Partial<ConverseCommandInput>, string | RegExp]>([
    ['of an unknown model', { modelId: 'acme.talk-v1' }, 'The provided model identifier is invalid.'],
    ['without messages', { messages: [] }, /messages field is empty/],
    ['begun by the assistant', { messages: [assistant('a'), user('b')] }, /must start with a user message/],
    ['ended by the assistant', { messages: [user('a'), assistant('b')] }, /must end with a user message/],
    ['of one who says two things', { messages: [user('a'), user('b')] }, /must alternate/],
    ['with an empty message', { messages: [{ role: 'user', content: [] }] }, /at messages\.0 is empty/],
    ['with blank text', { messages: [user(' ')] }, /at messages\.0\.content\.0 is blank/],
    [
      'of somebody else',
      { messages: [{ role: 'system' as 'user', content: [{ text: 'a' }] }] },
      /messages\.1\.member\.role/,
    ],
    [
      'without the result of a call',
      { messages: [user('a'), call, user('b')], toolConfig: { tools: [PLAN] } },
      'Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1',
    ],
    [
      'with a result of no call',
      { messages: [result()], toolConfig: { tools: [PLAN] } },
      /^The number of toolResult blocks at messages\.0\.content exceeds/,
    ],
    [
      'with the result of another call',
      { messages: [user('a'), call, result('tooluse_2')], toolConfig: { tools: [PLAN] } },
      /following Ids: tooluse_1/,
    ],
    ['with calls but without tools', { messages: [user('a'), call, result()] }, /toolConfig field must be defined/],
    [
      'with a demand for an unknown tool',
      { toolConfig: { tools: [PLAN], toolChoice: { tool: { name: 'x' } } } },
      /x of toolConfig/,
    ],
    ['with two tools of one name', { toolConfig: { tools: [PLAN, PLAN] } }, /write_plan twice/],
    [
      'with an empty list of tools',
      { toolConfig: { tools: [] } },
      /at 'toolConfig\.tools'.*greater than or equal to 1/,
    ],
    [
      'with a bad name of a tool',
      { toolConfig: { tools: [{ toolSpec: { name: 'write plan', inputSchema: { json: {} } } }] } },
      /toolSpec\.name'.*regular expression pattern: \[a-zA-Z0-9_-\]\+/,
    ],
    [
      'hotter than one',
      { inferenceConfig: { temperature: 1.5 } },
      /at 'inferenceConfig\.temperature'.*less than or equal to 1/,
    ],
  ])('%s', async (_, change, message) => {
    const { ask } = await place();

    await expect(ask(change)).rejects.toMatchObject(
      typeof message === 'string'
        ? invalid(message)
        : { name: 'ValidationException', message: expect.stringMatching(message) as string },
    );
  });
});
