import { describe, expect, it } from 'vitest';
import { checkedInput } from '../../src/tools/input.js';
import { InputSchemas } from '../../src/tools/schema.js';

const SCHEMA = {
  type: 'object',
  properties: {
    order: { type: 'string', pattern: '^[0-9]{5}$', description: 'five digits' },
    size: { enum: ['small', 'large'] },
    items: { type: 'array', items: { type: 'object', properties: { count: { type: 'number' } } } },
  },
  required: ['order'],
  additionalProperties: false,
};

const check = (input: unknown, schema: Record<string, unknown> = SCHEMA) =>
  checkedInput(input, schema, new InputSchemas());

describe('the input of a tool', () => {
  it.each([
    [{}, '"order" is missing'],
    [{ order: 12345 }, '"order" must be string'],
    [{ order: 'five' }, '"order" does not have the right form (five digits)'],
    [{ order: '12345', size: 'huge' }, '"size" must be one of: small, large'],
    [{ order: '12345', colour: 'red' }, '"colour" is not a field of this tool'],
    [{ order: '12345', items: [{ count: 'two' }] }, '"items.0.count" must be number'],
    [{ size: 'huge', colour: 'red' }, /"order" is missing.*"colour".*"size"/],
  ])('%j is answered in words', (input, words) => {
    expect(() => check(input)).toThrow(expect.objectContaining({ code: 'TOOL_INPUT_INVALID' }));
    expect(() => check(input)).toThrow(words);
  });

  it.each([undefined, null, 'no JSON', '[1]', [1], 7])('%j is no object', (input) => {
    expect(() => check(input)).toThrow('the input is not a JSON object');
  });

  it.each([
    ['the whole, as text', JSON.stringify({ order: '12345' }), { order: '12345' }],
    ['the whole, in its only field', { input: '{"order":"12345"}' }, { order: '12345' }],
    ['a field', { order: '12345', items: '[{"count":2}]' }, { order: '12345', items: [{ count: 2 }] }],
  ])('is decoded where it was encoded once too often: %s', (_what, input, expected) => {
    expect(check(input)).toEqual(expected);
  });

  it('is not decoded twice, nor where a text is wanted', () => {
    const text = { type: 'object', properties: { note: { type: 'string' } }, required: ['note'] };

    expect(check({ note: '{"note":"x"}' }, text)).toEqual({ note: '{"note":"x"}' });
    expect(() => check(JSON.stringify(JSON.stringify({ order: '12345' })))).toThrow('not a JSON object');
  });

  it('is left as it came when it is right', () => {
    const input = { order: '12345' };

    expect(check(input)).toBe(input);
    expect(checkedInput(input, undefined, new InputSchemas())).toBe(input);
  });
});

describe('schemas', () => {
  it('of two agents may have the same id', () => {
    const schemas = new InputSchemas();
    const a = { $id: 'https://example.com/input', type: 'object', required: ['a'] };
    const b = { $id: 'https://example.com/input', type: 'object', required: ['b'] };

    expect(schemas.problems(a, { a: 1 })).toEqual([]);
    expect(schemas.problems(b, { a: 1 })).toHaveLength(1);
    expect(schemas.problems(a, { a: 1 })).toEqual([]);
  });

  it('that make no sense let everything through: the server that has them checks itself', () => {
    expect(new InputSchemas().problems({ type: 'object', properties: { a: { type: 'text' } } }, {})).toEqual([]);
  });
});
