import { z } from 'zod';

/** Words that a fixture expects: exact but for case and punctuation, or a `/pattern/` (with flags). */
export type ExpectedWords = { kind: 'exact'; text: string } | { kind: 'pattern'; pattern: RegExp };

/** Lower case, no punctuation, single spaces. Apostrophes go without a gap: `I'm` is `im`. */
export function normalWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/['’‘]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Patterns see the text as it is; exact words are compared after normalising both sides. */
export function matchesWords(expected: ExpectedWords, text: string): boolean {
  return expected.kind === 'pattern' ? expected.pattern.test(text) : normalWords(expected.text) === normalWords(text);
}

/** The same words anywhere in a longer text. */
export function holdsWords(expected: ExpectedWords, text: string): boolean {
  if (expected.kind === 'pattern') return expected.pattern.test(text);
  return ` ${normalWords(text)} `.includes(` ${normalWords(expected.text)} `);
}

export function shownWords(expected: ExpectedWords): string {
  return expected.kind === 'pattern' ? String(expected.pattern) : `"${expected.text}"`;
}

/** The pattern that a text between slashes is; undefined for other texts. Throws SyntaxError for one that is wrong. */
export function patternIn(text: string): RegExp | undefined {
  const match = /^\/(.*)\/([imsu]*)$/s.exec(text);
  return match ? new RegExp(match[1] ?? '', match[2]) : undefined;
}

/** Words in YAML. A number or a yes is refused: quote it, or it is not what it looks like. */
export const expectedWords = z.string().transform((text, context): ExpectedWords => {
  try {
    const pattern = patternIn(text);
    return pattern ? { kind: 'pattern', pattern } : { kind: 'exact', text };
  } catch {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${text}` });
    return z.NEVER;
  }
});
