import { describe, expect, it } from 'vitest';
import { allowedTools, listedTools } from '../../src/mcp/listed-tools.js';

const inputSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const one = (tool: object) => listedTools([{ name: 'a', ...tool }])[0];

describe('the tools of a list', () => {
  it('keep their order, words and schemas, and whether they only look things up', () => {
    const tools = listedTools([
      { name: 'orders___look_up', description: 'Looks up an order.', inputSchema },
      { name: 'b.c', description: 'More.', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
    ]);

    expect(tools).toEqual([
      { name: 'orders___look_up', remoteName: 'orders___look_up', description: 'Looks up an order.', inputSchema },
      {
        name: expect.stringMatching(/^b_c_/),
        remoteName: 'b.c',
        description: 'More.',
        inputSchema: { type: 'object' },
        isReadOnly: true,
      },
    ]);
  });

  it.each([
    ['what is no object', 'a'],
    ['a list', []],
    ['nothing', null],
    ['a tool without a name', { description: 'x' }],
    ['an empty name', { name: '' }],
    ['a name that is no text', { name: 7 }],
    ['what can only be run as a task', { name: 'a', execution: { taskSupport: 'required' } }],
  ])('are without %s', (_what, tool) => {
    expect(listedTools([tool, { name: 'good' }]).map(({ name }) => name)).toEqual(['good']);
  });

  it('are each listed once', () => {
    const tools = listedTools([
      { name: 'a', description: 'first' },
      { name: 'a', description: 'second' },
    ]);

    expect(tools.map(({ description }) => description)).toEqual(['first']);
  });

  it.each([
    ['no schema', undefined, { type: 'object', properties: {} }],
    ['text', 'object', { type: 'object', properties: {} }],
    ['a list', [], { type: 'object', properties: {} }],
    ['the schema of something else', { type: 'array', items: {} }, { type: 'object', properties: {} }],
    ['no type', { properties: { a: {} } }, { properties: { a: {} }, type: 'object' }],
    ['a schema of an object', inputSchema, inputSchema],
  ])('with %s have a schema of an object', (_what, given, schema) => {
    expect(one({ inputSchema: given })?.inputSchema).toEqual(schema);
  });

  it.each([
    [{ description: ' Finds things. ' }, 'Finds things.'],
    [{ description: '  ', title: 'Find' }, 'Find'],
    [{ annotations: { title: 'Find' } }, 'Find'],
    [{ description: 7, title: null }, 'a'],
    [{ description: 'x'.repeat(4001) }, 'x'.repeat(4000)],
    [{ description: `${'x'.repeat(3999)}😀` }, 'x'.repeat(3999)],
    [{ description: `${'x'.repeat(3998)}😀` }, `${'x'.repeat(3998)}😀`],
  ])('are described by what there is: %#', (tool, description) => {
    expect(one(tool)?.description).toBe(description);
  });

  it('are limited to those that are allowed, by the names of the server', () => {
    const tools = listedTools([{ name: 'a.b' }, { name: 'c' }, { name: 'd' }]);

    expect(allowedTools(tools, []).length).toBe(3);
    expect(allowedTools(tools, ['a.b', 'd', 'gone']).map(({ remoteName }) => remoteName)).toEqual(['a.b', 'd']);
  });
});
