import { describe, expect, it } from 'vitest';
import { dialsInCircle, mayDial } from '../../src/directory/dialling.js';

const US = '+14155550199';
const GB = '+442071838750';
const DE = '+4930901820';

describe('a number that a caller is put through to', () => {
  it.each([
    ['in the same country', US, '+14155550142', true],
    ['abroad', US, GB, false],
    ['abroad, and nearer home', GB, '+442071838751', true],
    ['in Canada from the United States', US, '+14165550142', false],
    ['in the Dominican Republic from the United States', US, '+18095550142', false],
    ['in Jamaica from the United States', US, '+18765550142', false],
    ['in Puerto Rico from the United States', US, '+17875550142', false],
    ['in Canada from Canada', '+14165550199', '+15145550142', true],
    ['that is toll-free', US, '+18005550142', true],
    ['that is toll-free, from Canada', '+14165550199', '+18005550142', true],
    ['that is toll-free in another country', US, '+498001234567', false],
    ['that is no number of the plan', US, '+17005550142', false],
    ['that is too short', US, '+141555', false],
    ['with letters', US, '+1415555O142', false],
    ['from something that is no number', 'client:ann', '+14155550142', false],
  ])('%s: %s -> %s %s', (_what, from, to, expected) => {
    expect(mayDial(to, from, undefined)).toBe(expected);
  });

  const expensive: [string, string, string][] = [
    ['premium rate', US, '+19005550142'],
    ['pay per call behind an area code', US, '+14159762345'],
    ['a personal number', US, '+15005550142'],
    ['premium rate in France', '+33142685300', '+33899123456'],
    ['shared cost in France', '+33142685300', '+33825123456'],
    ['a personal number in the United Kingdom', GB, '+447012345678'],
    ['a pager', GB, '+447600123456'],
    ['0300', GB, '+443001234567'],
    ['0845', GB, '+448451234567'],
    ['shared cost in Germany', DE, '+491801234567'],
    ['mass calls in Germany', DE, '+491371234567'],
  ];

  it.each(expensive)('is never one that costs more: %s', (_what, from, to) => {
    expect(mayDial(to, from, undefined)).toBe(false);
    expect(mayDial(to, from, ['+'])).toBe(false);
    expect(mayDial(to, from, [to])).toBe(false);
  });

  it('lies within the prefixes of the operator where there are any', () => {
    expect(mayDial(GB, US, ['+4420'])).toBe(true);
    expect(mayDial('+441632960961', US, ['+4420'])).toBe(false);
    expect(mayDial('+14155550142', US, ['+4420'])).toBe(false);
    expect(mayDial('+14155550142', US, [])).toBe(false);
  });
});

describe('numbers of ours that dial each other', () => {
  type Numbers = Record<string, ReturnType<Parameters<typeof dialsInCircle>[2]>>;
  const circle = (numbers: Numbers) => (e164: string, to: string) => dialsInCircle(e164, to, (each) => numbers[each]);

  it.each([
    ['itself', { A: {} }, 'A', true],
    ['somebody else', { A: {} }, 'X', false],
    ['one that says something', { B: { fallback: { say: 'Sorry.' } } }, 'B', false],
    ['one that dials it', { B: { fallback: { dial: 'A' } } }, 'B', true],
    ['one that dials it when full', { B: { overflow: { dial: 'A' } } }, 'B', true],
    ['one that dials it when closed', { B: { hours: { closed: { dial: 'A' } } } }, 'B', true],
    [
      'one that dials another, which dials it',
      { B: { fallback: { dial: 'C' } }, C: { fallback: { dial: 'A' } } },
      'B',
      true,
    ],
    ['two that dial each other', { B: { fallback: { dial: 'C' } }, C: { fallback: { dial: 'B' } } }, 'B', false],
  ])('A that dials %s is a circle: %j %s %s', (_what, numbers, to, expected) => {
    expect(circle(numbers)('A', to)).toBe(expected);
  });
});
