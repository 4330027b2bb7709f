import { Link } from 'wouter';
import type { Overview } from '../../api/types.ts';
import type { Measure } from './measures.ts';
import { shownSpan } from './range.ts';

interface FigureTableProps {
  readonly measure: Measure;
  readonly overview: Overview;
  readonly hrefOf: (bucket: { from: string; to: string }) => string;
}

/** The figures of a chart. A row leads to the calls behind it. */
export function FigureTable({ measure: { title, series, base, shown }, overview, hrefOf }: FigureTableProps) {
  return (
    <section className="overview-table" aria-label={`${title}, figures`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Calls that began</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            {base && <th scope="col">{base.name}</th>}
          </tr>
        </thead>
        <tbody className="tabular">
          {overview.buckets.map((bucket) => (
            <tr key={bucket.from}>
              <th scope="row" title={`${bucket.from} to ${bucket.to}`}>
                <Link href={hrefOf(bucket)}>{shownSpan(bucket)}</Link>
              </th>
              {series.map(({ name, value }) => {
                const now = value(bucket);
                return <td key={name}>{now === null ? 'none' : shown(now)}</td>;
              })}
              {base && <td>{base.count(bucket).toLocaleString()}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
