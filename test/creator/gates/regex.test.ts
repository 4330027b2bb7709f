import { describe, expect, it } from 'vitest';
import { RegexNotUnderstood, readRegex } from '../../../src/creator/gates/regex/read.js';
import { runsAway } from '../../../src/creator/gates/regex/runaway.js';

const judged = (pattern: string, flags = '') => runsAway(readRegex(pattern, flags));

describe('a pattern runs away', () => {
  it.each([
    '(a+)+$',
    '(a*)*b',
    '(a|a)*b',
    '(a|aa)+$',
    '(x+x+)+y',
    '(.*)*x',
    '^(\\w+\\s?)*$',
    '(?:\\d+|\\w+)+!',
    '(?:a?b?)*c',
    '([^,]+|.)+;',
    '(?:(?:ab)+|abab)+c',
    '(?=(a+)+b)a',
    '(?:a{1,}){2,}b',
    '((?:a|b)*)*c',
  ])('when a loop takes the same text in two ways: %s', (pattern) => {
    expect(judged(pattern)).toBe(true);
  });

  it('only where case makes no difference, when that is the difference', () => {
    expect(judged('(?:[a-z]+|[A-Z]+1)+$')).toBe(true);
    expect(judged('(?:a+b|A+b)+$')).toBe(false);
    expect(judged('(?:a+b|A+b)+$', 'i')).toBe(true);
    expect(judged('(?i)(?:a+b|A+b)+$')).toBe(true);
  });
});

describe('a pattern does not run away', () => {
  it.each([
    '',
    'a+b+c+$',
    '(?:\\s+\\w+)*',
    '^(\\d+)(,\\d+)*$',
    '^[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+$',
    '"(?:[^"\\\\]|\\\\.)*"',
    '(?:ab|ac)+d',
    '(?:one|two|three)(?:,\\s*(?:one|two|three))*',
    '\\b(?:\\d{4}[ -]?){3}\\d{4}\\b',
    '(?<=[.!?])\\s+(?=[A-Z])',
    '(?P<n>\\d+)-(?P=n)',
    '(\\w)\\1{3,}',
    '[]a-]+[^]]*',
    'a{,3}b{x}',
    '(?#nothing)(?:a|b)*?c*+',
  ])('when each text has one way through its loops: %s', (pattern) => {
    expect(judged(pattern)).toBe(false);
  });

  it('with blanks and comments in it that are none of its text', () => {
    expect(judged('(?: a + # (b+)+\n , )+', 'x')).toBe(false);
    expect(judged('(?x)(?: a + )+')).toBe(true);
  });
});

describe('a pattern is not understood', () => {
  it.each([
    '(',
    ')',
    '[a',
    '*',
    '(?(1)a|b)',
    '(?<name>a)',
    '\\',
    '\\q',
    '\\x1',
    '[z-a]',
    'a'.repeat(1001),
    '('.repeat(30),
  ])('when Python would not, or this reader does not: %s', (pattern) => {
    expect(() => judged(pattern)).toThrow(RegexNotUnderstood);
  });
});
