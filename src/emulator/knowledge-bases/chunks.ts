import { type Piece, piecesOf } from '../models/tokens.js';

/** The cut by size alone. */
export interface Chunking {
  readonly maxTokens: number;
  readonly overlapPercentage: number;
}

/** What happens unless a data source says otherwise. Source: Amazon Bedrock user guide, How content chunking works. */
export const DEFAULT_CHUNKING: Chunking = { maxTokens: 300, overlapPercentage: 20 };

/** A sentence may end this much of a chunk earlier than the chunk might. */
const SEARCHED_FOR_END = 0.4;

/**
 * Cuts text into chunks of up to `maxTokens`, after a sentence where there is an end of one, each beginning with the last
 * part of the one before. Undefined chunking: the whole text. Text without a word has no chunks.
 */
export function chunksOf(text: string, chunking: Chunking | undefined): string[] {
  if (!chunking) return piecesOf(text).length === 0 ? [] : [text.trim()];
  const { maxTokens, overlapPercentage } = chunking;
  return chunksUpTo(text, maxTokens, Math.floor((maxTokens * overlapPercentage) / 100));
}

/** The same with the overlap in tokens. */
export function chunksUpTo(text: string, maxTokens: number, overlapTokens: number): string[] {
  const pieces = piecesOf(text);
  if (pieces.length === 0) return [];
  const chunks: string[] = [];
  let first = 0;
  for (;;) {
    const end = endOfChunk(text, pieces, first, maxTokens);
    chunks.push(text.slice(pieces[first]!.start, pieces[end - 1]!.end));
    if (end === pieces.length) return chunks;
    first = startOfNext(pieces, first, end, overlapTokens);
  }
}

/** Index behind the last piece of the chunk that begins with the piece `first`. */
function endOfChunk(text: string, pieces: readonly Piece[], first: number, maxTokens: number): number {
  let tokens = 0;
  let end = first;
  let sentenceEnd = first;
  while (end < pieces.length && (end === first || tokens + pieces[end]!.tokens <= maxTokens)) {
    tokens += pieces[end]!.tokens;
    end++;
    const isEarly = tokens < maxTokens * (1 - SEARCHED_FOR_END);
    if (!isEarly && endsSentence(text, pieces[end - 1]!, pieces[end])) sentenceEnd = end;
  }
  return end < pieces.length && sentenceEnd > first ? sentenceEnd : end;
}

function endsSentence(text: string, last: Piece, next: Piece | undefined): boolean {
  const gap = text.slice(last.end, next?.start);
  return gap.includes('\n\n') || (/[.!?…]/.test(text.slice(last.start, last.end)) && /^\s/.test(gap));
}

/** So many tokens before `end`, but later than `first`. */
function startOfNext(pieces: readonly Piece[], first: number, end: number, overlapTokens: number): number {
  let start = end;
  let tokens = 0;
  while (start - 1 > first && tokens + pieces[start - 1]!.tokens <= overlapTokens) {
    start--;
    tokens += pieces[start]!.tokens;
  }
  return start;
}
