import type { Section } from './chunks.js';

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const ATX_HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/;
const SETEXT_RULE = /^ {0,3}(=+|-+)[ \t]*$/;
/** Characters of a heading in a trail: it goes along with every chunk below it, into metadata of a few kilobytes. */
const MAX_HEADING = 200;

/**
 * Markdown by its headings, each section with the trail of those above it. Every line stays, headings too; one with
 * nothing below it goes with the next section. Source: CommonMark, ATX and setext headings, fenced code blocks.
 */
export function markdownSections(markdown: string): Section[] {
  const sections: Section[] = [];
  const trail: string[] = [];
  let lines: string[] = [];
  let hasBody = false;

  const finish = () => {
    const heading = trail.filter(Boolean).join(' > ');
    if (hasBody) sections.push({ text: lines.join(''), ...(heading !== '' && { heading }) });
    if (hasBody) lines = [];
    hasBody = false;
  };
  const under = (level: number, words: string) => {
    trail.length = Math.min(trail.length, level - 1);
    while (trail.length < level - 1) trail.push('');
    trail.push(words.length <= MAX_HEADING ? words : `${words.slice(0, MAX_HEADING - 1).trimEnd()}…`);
  };

  let fence: string | undefined;
  const all = markdown.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const bodyFrom = endOfFrontMatter(all);
  for (const [i, line] of all.entries()) {
    const [, mark] = FENCE.exec(line) ?? [];
    const isCode = fence !== undefined || mark !== undefined || i < bodyFrom;
    if (mark !== undefined && i >= bodyFrom) {
      if (fence === undefined) fence = mark;
      else if (mark.startsWith(fence) && line.trim() === mark) fence = undefined;
    }
    const heading = isCode ? undefined : headingAt(all, i);
    if (heading) {
      finish();
      under(heading.level, heading.words);
    }
    lines.push(line);
    const isRule = i > bodyFrom && !isCode && headingAt(all, i - 1)?.isSetext === true;
    if (!heading && !isRule && line.trim() !== '') hasBody = true;
  }
  // Headings without anything below them, at the end: said all the same.
  if (!hasBody && lines.some((line) => line.trim() !== '')) hasBody = true;
  finish();
  return sections;
}

function headingAt(
  lines: readonly string[],
  i: number,
): { level: number; words: string; isSetext: boolean } | undefined {
  const line = lines[i]!.trimEnd();
  const [, marks, words = ''] = ATX_HEADING.exec(line) ?? [];
  if (marks !== undefined) return { level: marks.length, words: words.trim(), isSetext: false };
  const [, rule] = SETEXT_RULE.exec(lines[i + 1]?.trimEnd() ?? '') ?? [];
  // Of one line only: a rule below a paragraph, a list or a table is none.
  const isAlone = i === 0 || lines[i - 1]!.trim() === '';
  if (rule === undefined || !isAlone || line.trim() === '' || /^\s*(?:[-*+>|]|\d+[.)])/.test(line)) return undefined;
  return { level: rule.startsWith('=') ? 1 : 2, words: line.trim(), isSetext: true };
}

/** The number of lines that a block of settings at the beginning takes. */
function endOfFrontMatter(lines: readonly string[]): number {
  if (lines[0]?.trimEnd() !== '---') return 0;
  return lines.findIndex((line, i) => i > 0 && line.trimEnd() === '---') + 1;
}
