import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACTED, Redaction } from '../../../src/replay/recorded/redaction.js';

const redaction = (texts: string[] = [], ...spoken: string[][]) => new Redaction({ texts, spoken });

describe('what must not be in a fixture', () => {
  it.each([
    ['My card is 4111 1111 1111 1111, thanks.', `My card is ${REDACTED}, thanks.`],
    ['It is 4111-1111-1111-1111.', `It is ${REDACTED}.`],
    ['four one one one one one one one one one one one', REDACTED],
    ['Four, one, one, one, two two two two, oh five oh nine!', `${REDACTED}!`],
    ['Order 334692 of the 12th.', 'Order 334692 of the 12th.'],
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
