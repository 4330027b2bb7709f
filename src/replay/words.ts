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

export function shownWords(expected: ExpectedWords): string {
  return expected.kind === 'pattern' ? String(expected.pattern) : `"${expected.text}"`;
}

/** Words in YAML. A number or a yes is refused: quote it, or it is not what it looks like. */
export const expectedWords = z.string().transform((text, context): ExpectedWords => {
  const match = /^\/(.*)\/([imsu]*)$/s.exec(text);
  if (!match) return { kind: 'exact', text };
  try {
    return { kind: 'pattern', pattern: new RegExp(match[1] ?? '', match[2]) };
  } catch {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${text}` });
    return z.NEVER;
  }
});
