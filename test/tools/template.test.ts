import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filled, inputsOf } from '../../src/tools/template.js';

const VALUES = {
  input: { prompt: 'Where is it?', count: 3, tags: ['a', 'b'], address: { city: 'Oslo' } },
  callSid: 'CA1',
  sessionId: 'session-1',
  caller: '+14155550101',
  called: '+14155550102',
  variables: { plan: 'gold' },
};

describe('a payload', () => {
  it.each([
    ['{{input.prompt}}', 'Where is it?'],
    ['{{ input.count }}', 3],
    ['{{input.tags}}', ['a', 'b']],
    ['{{input.address.city}}', 'Oslo'],
    ['{{input}}', VALUES.input],
    ['{{callSid}}/{{sessionId}}', 'CA1/session-1'],
    ['{{caller}} calls {{called}} on {{variables.plan}}', '+14155550101 calls +14155550102 on gold'],
    ['{{input.count}} of {{input.tags}}', '3 of ["a","b"]'],
    ['[{{input.missing}}]', '[]'],
    ['{{variables.toString}}', undefined],
    ['no placeholder', 'no placeholder'],
  ])('fills "%s"', (template, expected) => {
    expect(filled(template, VALUES)).toEqual(expected);
  });

  it('is filled at every depth, and goes without fields whose value is missing', () => {
    const template = { a: { b: ['{{input.count}}', '{{input.missing}}', 1, null] }, c: '{{input.missing}}' };

    expect(filled(template, VALUES)).toEqual({ a: { b: [3, null, 1, null] } });
  });

  it('never looks again at what was filled in', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const prompt = `${text}{{callSid}}`;

        expect(filled({ x: '{{input.prompt}}', y: 'say {{input.prompt}}' }, { ...VALUES, input: { prompt } })).toEqual({
          x: prompt,
          y: `say ${prompt}`,
        });
      }),
    );
  });

  it('tells which fields of the input it needs', () => {
    const needed = inputsOf({ a: '{{input.order}} {{caller}}', b: ['{{input.address.city}}', '{{input.order}}'] });

    expect([...needed]).toEqual([
      ['order', { isNested: false }],
      ['address', { isNested: true }],
    ]);
  });
});
