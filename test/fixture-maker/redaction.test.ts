import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACTED, Redaction } from '../../src/fixture-maker/redaction.js';

const redaction = (texts: string[] = [], ...spoken: string[][]) => new Redaction({ texts, spoken });

describe('what must not be in a fixture', () => {
  it.each([
    ['My card is 4111 1111 1111 1111, thanks.', `My card is ${REDACTED}, thanks.`],
    ['It is 4111-1111-1111-1111.', `It is ${REDACTED}.`],
    ['four one one one one one one one one one one one', REDACTED],
    ['Four, one, one, one, two two two two, oh five oh nine!', `${REDACTED}!`],
    ['forty-one eleven, eleven eleven, twenty two 22, ten oh five', REDACTED],
    ['Four double one one, triple two two, uh, triple three and then three.', `${REDACTED}.`],
    ['vier eins eins eins zwei zwei zwei zwei drei drei drei drei', REDACTED],
    ['cuatro uno uno uno, dos dos dos dos y tres tres tres tres', REDACTED],
    ['चार एक एक एक दो दो दो दो तीन तीन तीन तीन', REDACTED],
    ['Order 334692 of the 12th.', 'Order 334692 of the 12th.'],
    ['It costs twenty two dollars, and double that in May.', 'It costs twenty two dollars, and double that in May.'],
    ['One of the two came at nine.', 'One of the two came at nine.'],
  ])('finds long numbers as figures and as words: %s', (text, kept) => {
    expect(redaction().text(text)).toBe(kept);
  });

  it('finds every number of twelve digits or more, however it is written', () => {
    const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const digit = fc.tuple(fc.nat({ max: 9 }), fc.boolean(), fc.constantFrom(' ', '-', ', ', '. '));
    fc.assert(
      fc.property(fc.array(digit, { minLength: 12, maxLength: 19 }), (digits) => {
        const number = digits.map(([value, asWord, gap]) => (asWord ? words[value] : value) + gap).join('');

        expect(redaction().text(`It is ${number}you know.`)).not.toMatch(/\d|zero|one|two|three|four|five|six|seven/);
      }),
    );
  });

  it('finds names in any case and spacing, but not within other words', () => {
    const { text } = { text: (words: string) => redaction(['Ann', 'Maria  Jones']).text(words) };

    expect(text('This is ANN. Can Anna call maria jones back?')).toBe(
      `This is ${REDACTED}. Can Anna call ${REDACTED} back?`,
    );
  });

  it('finds numbers that were named as figures and as words', () => {
    const { text } = { text: (words: string) => redaction(['+1 415 555 0101', '735']).text(words) };

    expect(text('call 1 415 555-0101')).toBe(`call ${REDACTED}`);
    expect(text('You entered seven three five.')).toBe(`You entered ${REDACTED}.`);
  });

  it('finds a number that one side says in several turns, and leaves short ones', () => {
    const caller = ['My card? Four one one one', 'two two two two', 'three three three three. Is that it?', 'And two.'];

    const { text } = { text: (words: string) => redaction([], caller).text(words) };

    expect(caller.map(text)).toEqual([`My card? ${REDACTED}`, REDACTED, `${REDACTED}. Is that it?`, 'And two.']);
  });

  it('finds the groups of a card number with words between them, in one turn and over several', () => {
    const caller = ['The first four are 4111.', 'Yes.', 'Then it goes on with two two two two.', 'And 3333.', '4444!'];
    const amex = 'It begins with 3782, goes on with 822463 and ends with 10005.';
    const plain = ['Call 0171 after 1030.', 'It was in 1999, for 25 dollars.', 'Order 334692 for 94105.'];

    const { text } = { text: (words: string) => redaction([], caller, [amex], plain).text(words) };

    expect(caller.map(text)).toEqual([
      `The first four are ${REDACTED}.`,
      'Yes.',
      `Then it goes on with ${REDACTED}.`,
      `And ${REDACTED}.`,
      `${REDACTED}!`,
    ]);
    expect(text(amex)).toBe(`It begins with ${REDACTED}, goes on with ${REDACTED} and ends with ${REDACTED}.`);
    expect(plain.map(text)).toEqual(plain);
  });

  it('finds parts of a card number where they are repeated, by anyone', () => {
    const found = redaction([], ['4111 2222 3333 4444'], ['I have four one one one, go on.']);

    expect(found.text('I have four one one one, go on.')).toBe(`I have ${REDACTED}, go on.`);
    expect(found.text('It ends in 4444, and costs 33 dollars.')).toBe(`It ends in ${REDACTED}, and costs 33 dollars.`);
    expect(found.data({ last: '4444', middle: 22223333, count: 44 })).toEqual({
      last: REDACTED,
      middle: REDACTED,
      count: 44,
    });
  });

  it('finds a number again that was named, as often as it is said, and its end', () => {
    const { text } = { text: (words: string) => redaction(['+14155550123', '735']).text(words) };

    expect(text('735, again 735, or 735735.')).toBe(`${REDACTED}, again ${REDACTED}, or ${REDACTED}.`);
    expect(text('My number ends in 0123; it is 555-0123 here, or 0 415 555 0123.')).toBe(
      `My number ends in ${REDACTED}; it is ${REDACTED} here, or 0 ${REDACTED}.`,
    );
    expect(text('Ours is +14155550188.')).toBe('Ours is +14155550188.');
  });

  it('finds names with and without their accents', () => {
    const { text } = { text: (words: string) => redaction(['José Müller', '김민준']).text(words) };

    expect(text('This is Jose Muller, JOSÉ MÜLLER.')).toBe(`This is ${REDACTED}, ${REDACTED}.`);
    expect(text('김민준, not 김서준')).toBe(`${REDACTED}, not 김서준`);
  });

  it('goes through data, keys and numbers included', () => {
    const data = { note: 'For Ann', card: 4111111111111111, ann: [{ count: 3, ok: true, none: null }] };

    expect(redaction(['ann']).data(data)).toEqual({
      note: `For ${REDACTED}`,
      card: REDACTED,
      [REDACTED]: [{ count: 3, ok: true, none: null }],
    });
  });

  it('replaces keys by zeros, but not the choice in a menu', () => {
    expect(redaction().keys('7359#')).toBe('0000#');
    expect(redaction().keys('2')).toBe('2');
  });

  it('lies in the sound where its letters lie in the text, with room around it', () => {
    const [span, ...others] = redaction(['Ann Baker']).spans('My name is Ann Baker and I want to pay a bill', 4000);

    expect(others).toEqual([]);
    expect(span!.startMs).toBeGreaterThan(300);
    expect(span!.startMs).toBeLessThan(900);
    expect(span!.endMs).toBeGreaterThan(1800);
    expect(span!.endMs).toBeLessThan(2600);
  });
});
