import { describe, expect, it } from 'vitest';
import { callResultSchema, toolAnswer } from '../../src/mcp/tool-output.js';

const answerOf = (result: object) => toolAnswer(callResultSchema.parse(result));
const text = (words: string) => ({ type: 'text', text: words });

describe('the result of a tool', () => {
  it.each([
    ['one text', [text('in stock')], { text: 'in stock' }],
    ['several texts', [text('one'), text('two')], { text: 'one\ntwo' }],
    ['nothing', [], { text: '' }],
    ['a text file', [{ type: 'resource', resource: { uri: 'file:///a', text: 'words' } }], { text: 'words' }],
    [
      'an image between texts',
      [text('before'), { type: 'image', data: 'AAAA', mimeType: 'image/png' }, text('after')],
      { text: 'before\nafter', leftOut: ['image (image/png)'] },
    ],
    [
      'sound, a file and a link',
      [
        { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
        { type: 'resource', resource: { uri: 'file:///b.pdf', blob: 'AAAA' } },
        { type: 'resource_link', uri: 'https://example.com/terms', name: 'terms' },
        { type: 'new_kind' },
      ],
      { text: '', leftOut: ['audio (audio/wav)', 'resource (file:///b.pdf)', 'link (terms)', 'new_kind'] },
    ],
  ])('with %s becomes plain', (_what, content, output) => {
    expect(answerOf({ content })).toEqual({ output, isError: false });
  });

  it('is the structured content where there is any', () => {
    const structuredContent = { items: [{ id: 1 }] };

    expect(answerOf({ content: [text('{"items":[{"id":1}]}')], structuredContent }).output).toEqual(structuredContent);
  });

  it('says whether the tool failed in its own words', () => {
    expect(answerOf({ content: [text('no such order')], isError: true })).toEqual({
      output: { text: 'no such order' },
      isError: true,
    });
  });

  it.each([{ content: 'text' }, { content: [{ text: 'x' }] }, { structuredContent: [1] }, { isError: 'yes' }])(
    'is not taken from %o',
    (result) => {
      expect(callResultSchema.safeParse(result).success).toBe(false);
    },
  );
});
