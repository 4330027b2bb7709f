/** A piece of a document that was found. */
export interface Passage {
  readonly text: string;
  /** Where it is from: a URI, a URL or a name. */
  readonly source: string | null;
  /** 0 to 1, higher is better. Not to be compared between knowledge bases or indexes. */
  readonly score: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A score within 0 to 1; none at all counts as 0. */
export function boundedScore(score: number | undefined): number {
  return score === undefined || Number.isNaN(score) ? 0 : Math.min(1, Math.max(0, score));
}
