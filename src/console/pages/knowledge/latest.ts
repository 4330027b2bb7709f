/** Rows of a list with what was told about them since it was read: the later state of each, new ones first. */
export function withLatest<Row extends { readonly updatedAt: string | null }>(
  read: readonly Row[],
  told: ReadonlyMap<string, Row>,
  keyOf: (row: Row) => string,
): Row[] {
  const known = new Set(read.map(keyOf));
  const news = [...told].filter(([key]) => !known.has(key)).map(([, row]) => row);
  return [
    ...news.reverse(),
    ...read.map((row) => {
      const later = told.get(keyOf(row));
      return later && (later.updatedAt ?? '') >= (row.updatedAt ?? '') ? later : row;
    }),
  ];
}

/** Streams that are open at a time: a browser has six connections for all pages of a site, and two documents are worked on at once. */
const FOLLOWED_AT_ONCE = 2;

/** Which of those that are not over are followed: what is being worked on, then what waits, then what waits after a failure. */
export function foremost<Row>(rows: readonly Row[], rankOf: (row: Row) => number | undefined): Row[] {
  return rows
    .flatMap((row) => {
      const rank = rankOf(row);
      return rank === undefined ? [] : [{ row, rank }];
    })
    .sort((a, b) => a.rank - b.rank)
    .slice(0, FOLLOWED_AT_ONCE)
    .map(({ row }) => row);
}
