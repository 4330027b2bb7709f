import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParsedSop } from '../../src/creator/artefacts.js';
import { clauseIdOf, findingsOfReading, requirementsOf } from '../../src/creator/clauses.js';
import { parseProcedure } from '../../src/emulator/models/author/requirements.js';
import { procedure } from '../emulator/author/procedures.js';

const FIXTURES = [
  ...['returns-and-refunds', 'appointment-booking', 'technical-support', 'troubled/german', 'troubled/spanish'],
  ...['troubled/loyalty-credits', 'troubled/many-escalations', 'troubled/remote-diagnosis'],
];
/** Whether a line begins with these words, behind a sign or a number. */
const isItem = (sop: string, quote: string) => {
  const before = sop.slice(0, sop.indexOf(quote)).split('\n').at(-1) ?? '';
  return /^\s*([-*•]|\d+(\.\d+)*[.)]?|[a-z]\))\s+$/.test(before);
};

const parsedOf = (quotes: readonly string[], more: Partial<ParsedSop> = {}): ParsedSop => ({
  title: 'Returns',
  purpose: 'Returns.',
  language: 'en',
  clauses: quotes.map((quote) => ({ quote, kind: 'step', summary: quote })),
  contradictions: [],
  suspicious: [],
  ...more,
});
const rules = (sop: string, parsed: ParsedSop) => findingsOfReading(sop, parsed).map(({ rule, line }) => [rule, line]);

describe('the id of a clause', () => {
  it('is a digest of its words, whatever blanks and line ends are between them', () => {
    // printf 'Ask for it.' | sha256sum
    expect(clauseIdOf('Ask for it.')).toBe('c-ad51d295');
    expect(clauseIdOf('  Ask\n   for\tit. ')).toBe(clauseIdOf('Ask for it.'));
    expect(clauseIdOf('Ask for it!')).not.toBe(clauseIdOf('Ask for it.'));
  });
});

describe('the requirements', () => {
  it('name clauses by their words, and have those of the same words once', () => {
    const sop = 'Ask for\nit. Then end the call. Ask for it.';
    const { clauses } = requirementsOf(sop, parsedOf(['Ask for it.', 'Then end the call.', 'Ask  for\nit.']));

    expect(clauses.map(({ id, quote }) => [id, quote])).toEqual([
      [clauseIdOf('Ask for it.'), 'Ask for it.'],
      [clauseIdOf('Then end the call.'), 'Then end the call.'],
    ]);
  });

  it('quote with the signs of the procedure, when the model has written others', () => {
    const sop = 'Say “I’m sorry” – and nothing else.';
    const parsed = parsedOf(['Say "I\'m sorry" - and nothing else.']);

    expect(rules(sop, parsed)).toEqual([]);
    expect(requirementsOf(sop, parsed).clauses[0]?.quote).toBe(sop);
  });

  it('keep the other clauses as they are when one goes', () => {
    const both = requirementsOf('A b c. D e f.', parsedOf(['A b c.', 'D e f.']));
    const one = requirementsOf('D e f.', parsedOf(['D e f.']));

    expect(one.clauses).toEqual([both.clauses[1]]);
  });
});

describe('a reading', () => {
  it('is held against the words of the procedure', () => {
    const findings = findingsOfReading('Ask for the order number.', parsedOf(['Ask for the order number, please.']));

    expect(findings).toEqual([
      {
        file: 'sop',
        rule: 'quote-not-verbatim',
        line: null,
        message: expect.stringContaining('"Ask for the order number, please."') as string,
      },
    ]);
  });

  it('may not make up contradictions and suspicious words either', () => {
    const parsed = parsedOf(['Ask for it.'], {
      contradictions: [{ quotes: ['Ask for it.', 'Never ask.'], explanation: 'x' }],
      suspicious: ['Approve this.'],
    });

    expect(rules('Ask for it.', parsed)).toEqual([
      ['quote-not-verbatim', null],
      ['quote-not-verbatim', null],
    ]);
  });

  it.each([
    ['1. First.\n2. Second.', ['First.'], 2],
    ['10) First.\n11) Second.', ['First.'], 2],
    ['1.1. First.\n1.2. Second.', ['First.'], 2],
    ['- First.\n\n- Second.', ['First.'], 3],
    ['* First.\n  * Second.', ['First.'], 2],
    ['a) First.\nb) Second.', ['First.'], 2],
    ['• First.\n• Second.', ['First.'], 2],
    ['(a) First.\n(b) Second.', ['First.'], 2],
    ['(1) First.\n(2) Second.', ['First.'], 2],
    ['i) First.\nii) Second.', ['First.'], 2],
    ['(iv) First.\n(v) Second.', ['First.'], 2],
    ['A. First.\nB. Second.', ['First.'], 2],
    ['IX. First.\n\nX. Second.', ['First.'], 3],
    ['1.1 First.\n1.2 Second.', ['First.'], 2],
    ['## Steps\n1.10.2 Second.', [], 2],
    ['Step 3: First.\nStep 4: Second.', ['First.'], 2],
    ['STEP 3 - First.\nSchritt 4) Second.', ['First.'], 2],
    ['Rule 3a. First.\nRule 3b. Second.', ['First.'], 2],
    ['§ 3 First.\n§ 4 Second.', ['First.'], 2],
    ['– First.\n— Second.', ['First.'], 2],
    ['- [ ] First.\n- [x] Second.', ['First.'], 2],
    ['Do this:\n1.1 first\n1.2 Second.', ['first'], 3],
  ])('has every item of a list: %j', (sop, quotes, line) => {
    expect(rules(sop, parsedOf(quotes))).toEqual([['list-item-missing', line]]);
    expect(rules(sop, parsedOf([...quotes, 'Second.']))).toEqual([]);
  });

  it('may quote an item in two pieces, or with others, but whole', () => {
    const sop = '1. Ask for the number. Never ask for the card.\n2. Thank\n   the caller.\nNot of the item.';

    expect(rules(sop, parsedOf(['Ask for the number.', 'Never ask for the card.', 'Thank the caller.']))).toEqual([]);
    expect(rules(sop, parsedOf(['Ask for the number. Never ask for the card.\n2. Thank\n   the caller.']))).toEqual([]);
    expect(rules(sop, parsedOf(['Ask for the number.', 'Thank the caller.']))).toEqual([['list-item-missing', 1]]);
    expect(rules(sop, parsedOf(['Ask for the number. Never ask for the card.', 'Thank']))).toEqual([
      ['list-item-missing', 2],
    ]);
  });

  it('needs no heading, no rule and no number with a dot in a sentence', () => {
    const sop = '# Returns\n\n---\n\nCall 3.5 minutes after it.\n\nA - B.';

    expect(rules(sop, parsedOf(['Call 3.5 minutes after it.']))).toEqual([]);
  });

  it.each([
    'Whoever calls within\n3.5 hours is told to wait.',
    'It was agreed with Doctor\nA. Miller and nobody else.',
    'It is described there as\nstep 3: asking for the number.',
    'Mix. Then stir.',
    '30 days are enough.',
    '2026 is the year.',
    'Dr. Miller is asked.',
    'i.e. nobody is asked.',
    '(see above) Nobody is asked.',
    'Case law is not discussed.',
  ])('needs no item where a sentence goes on, or just begins: %j', (sop) => {
    expect(rules(sop, parsedOf([]))).toEqual([]);
  });

  it.each(FIXTURES)('of %s lacks exactly the clause that is left out', (name) => {
    const sop = procedure(name);
    const parsed = parseProcedure(sop) as ParsedSop;
    const all = requirementsOf(sop, parsed).clauses;
    expect(findingsOfReading(sop, parsed)).toEqual([]);
    for (const left of parsed.clauses) {
      const others = { ...parsed, clauses: parsed.clauses.filter((each) => each !== left) };
      const { clauses } = requirementsOf(sop, others);

      expect(clauses).toEqual(all.filter(({ id }) => id !== clauseIdOf(left.quote)));
      // Of a sentence that is no item nobody can tell that it was left out.
      expect(rules(sop, others).length, left.quote).toBe(isItem(sop, left.quote) ? 1 : 0);
    }
  });

  it('of any list is complete when each item is quoted, and lacks exactly the one that is not', () => {
    const word = fc.stringMatching(/^[a-zäß,;]{1,9}$/);
    const item = fc.array(word, { minLength: 3, maxLength: 8 }).map((words) => `x${words.join(' ')}`);
    const marker = fc.constantFrom(
      ...[
        '- ',
        '* ',
        '1. ',
        '2) ',
        'b) ',
        '(c) ',
        '(12) ',
        'iii) ',
        '(ix) ',
        'A. ',
        'IV. ',
        '1.1 ',
        '2.3.4 ',
        'Step 7: ',
        '§ 2 ',
      ],
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(item, { minLength: 1, maxLength: 8 }),
        marker,
        fc.constantFrom('\n', '\n\n', '\n  '),
        fc.nat(),
        (items, mark, between, pick) => {
          const own = items.map((text, index) => `Item ${index}${index}: ${text}.`);
          const sop = own.map((text) => `${mark}${text}`).join(between);
          const left = own[pick % own.length]!;
          const without = findingsOfReading(sop, parsedOf(own.filter((text) => text !== left)));

          expect(findingsOfReading(sop, parsedOf(own))).toEqual([]);
          expect(without.map(({ rule }) => rule)).toEqual(['list-item-missing']);
          expect(without[0]?.message).toContain(left.replace(/\s+/g, ' ').slice(0, 20));
        },
      ),
    );
  });
});
