import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Finding } from '../../src/creator/artefacts.js';
import { type ConverseAuthorOptions, converseAuthor, type Question } from '../../src/creator/author.js';
import type { ConverseScript } from '../../src/emulator/models/converse.js';
import { type ModelsEmulator, startModels } from '../../src/emulator/models/server.js';

const MODEL = 'amazon.nova-pro-v1:0';
const TOOL = 'submit_answer';
const schema = z.object({ words: z.string().min(1), count: z.int().max(9) });
type Value = z.infer<typeof schema>;
const GOOD: Value = { words: 'naïve\n"quoted" \\n', count: 3 };
const usage = { inputTokens: 100, outputTokens: 10 };

let models: ModelsEmulator;
let close: () => void;
beforeEach(async () => {
  models = await startModels();
});
afterEach(async () => {
  close();
  await models.close();
});

/** Answers one after the other, the last one again and again. */
const answering = (...scripts: ConverseScript[]) => {
  models.onConverse((_, count) => scripts[Math.min(count, scripts.length) - 1]);
};
const call = (input: unknown, more: ConverseScript = {}): ConverseScript => ({
  toolUses: [{ name: TOOL, input }],
  usage,
  ...more,
});

const ask = (more: Partial<Question<Value>> = {}, options: Partial<ConverseAuthorOptions> = {}) => {
  const { url: endpoint, region, credentials } = models;
  const author = converseAuthor({
    modelId: MODEL,
    place: { endpoint, region, credentials },
    maxAttempts: 1,
    ...options,
  });
  close = () => author.close();
  return author.ask({
    prompt: 'You count words.',
    documents: [
      { name: 'sop', body: 'One two three.' },
      { name: 'voices', body: '[]' },
    ],
    tool: { name: TOOL, description: 'Gives the answer.' },
    schema,
    signal: new AbortController().signal,
    ...more,
  });
};

describe('the author', () => {
  it('asks with the prompt as system, each document fenced, and one tool that has to be called', async () => {
    answering(call(GOOD));
    const answer = await ask({}, { maxTokens: 5000 });

    expect(answer).toEqual({ value: GOOD, findings: [], usage, repairs: 0 });
    expect(models.conversations).toHaveLength(1);
    const [{ modelId, system, forcedTool, messages, body }] = models.conversations as [
      (typeof models.conversations)[number],
    ];
    expect({ modelId, system, forcedTool }).toEqual({
      modelId: MODEL,
      system: 'You count words.',
      forcedTool: TOOL,
    });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { text: '<document name="sop" fence="7493b32ad0b5">\nOne two three.\n</document 7493b32ad0b5>' },
          { text: expect.stringMatching(/^<document name="voices" fence="[0-9a-f]{12}">\n\[\]\n/) as string },
          { text: `Call the tool ${TOOL} with your answer.` },
        ],
      },
    ]);
    expect(body.inferenceConfig).toEqual({ temperature: 0, maxTokens: 5000 });
    expect(body.toolConfig).toMatchObject({
      tools: [
        {
          toolSpec: {
            name: TOOL,
            description: 'Gives the answer.',
            inputSchema: { json: { type: 'object', required: ['words', 'count'] } },
          },
        },
      ],
    });
  });

  it('lets the model write as much as it can, unless it is told otherwise', async () => {
    answering(call(GOOD));
    await ask();

    expect(models.conversations[0]?.body.inferenceConfig).toEqual({ temperature: 0 });
  });

  it('sends back what does not fit, with every problem, and adds up what was used', async () => {
    answering(call({ words: '', count: 30 }), call(GOOD));
    const answer = await ask();

    expect(answer).toEqual({
      value: GOOD,
      findings: [],
      usage: { inputTokens: 200, outputTokens: 20 },
      repairs: 1,
    });
    const [, said, back] = models.conversations[1]!.messages;
    expect(said).toMatchObject({ role: 'assistant', content: [{ toolUse: { input: { words: '', count: 30 } } }] });
    expect(back).toMatchObject({ role: 'user', content: [{ toolResult: { status: 'error' } }] });
    const words = JSON.stringify(back);
    expect(words).toMatch(/words: /);
    expect(words).toMatch(/count: /);
  });

  it('sends back what a check finds, and gives the last answer with its findings when that was of no use', async () => {
    const findings: Finding[] = [{ file: 'sop', rule: 'x', line: 1, message: 'line 1 is missing' }];
    answering(call(GOOD));
    const answer = await ask({ verify: () => findings });

    expect(answer).toMatchObject({ value: GOOD, findings, repairs: 2 });
    expect(models.conversations).toHaveLength(3);
    expect(JSON.stringify(models.conversations[1]!.messages[2])).toContain('line 1 is missing');
  });

  it('gives the answer whose repair a check has accepted', async () => {
    answering(call({ ...GOOD, count: 1 }), call(GOOD));
    const verify = ({ count }: Value): Finding[] =>
      count === 3 ? [] : [{ file: 'plan', rule: 'x', line: null, message: 'count again' }];

    expect(await ask({ verify })).toMatchObject({ value: GOOD, findings: [], repairs: 1 });
  });

  it('gives up after two repairs, with what was wrong and what it has cost', async () => {
    answering(call({ words: 7 }));

    await expect(ask()).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringMatching(/gave no answer that fits, also after 2 repairs: words: .*; count: /) as string,
      details: {
        reason: 'bad-answer',
        retryable: false,
        repairs: 2,
        usage: { inputTokens: 300, outputTokens: 30 },
      },
    });
    expect(models.conversations).toHaveLength(3);
  });

  it('reminds a model that talks instead of calling the tool', async () => {
    answering({ text: 'Three words, I think.', stopReason: 'end_turn', usage }, call(GOOD));
    const answer = await ask();

    expect(answer).toMatchObject({ value: GOOD, repairs: 1 });
    expect(models.conversations[1]!.messages[2]).toMatchObject({
      content: [{ text: expect.stringContaining('was not called') as string }],
    });
  });

  it('answers every call of a model that calls twice, and takes the first', async () => {
    const twice = { toolUses: [1, 2].map((count) => ({ name: TOOL, input: { count } })), usage };
    answering(twice, call(GOOD));
    await ask();

    expect(models.conversations[1]!.messages[2]?.content).toHaveLength(2);
  });

  it.each(['malformed_tool_use', 'malformed_model_output'])(
    'asks the same once more when the model lost its way (%s)',
    async (stopReason) => {
      answering({ text: '{"words": ', stopReason, usage }, call(GOOD));
      const answer = await ask();

      expect(answer).toMatchObject({ value: GOOD, repairs: 1 });
      expect(models.conversations[1]!.messages).toEqual(models.conversations[0]!.messages);
    },
  );

  it.each(['max_tokens', 'model_context_window_exceeded'])(
    'says what can be done when %s ended an answer',
    async (stopReason) => {
      answering(call(GOOD, { stopReason }));

      await expect(ask({ ifTooLong: 'Split it.' })).rejects.toMatchObject({
        message: expect.stringMatching(/\. Split it\.$/) as string,
      });
    },
  );

  it.each([
    ['max_tokens', 'truncated', 'stopped in the middle of its answer'],
    ['guardrail_intervened', 'refused', 'was stopped by a guardrail'],
    ['content_filtered', 'refused', 'was stopped by a content filter'],
    ['model_context_window_exceeded', 'refused', 'was given more than it can read'],
  ])('takes nothing from an answer that ended with %s', async (stopReason, reason, words) => {
    answering(call(GOOD, { stopReason }));

    await expect(ask()).rejects.toMatchObject({
      message: expect.stringContaining(words) as string,
      details: { reason, retryable: false, usage, repairs: 0 },
    });
    expect(models.conversations).toHaveLength(1);
  });
});

describe('a service that does not answer', () => {
  it('because it is busy is asked again by the SDK', async () => {
    answering(call(GOOD));
    models.failNext({ kind: 'http', status: 429, type: 'ThrottlingException' });

    expect(await ask({}, { maxAttempts: 2 })).toMatchObject({ value: GOOD, repairs: 0 });
    expect(models.requests).toHaveLength(2);
  });

  it.each([
    ['busy', { kind: 'http', status: 429, type: 'ThrottlingException' }, 'throttled', true, 'is too busy'],
    [
      'broken',
      { kind: 'http', status: 503, type: 'ServiceUnavailableException' },
      'unavailable',
      true,
      'cannot be reached',
    ],
    ['away', { kind: 'reset' }, 'unavailable', true, 'cannot be reached'],
    ['cut off', { kind: 'cut', afterBytes: 10 }, 'unavailable', true, 'cannot be reached'],
    ['lost in thought', { kind: 'http', status: 424, type: 'ModelErrorException' }, 'truncated', true, 'broke off'],
    [
      'closed to us',
      { kind: 'http', status: 403, type: 'AccessDeniedException' },
      'credentials',
      false,
      'does not let',
    ],
    [
      'not there',
      { kind: 'http', status: 404, type: 'ResourceNotFoundException' },
      'not-found',
      false,
      'does not exist',
    ],
    ['strict', { kind: 'http', status: 400, type: 'ValidationException' }, 'refused', false, 'refused'],
  ] as const)(
    'because it is %s is told in words, and whether that passes',
    async (_, fault, reason, retryable, words) => {
      models.failNext(fault);

      await expect(ask()).rejects.toMatchObject({
        code: 'TOOL_FAILED',
        message: expect.stringContaining(`${MODEL} ${words}`) as string,
        details: { reason, retryable },
      });
    },
  );

  it('tells what earlier answers have cost', async () => {
    answering(call({}));
    models.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException' }, 1, ({ body }) =>
      body.toString().includes('toolResult'),
    );

    await expect(ask()).rejects.toMatchObject({ details: { reason: 'credentials', usage, repairs: 1 } });
  });

  it('is not waited for when nobody waits any more', async () => {
    models.failNext({ kind: 'hang' });
    const cancelled = new AbortController();
    const asked = ask({ signal: cancelled.signal });
    await models.nextRequest();
    cancelled.abort(new Error('cancelled'));

    await expect(asked).rejects.toThrow();
    await expect.poll(() => models.openRequests).toBe(0);
  });
});
