import { z } from 'zod';

/** Words that can be told right away: exact but for case and punctuation, or a `/pattern/` (with flags). */
export type LiteralWords = { kind: 'exact'; text: string } | { kind: 'pattern'; pattern: RegExp };

/** Words that a fixture expects: literally, or by what they mean, as "that the order was shipped". */
export type ExpectedWords = LiteralWords | { kind: 'meaning'; meaning: string };

/** Lower case, no punctuation, single spaces. Apostrophes go without a gap: `I'm` is `im`. */
export function normalWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/['’‘]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Patterns see the text as it is; exact words are compared after normalising both sides. */
export function matchesWords(expected: LiteralWords, text: string): boolean {
  return expected.kind === 'pattern' ? expected.pattern.test(text) : normalWords(expected.text) === normalWords(text);
}

/** The same words anywhere in a longer text. */
export function holdsWords(expected: LiteralWords, text: string): boolean {
  if (expected.kind === 'pattern') return expected.pattern.test(text);
  return ` ${normalWords(text)} `.includes(` ${normalWords(expected.text)} `);
}

export function shownWords(expected: ExpectedWords): string {
  if (expected.kind === 'meaning') return `words that mean: ${expected.meaning}`;
  return expected.kind === 'pattern' ? String(expected.pattern) : `"${expected.text}"`;
}

/** The pattern that a text between slashes is; undefined for other texts. Throws SyntaxError for one that is wrong. */
export function patternIn(text: string): RegExp | undefined {
  const match = /^\/(.*)\/([imsu]*)$/s.exec(text);
  return match ? new RegExp(match[1] ?? '', match[2]) : undefined;
}

const WORDS = 'must be words in quotes, a /pattern/, or { meaning: "that the order was shipped" }';

/** Words in YAML. A number or a yes is refused: quote it, or it is not what it looks like. */
export const expectedWords = z
  .union([z.string(), z.strictObject({ meaning: z.string().min(1, 'must say what is meant') })], { error: WORDS })
  .transform((words, context): ExpectedWords => {
    if (typeof words !== 'string') return { kind: 'meaning', meaning: words.meaning };
    try {
      const pattern = patternIn(words);
      return pattern ? { kind: 'pattern', pattern } : { kind: 'exact', text: words };
    } catch {
      context.addIssue({ code: 'custom', message: `is no regular expression: ${words}` });
      return z.NEVER;
    }
  });
