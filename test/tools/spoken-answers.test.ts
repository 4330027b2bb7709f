import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answered, UNFINISHED } from '../../src/tools/agent-answer.js';
import { ERROR_ADVICE } from '../../src/tools/mcp.js';
import { searched, trimmed } from '../../src/tools/passages.js';
import { spokenAnswer, spokenPassages, spokenSoFar, spokenToolAnswer } from '../../src/tools/spoken-answers.js';
import { SPOKEN_SIZE, spokenSize } from '../../src/tools/spoken-size.js';

const sizeOf = (value: unknown) => JSON.stringify(value).length;
const words = fc.tuple(fc.string({ unit: 'binary' }), fc.nat(400)).map(([text, times]) => text.repeat(times));
const citation = fc.record({ source: fc.option(fc.oneof(fc.webUrl(), words)), text: words });
const agentAnswer = fc
  .record({ text: words, citations: fc.array(citation, { maxLength: 8 }), notes: fc.array(words, { maxLength: 4 }) })
  .filter(({ text, notes }) => text.trim() !== '' || notes.length > 0);
const passage = fc.record({
  text: fc.oneof(words, fc.constantFrom('a', 'The same words.', 'The same words. '.repeat(90))),
  source: fc.option(fc.string()),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
});
const passages = fc.array(passage, { maxLength: 30 });
const toolAnswer = fc.record({
  output: fc.dictionary(fc.string(), fc.oneof(words, fc.jsonValue(), fc.array(words, { maxLength: 80 })), {
    maxKeys: 40,
  }),
  isError: fc.boolean(),
});

/** What the belt makes of what came, and what is left of that when it cuts it. */
const outputOf = (answer: Parameters<typeof answered>[0]) => answered(answer).output;

describe('an answer that was cut where it was read', () => {
  it('of an agent is left as it is when it is cut again', () => {
    fc.assert(
      fc.property(agentAnswer, (answer) => {
        const output = outputOf(spokenAnswer(answer));

        expect(sizeOf(output)).toBeLessThanOrEqual(SPOKEN_SIZE);
        expect(spokenSize(output)).toEqual(output);
      }),
    );
  });

  it('of an agent says what it would have said uncut', () => {
    fc.assert(
      fc.property(agentAnswer, (answer) => {
        const { answer: said } = outputOf(spokenAnswer(answer)) as { answer: string };

        expect(said).toBe(spokenSize(outputOf(answer)).answer);
      }),
    );
  });

  it('of an agent that is still speaking is left as it is with the note that stands beside it', () => {
    fc.assert(
      fc.property(
        words.filter((text) => text.trim() !== ''),
        (said) => {
          const output = outputOf({ text: spokenSoFar(() => said)()!, notes: [UNFINISHED] });

          expect(sizeOf(output)).toBeLessThanOrEqual(SPOKEN_SIZE);
          expect(spokenSize(output)).toEqual(output);
        },
      ),
    );
    expect(spokenSoFar(() => undefined)()).toBeUndefined();
  });

  it('of a search is told as it would have been uncut', async () => {
    await fc.assert(
      fc.asyncProperty(passages, async (found) => {
        const kept = spokenPassages(found);
        const { output } = await searched({ query: 'Who?' }, async () => kept);

        expect(trimmed(kept)).toEqual(trimmed(found));
        expect(output).toEqual((await searched({ query: 'Who?' }, async () => found)).output);
      }),
    );
  });

  it('of a tool of a server is left as it is when it is cut again, with advice beside an error', () => {
    fc.assert(
      fc.property(toolAnswer, (answer) => {
        const { output, isError } = spokenToolAnswer(answer);
        const told = isError ? { ...output, advice: ERROR_ADVICE } : output;

        expect(isError).toBe(answer.isError);
        expect(spokenSize(told)).toEqual(told);
      }),
    );
  });

  it('keeps where an agent has it from', () => {
    const citations = [
      { source: 's3://docs/returns.md', text: 'Returns are free.' },
      { source: null, text: 'x' },
    ];

    expect(outputOf(spokenAnswer({ text: 'Free.', citations, notes: ['Half of it.'] }))).toEqual({
      answer: 'Free.',
      sources: ['s3://docs/returns.md'],
      notes: ['Half of it.'],
    });
  });

  it('that is none stays none', () => {
    expect(() => answered(spokenAnswer({ text: '', notes: [] }))).toThrow('the system gave an empty answer');
  });
});
