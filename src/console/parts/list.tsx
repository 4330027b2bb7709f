import './list.css';
import type { ReactNode } from 'react';

/** A table with its header; scrolls sideways by itself where it is wider than the screen. */
export function List({ label, columns, children }: { label: string; columns: readonly string[]; children: ReactNode }) {
  return (
    <section className="list-scroll" aria-label={label}>
      <table className="list">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
