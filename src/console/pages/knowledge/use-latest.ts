import { useState } from 'react';
import { usePages } from '../../parts/use-pages.ts';
import { foremost, withLatest } from './latest.ts';
import { useProgress } from './use-progress.ts';

interface Told {
  readonly updatedAt: string | null;
}

/** A paged list of what goes on in the background: its rows change as their progress is told, not when they are asked for. */
export function useLatest<Row extends Told>(options: {
  /** Of the list in the API; each row is at `<path>/<key>`. */
  path: string;
  keyOf: (row: Row) => string;
  /** Which is worked on first; undefined when nothing more happens to it. */
  rankOf: (row: Row) => number | undefined;
}) {
  const { path, keyOf, rankOf } = options;
  const pages = usePages<Row>(path);
  const [told, setTold] = useState<ReadonlyMap<string, Row>>(new Map());
  const rows = withLatest(pages.items, told, keyOf);
  const took = (row: Row) => setTold((before) => new Map(before).set(keyOf(row), row));
  const pathOf = (row: Row) => `${path}/${encodeURIComponent(keyOf(row))}`;
  const isLost = useProgress<Row>(foremost(rows, rankOf).map(pathOf), {
    told: took,
    ended: (ended) => {
      // One that was not over and has ended is gone.
      setTold((before) => new Map([...before].filter(([, row]) => pathOf(row) !== ended || rankOf(row) === undefined)));
      pages.again();
    },
  });
  return { ...pages, rows, took, isLost };
}
