/** A part of a document with what it stands under. */
export interface Section {
  readonly text: string;
  /** The headings above it, outermost first: `Returns > Time limits`. */
  readonly heading?: string;
  /** Counts from one. */
  readonly page?: number;
}

/** What is embedded and found as one; heading and page are those of its beginning. */
export type Chunk = Section;

export interface ChunkLimits {
  readonly maxTokens: number;
  /** Most of a chunk that the chunk before it ends with. */
  readonly overlapTokens: number;
}

/** Enough text for an answer and little enough that its meaning is one; a fifth is said again in the next chunk. */
export const CHUNK_LIMITS: ChunkLimits = { maxTokens: 500, overlapTokens: 100 };

/** A token of Titan is about four bytes of UTF-8, in English as in scripts whose characters take three: an estimate. */
const BYTES_PER_TOKEN = 4;

/** Cuts a document into chunks. A heading begins a new chunk; a page does not, because sentences run on over pages. */
export function chunksOf(sections: readonly Section[], limits: ChunkLimits = CHUNK_LIMITS): Chunk[] {
  return runsOf(sections).flatMap(({ text, heading, pages }) =>
    spansOf(text, limits)
      .map(({ start, end }) => {
        const page = pages.findLast((each) => each.start <= start)?.page;
        return {
          text: text.slice(start, end).trim(),
          ...(heading !== undefined && { heading }),
          ...(page !== undefined && { page }),
        };
      })
      .filter((chunk) => chunk.text !== ''),
  );
}

interface Run {
  readonly text: string;
  readonly heading: string | undefined;
  readonly pages: readonly { readonly start: number; readonly page: number }[];
}

/** Sections that stand under the same heading as one text. */
function runsOf(sections: readonly Section[]): Run[] {
  const runs: { heading: string | undefined; sections: Section[] }[] = [];
  for (const section of sections) {
    const run = runs.at(-1);
    if (run && run.heading === section.heading) run.sections.push(section);
    else runs.push({ heading: section.heading, sections: [section] });
  }
  return runs.map(({ heading, sections: parts }) => {
    const pages: { start: number; page: number }[] = [];
    let start = 0;
    const texts = parts.map(({ text, page }, i) => {
      const isJoined = i === parts.length - 1 || text.endsWith('\n');
      const whole = isJoined ? text : `${text}\n`;
      if (page !== undefined) pages.push({ start, page });
      start += whole.length;
      return whole;
    });
    return { text: texts.join(''), heading, pages };
  });
}

/** From `start` to before `end`, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the chunks of a text begin and end: without gaps, each within the limits. Borders lie between sentences; a
 * sentence that is longer than a chunk is cut between lines, words, or where there are none, anywhere but within a
 * character.
 */
export function spansOf(text: string, { maxTokens, overlapTokens }: ChunkLimits): Span[] {
  const maxBytes = maxTokens * BYTES_PER_TOKEN;
  const overlapBytes = overlapTokens * BYTES_PER_TOKEN;
  const pieces = sentencesOf(text).flatMap((sentence) => {
    if (bytesOf(text, sentence) <= maxBytes) return [sentence];
    // Small enough that there is something to be said again.
    return partsOf(text, sentence, overlapBytes > 0 ? overlapBytes : maxBytes);
  });
  const sizes = pieces.map((piece) => bytesOf(text, piece));

  const spans: Span[] = [];
  let first = 0;
  for (let next = 0; next < pieces.length; ) {
    let byteLength = 0;
    for (let i = first; i < next; i++) byteLength += sizes[i]!;
    while (first < next && byteLength + sizes[next]! > maxBytes) byteLength -= sizes[first++]!;
    do byteLength += sizes[next++]!;
    while (next < pieces.length && byteLength + sizes[next]! <= maxBytes);
    spans.push({ start: pieces[first]!.start, end: pieces[next - 1]!.end });
    let overlap = 0;
    first = next;
    while (first > 0 && overlap + sizes[first - 1]! <= overlapBytes) overlap += sizes[--first]!;
  }
  return spans;
}

/**
 * Where a sentence is over: after its mark and the space behind it, unless it goes on in lower case ("e.g. this"); after
 * an empty line; before an item of a list or a row of a table. `Intl.Segmenter` would end it at each line's end too, and
 * takes minutes for a megabyte.
 */
const SENTENCE_END =
  /\n[^\S\n]*\n\s*|(?<![.!?…])[.!?…]+["'”’»)\]]*\s+(?![\s\p{Ll}])|[。！？]+["”’」』）]*\s*|\n(?=[^\S\n]*(?:[-*•|]|\d+[.)]\s))/gu;

function sentencesOf(text: string): Span[] {
  const ends = [...text.matchAll(SENTENCE_END)].map(({ index, 0: { length } }) => index + length);
  const borders = ends.at(-1) === text.length ? ends : [...ends, text.length];
  return borders.map((end, i) => ({ start: borders[i - 1] ?? 0, end })).filter(({ start, end }) => end > start);
}

/** Cuts what is too long into parts of at most `maxBytes`. */
function partsOf(text: string, { start, end }: Span, maxBytes: number): Span[] {
  const parts: Span[] = [];
  let partStart = start;
  let byteLength = 0;
  let lineEnd = start;
  let wordEnd = start;
  for (let at = start; at < end; ) {
    const character = String.fromCodePoint(text.codePointAt(at)!);
    const size = Buffer.byteLength(character);
    while (byteLength + size > maxBytes && at > partStart) {
      const cut = lineEnd > partStart ? lineEnd : wordEnd > partStart ? wordEnd : at;
      parts.push({ start: partStart, end: cut });
      byteLength = bytesOf(text, { start: cut, end: at });
      partStart = cut;
    }
    byteLength += size;
    at += character.length;
    if (character === '\n') lineEnd = at;
    if (/\s/.test(character)) wordEnd = at;
  }
  parts.push({ start: partStart, end });
  return parts;
}

function bytesOf(text: string, { start, end }: Span): number {
  return Buffer.byteLength(text.slice(start, end));
}
