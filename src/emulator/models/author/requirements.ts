import { contradictionsIn } from './contradictions.js';
import { kindOf } from './kinds.js';
import { languageOf } from './language.js';
import { type Piece, readProcedure } from './sop.js';
import { summaryOf } from './speech.js';
import { isSuspicious, suspiciousIn } from './suspicious.js';
import type { ClauseKind } from './types.js';
import { collapsed, plainText, shortened } from './words.js';

const MOST_CLAUSES = 200;

/** What the parser of procedures hands in. */
export interface Parsed {
  readonly title: string;
  readonly purpose: string;
  readonly language: string;
  readonly clauses: readonly { readonly quote: string; readonly kind: ClauseKind; readonly summary: string }[];
  readonly contradictions: readonly { readonly quotes: readonly string[]; readonly explanation: string }[];
  readonly suspicious: readonly string[];
}

/** Reads a procedure. Every clause depends on its own words, its heading and what leads to it, and on nothing else. */
export function parseProcedure(sop: string): Parsed {
  const { title, pieces } = readProcedure(sop);
  const language = languageOf(sop);
  const seen = new Set<string>();
  const clauses = merged(sop, pieces.length > 0 ? pieces : whole(sop)).flatMap(
    ({ quote, heading, leadIn, isHeading }) => {
      const key = collapsed(quote);
      if (seen.has(key)) return [];
      seen.add(key);
      const summary = summaryOf(quote, leadIn);
      const isNoOrder = isHeading === true || isSuspicious(plainText(quote));
      return { quote, heading, summary, kind: isNoOrder ? ('information' as const) : kindOf(summary, heading) };
    },
  );
  return {
    title: shortened(plainText(title), 118),
    purpose: purposeOf(sop, title, pieces),
    language,
    clauses: clauses.map(({ quote, kind, summary }) => ({ quote, kind, summary })),
    contradictions: contradictionsIn(clauses, title),
    suspicious: suspiciousIn(sop),
  };
}

/** Text in which there is not a single word is one piece. */
function whole(sop: string): Piece[] {
  const quote = sop.trim().slice(0, 3900);
  return quote === ''
    ? []
    : [{ start: sop.indexOf(quote), end: sop.indexOf(quote) + quote.length, quote, heading: '', leadIn: '' }];
}

function purposeOf(sop: string, title: string, pieces: readonly Piece[]): string {
  const named = pieces.find(({ heading }) =>
    /\b(?:purpose|scope|about|zweck|ziel|objetivo|propósito)\b/i.test(heading),
  );
  const [first] = pieces;
  const intro = named ?? (first && !isItem(sop, first.start) ? first : undefined);
  return shortened(intro ? plainText(intro.quote) : plainText(title), 900);
}

const isItem = (sop: string, start: number) =>
  /(?:[-*+•]|[\p{L}\d][.):])\s*$/u.test(sop.slice(Math.max(0, start - 8), start));

/** Neighbours become one where there are more pieces than a parser may hand in. */
function merged(sop: string, pieces: readonly Piece[]): readonly Piece[] {
  const each = Math.ceil(pieces.length / MOST_CLAUSES);
  if (each <= 1) return pieces;
  const groups: Piece[] = [];
  for (let at = 0; at < pieces.length; at += each) {
    const first = pieces[at]!;
    const last = pieces[Math.min(at + each, pieces.length) - 1]!;
    const quote = sop.slice(first.start, last.end);
    groups.push({ ...first, end: last.end, quote: quote.length <= 4000 ? quote : first.quote });
  }
  return groups;
}
