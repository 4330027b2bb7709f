import './list.css';
import type { CSSProperties, ReactNode } from 'react';

/**
 * A table with its header; on a narrow screen each row is a card: its first cell is the title, the others have the names of
 * their columns above them. A cell of boxes to select rows has the class `list-select` and stands before the title.
 */
export function List({ label, columns, children }: { label: string; columns: readonly string[]; children: ReactNode }) {
  return (
    <section className="list-scroll" aria-label={label}>
      <table className="list" style={namesOf(columns)}>
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

/** The names of columns for the styles of cards. */
function namesOf(columns: readonly string[]): CSSProperties {
  return Object.fromEntries(columns.map((column, index) => [`--column-${index + 1}`, JSON.stringify(column)]));
}
