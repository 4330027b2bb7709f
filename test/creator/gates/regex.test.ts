import { describe, expect, it } from 'vitest';
import { worstSeconds } from '../../../src/creator/gates/regex/growth.js';
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

const MOST_SECONDS = 2;
const seconds = (pattern: string, flags = '', how: 'search' | 'match' | 'fullmatch' = 'search') =>
  worstSeconds(readRegex(pattern, flags), how);

describe('a pattern is too slow for a long text', () => {
  it.each([
    [String.raw`\s*,\s*\s*x`],
    ['.*.*=.*'],
    [String.raw`(\w+)\s*=\s*(.*)$`],
    ['^(.*?),(.*?),(.*?),(.*)$'],
    [String.raw`^\s*(.*?)\s*$`],
    [String.raw`(\w+).*\1!`],
    [String.raw`([-+]?\d*\.?\d+)\s*EUR`],
    [String.raw`(?:order|invoice)\s*(?:number|#)?\s*:?\s*([A-Z0-9-]{4,20})`],
    ['a*(?=.*b.*c)d'],
    ['(?:x(?=.*y))*z'],
    [String.raw`\w{1,100}\w{1,100}\w{1,100}x`],
    [String.raw`(?m)^\s*(\S+)\s+(.*)\s+(\d+)$`],
  ])('when it grows with the third power: %s', (pattern) => {
    expect(seconds(pattern)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['(a)*b'],
    [String.raw`(?:\d{3}[- ]?)+x`],
    ['(?:a*b|a*c|a*d|a*e|a*f|a*g|a*h)'],
    ['(?:a?){20}b'],
    ['(?:(?:ab)?){20}c'],
    ['(?:a{0,20}){10}b'],
  ])('when a repetition is slow or has many ways: %s', (pattern) => {
    expect(seconds(pattern)).toBeGreaterThan(MOST_SECONDS);
  });

  it('only where it is searched for, when the beginning is what makes the third', () => {
    expect(seconds('.*.*=.*', '', 'search')).toBeGreaterThan(MOST_SECONDS);
    expect(seconds('.*.*=.*', '', 'match')).toBeLessThan(MOST_SECONDS);
    expect(seconds('^.*.*=.*')).toBeLessThan(MOST_SECONDS);
  });

  it('unless the end of a line follows what takes the line', () => {
    expect(seconds(String.raw`(\w+)\s*=\s*(.*)$`, 'm')).toBeLessThan(MOST_SECONDS);
    expect(seconds(String.raw`(\w+)\s*=\s*(.*)$`, 'ms')).toBeGreaterThan(MOST_SECONDS);
  });

  it('when all of the text has to match, which fails where a search has matched already', () => {
    expect(seconds(String.raw`\s*\w*\s*\w*`, '', 'search')).toBeLessThan(MOST_SECONDS);
    expect(seconds('a*a*a*', '', 'search')).toBeLessThan(MOST_SECONDS);
    expect(seconds('a*a*a*', '', 'fullmatch')).toBeGreaterThan(MOST_SECONDS);
  });
});

describe('a pattern of every day passes', () => {
  it.each([
    [String.raw`^\s*(\w+)\s*=\s*(.*)$`, ''],
    [String.raw`^\s*(\w+)\s*=\s*(.*)$`, 'm'],
    [String.raw`[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}`, ''],
    [String.raw`^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$`, ''],
    [String.raw`\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b`, ''],
    [String.raw`^[^@\s]+@[^@\s]+\.[^@\s]+$`, ''],
    [String.raw`^\+?[1-9]\d{1,14}$`, ''],
    [String.raw`\(?\b(\d{3})\)?[-. ]?(\d{3})[-. ]?(\d{4})\b`, ''],
    [String.raw`^(?:\+49|0)[\d\s/-]{6,20}$`, ''],
    [String.raw`\b\d{5}(?:-\d{4})?\b`, ''],
    [String.raw`^[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}$`, 'i'],
    [String.raw`(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})`, ''],
    [String.raw`(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-2]\d|3[01])`, ''],
    [
      String.raw`\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4})?\b`,
      'i',
    ],
    [String.raw`\b(1[0-2]|0?[1-9])(?::([0-5]\d))?\s*([ap])\.?m\.?\b`, 'i'],
    [String.raw`^([01]?\d|2[0-3]):[0-5]\d$`, ''],
    [String.raw`\$?\d{1,3}(?:,\d{3})*(?:\.\d{2})?\b`, ''],
    [String.raw`(?P<symbol>[$€£])\s*(?P<amount>\d+(?:[.,]\d+)*)`, ''],
    [String.raw`([-+]?\d+(?:\.\d+)?)\s*(?:EUR|USD|dollars?|euros?)`, 'i'],
    [String.raw`^-?\d+(?:\.\d+)?$`, ''],
    [String.raw`\s+`, ''],
    [String.raw`\s*,\s*`, ''],
    [String.raw`^\s+|\s+$`, ''],
    [String.raw`[^\w\s]`, ''],
    [String.raw`(\w)\1{3,}`, ''],
    [String.raw`(?<=[.!?])\s+`, ''],
    [String.raw`https?://\S+`, ''],
    ['<[^>]+>', ''],
    ['<thinking>.*?</thinking>', 's'],
    ['```(?:json)?\\s*(\\{.*?\\})\\s*```', 's'],
    [String.raw`\{.*\}`, 's'],
    [String.raw`\*\*(.+?)\*\*|\[([^\]]+)\]\([^)]*\)`, ''],
    [String.raw`^\s*[-*•]\s+`, 'm'],
    [String.raw`^#{1,6}\s+(.+)$`, 'm'],
    [String.raw`\b[A-Z]{2,3}-?\d{4,8}\b`, 'i'],
    [String.raw`(?:order|invoice)\s*(?:number|no\.?|#)?[\s:#]*([A-Z0-9-]{4,20})`, 'i'],
    [String.raw`\b(?:\d{4}[ -]?){3}\d{4}\b`, ''],
    [String.raw`^[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}\s?[A-Z0-9]{0,4}$`, ''],
    [String.raw`my name is (\w+(?:\s+\w+)*)`, 'i'],
    [String.raw`^(?:(?:mr|mrs|ms|dr)\.?\s+)?([a-z][\w'-]+)(?:\s+([a-z][\w'-]+))*$`, 'i'],
    [String.raw`\b(yes|yeah|yep|sure|ok(?:ay)?|of course)\b`, 'i'],
    [String.raw`"(?:[^"\\]|\\.)*"`, ''],
    [String.raw`^(?=.*\d)(?=.*[a-z]).{8,}$`, ''],
    [String.raw`(\w+)\s+(\w+)`, ''],
    [String.raw`^(.*?):\s*(.*)$`, ''],
    [String.raw`(?:one|two|three)(?:,\s*(?:one|two|three))*`, ''],
    [String.raw`^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$`, ''],
    [String.raw`\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b`, 'i'],
    [String.raw`^\w+(?:\s*,\s*\w+)*(?:\s+and\s+\w+)?$`, ''],
    [String.raw`(?<!\d)(\d{6})(?!\d)`, ''],
  ])('%s %s', (pattern, flags) => {
    expect(judged(pattern, flags)).toBe(false);
    expect(Math.max(seconds(pattern, flags), seconds(pattern, flags, 'fullmatch'))).toBeLessThan(MOST_SECONDS);
  });
});
