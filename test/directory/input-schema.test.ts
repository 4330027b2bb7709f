import { describe, expect, it } from 'vitest';
import { agentInputSchema } from '../../src/directory/agent.js';
import { requireAble } from '../../src/directory/agent-rules.js';
import { schemaProblem } from '../../src/directory/input-schema.js';

const ORDER = { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] };

describe('a schema for inputs', () => {
  it.each([
    ['a type that JSON has not', { type: 'object', properties: { a: { type: 'text' } } }, /type must be JSONType/],
    ['a bound that is no number', { type: 'object', properties: { a: { minimum: 'x' } } }, /minimum value must be/],
    ['a pattern that is none', { type: 'object', properties: { a: { pattern: '(' } } }, /regular expression/],
    ['a reference to nowhere', { type: 'object', properties: { a: { $ref: '#/nowhere' } } }, /can't resolve/],
    ['an asynchronous schema', { $async: true, type: 'object' }, /asynchronous/],
    ['a schema that is too long', { type: 'object', description: 'x'.repeat(70_000) }, /longer than/],
  ])('with %s is refused with its fault', (_what, schema, problem) => {
    expect(schemaProblem(schema)).toMatch(problem);
  });

  it.each([
    ['without a dialect', ORDER],
    ['of 2020-12', { ...ORDER, $schema: 'https://json-schema.org/draft/2020-12/schema' }],
    [
      'of draft 7',
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: { pair: { type: 'array', items: [{ type: 'string' }] } },
      },
    ],
    ['with a format that we do not know', { type: 'object', properties: { a: { type: 'string', format: 'iban' } } }],
  ])('%s is taken', (_what, schema) => {
    expect(schemaProblem(schema)).toBeUndefined();
  });
});

describe('an agent that is saved', () => {
  const save = (...schemas: (object | undefined)[]) => {
    const tools = schemas.map((inputSchema, index) => ({
      kind: 'hang-up',
      name: `tool_${index}`,
      description: 'Ends the call.',
      ...(inputSchema && { inputSchema }),
    }));
    requireAble(agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools }), 'amazon.nova-2-sonic-v1:0');
  };

  it('is refused with the place of each schema that makes no sense', () => {
    const senseless = { type: 'object', properties: { a: { type: 'text' } } };
    const errors = [
      { field: 'tools.1.inputSchema', message: expect.stringContaining('JSONType') },
      { field: 'tools.3.inputSchema', message: expect.stringContaining('JSONType') },
    ];

    expect(() => save(ORDER, senseless, undefined, senseless)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', details: { errors } }),
    );
    expect(() => save(ORDER, undefined)).not.toThrow();
  });

  it('that was saved earlier can still be read', () => {
    const tools = [
      { kind: 'hang-up', name: 'x', description: 'x', inputSchema: { type: 'object', minProperties: 'x' } },
    ];

    expect(agentInputSchema.safeParse({ name: 'A', systemPrompt: 'p', tools }).success).toBe(true);
  });
});
