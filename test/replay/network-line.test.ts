import { describe, expect, it } from 'vitest';
import { callSchema } from '../../src/replay/fixture/schema.js';
import { parseYamlFile } from '../../src/replay/fixture/yaml-file.js';
import { lineOf } from '../../src/replay/network-line.js';
import { CALL_YAML } from './calls.js';

const read = (dial: string) => parseYamlFile(`${CALL_YAML}dial: ${dial}\n`, 'call.yaml', callSchema).value;
const met = (dial: string) => lineOf(read(dial), new Map()).dial?.();

describe('whom the caller is put through to', () => {
  it.each([
    ['{ answer: no-answer }', { status: 'no-answer', ringMs: Number.POSITIVE_INFINITY }],
    ['{ answer: no-answer, after: 4s }', { status: 'no-answer', ringMs: 4000 }],
    ['{ answer: busy }', { status: 'busy', ringMs: 0 }],
    ['{ answer: failed, after: 1s }', { status: 'failed', ringMs: 1000 }],
    ['{ answer: person, after: 2s }', { status: 'completed', ringMs: 2000 }],
  ])('is met as %s says', (dial, outcome) => {
    expect(met(dial)).toEqual(outcome);
  });

  it('is left to the telephone when nothing is said of them', () => {
    const { network } = read('{ answer: busy }');

    expect(lineOf({ network }, new Map())).not.toHaveProperty('dial');
  });

  it.each([
    ['{ answer: voicemail }', /dial\.answer/],
    ['{ after: 4s }', /dial\.answer/],
    ['{ answer: person, after: soon }', /dial\.after/],
    ['{ answer: person, for: 3s }', /dial.*for/],
  ])('is not %s', (dial, fault) => {
    expect(() => read(dial)).toThrow(fault);
  });
});
