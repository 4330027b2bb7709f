import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamedAnswer } from '../../src/agents/answer-stream.js';
import { errorIn, textOf } from '../../src/agents/answer-text.js';

const streamed = (...values: readonly unknown[]) => {
  const answer = new StreamedAnswer();
  for (const value of values) answer.add({ type: 'message', data: JSON.stringify(value) });
  return answer;
};
const delta = (text: string) => ({ event: { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } } });

describe('the words of an answer', () => {
  it.each<[string, unknown]>([
    ['a string', 'Shipped.'],
    ['result', { result: 'Shipped.' }],
    ['response, beside other things', { session_id: 's', response: 'Shipped.' }],
    ['output', { output: 'Shipped.' }],
    ['completion', { completion: 'Shipped.' }],
    ['text', { text: 'Shipped.' }],
    ['a message of Strands', { result: { role: 'assistant', content: [{ text: 'Shipped.' }] } }],
    ['the output of Converse', { output: { message: { role: 'assistant', content: [{ text: 'Shipped.' }] } } }],
    ['a nested response', { output: { response: 'Shipped.' } }],
    ['choices', { choices: [{ message: { content: 'Shipped.' } }] }],
    ['JSON in a string', '{"result":"Shipped."}'],
    ['content blocks', [{ text: 'Shipped.' }, { toolUse: { name: 'x' } }]],
    ['the first place that is not empty', { result: '', response: 'Shipped.' }],
  ])('are found in %s', (_, value) => {
    expect(textOf(value)).toBe('Shipped.');
  });

  it.each<[string, unknown]>([
    ['data', { order: { id: 1 } }],
    ['data within result', { result: { order: 1 } }],
    ['a list of data', [1, 2]],
    ['nothing', null],
    ['a number', 3],
  ])('are not made up from %s', (_, value) => {
    expect(textOf(value)).toBeUndefined();
  });

  it('never fail to be looked for', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => ['string', 'undefined'].includes(typeof textOf(value))));
  });
});

describe('an error in an answer', () => {
  it.each<[string, unknown, string | undefined]>([
    ['as a string', { error: 'no such order', error_type: 'ValueError' }, 'no such order'],
    ['as an object', { error: { message: 'no such order', code: 3 } }, 'no such order'],
    ['as an object of data', { error: { code: 3 } }, '{"code":3}'],
    ['as a flag', { error: true, message: 'no such order' }, 'no such order'],
    ['as a bare flag', { error: true }, ''],
    ['within the output', { output: { error: 'no such order' } }, 'no such order'],
    ['in a string', '{"error":"no such order"}', 'no such order'],
    ['that is null', { error: null, result: 'x' }, undefined],
    ['that is empty', { error: '', result: 'x' }, undefined],
    ['that is false', { error: false, result: 'x' }, undefined],
    ['as a mere word', 'error', undefined],
  ])('%s is told', (_, value, error) => {
    expect(errorIn(value)).toBe(error);
  });
});

describe('a streamed answer', () => {
  it.each<[string, unknown[], string]>([
    ['strings', ['Hello', ' world'], 'Hello world'],
    ['deltas of Converse', [{ contentBlockDelta: { delta: { text: 'Hello' } } }, delta(' world')], 'Hello world'],
    ['data of Strands', [{ init_event_loop: true }, { data: 'Hello' }, { data: ' world' }], 'Hello world'],
    ['tokens', [{ token: 'Hello' }, { token: ' world' }], 'Hello world'],
    ["OpenAI's chunks", [{ choices: [{ delta: { content: 'Hello' } }] }, { choices: [{ delta: {} }] }], 'Hello'],
    ["Anthropic's events", [{ type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hello' } }], 'Hello'],
    ['AG-UI events', [{ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'Hello' }], 'Hello'],
    ['one result', [{ result: 'Hello world' }], 'Hello world'],
    ['growing responses', [{ response: 'Hel' }, { response: 'Hello' }, { response: 'Hello world' }], 'Hello world'],
    ['pieces of responses', [{ response: 'Hello' }, { response: ' world' }], 'Hello world'],
    ['progress and a result', ['Looking it up.', { result: 'It is shipped.' }], 'Looking it up.\nIt is shipped.'],
    ['data only', [{ order: 1 }, { order: 2 }], '{"order":1}\n{"order":2}'],
    ['progress only', [{ start: true }, { event: { messageStart: { role: 'assistant' } } }], ''],
    ['what Python could not write', [{ data: 'Hello' }, "{'agent': <Agent at 0x7f>}"], 'Hello'],
  ])('of %s is put together', (_, values, text) => {
    expect(streamed(...values).text).toBe(text);
  });

  it('is given once although Strands sends it four times over', () => {
    const answer = streamed(
      delta('Let me look.'),
      { data: 'Let me look.', delta: { text: 'Let me look.' } },
      { event: { messageStop: { stopReason: 'tool_use' } } },
      { message: { role: 'assistant', content: [{ text: 'Let me look.' }, { toolUse: { name: 'orders' } }] } },
      { message: { role: 'user', content: [{ toolResult: { content: [{ text: 'row 7' }] } }] } },
      delta('It is'),
      { data: 'It is' },
      delta(' shipped.'),
      { data: ' shipped.' },
      { message: { role: 'assistant', content: [{ text: 'It is shipped.' }] } },
      { result: 'It is shipped.\n' },
    );

    expect(answer.text).toBe('Let me look.\nIt is shipped.');
  });

  it('of plain text is put together, without an end mark', () => {
    const answer = new StreamedAnswer();
    for (const data of ['Hello', ' world', '[DONE]', '{"half']) answer.add({ type: 'message', data });

    expect(answer.text).toBe('Hello world');
  });

  it.each<[string, unknown, string]>([
    ['AgentCore', { error: 'no such order', error_type: 'KeyError', message: 'An error occurred' }, 'no such order'],
    ['Converse', { event: { throttlingException: { message: 'too fast' } } }, 'too fast'],
    ['Strands', { force_stop: true, force_stop_reason: 'too fast' }, 'too fast'],
    ['AG-UI', { type: 'RUN_ERROR', message: 'too fast' }, 'too fast'],
  ])('ends in an error as %s tells it', (_, value, error) => {
    const answer = streamed('Hello', value);

    expect(answer.error).toBe(error);
  });

  it('ends in an error when an event is one by its type', () => {
    const answer = new StreamedAnswer();
    answer.add({ type: 'error', data: 'out of order' });

    expect(answer.error).toBe('out of order');
  });

  it('of words alone is those words', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z ]{1,8}$/), { minLength: 1 }), (words) => {
        expect(streamed(...words.map((data) => ({ data }))).text).toBe(words.join('').trim());
      }),
    );
  });
});
