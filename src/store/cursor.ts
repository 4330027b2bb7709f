import { z } from 'zod';
import { BridgeError } from '../errors.js';
import { findUnstorable } from '../storable.js';

/** Where a page ends, as text that says nothing to others: base64url of JSON. */
export function cursorOf(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** What `cursorOf` was given; undefined without a cursor. What is none of ours is REQUEST_INVALID (`cursor`). */
export function positionOf<Position>(cursor: string | undefined, schema: z.ZodType<Position>): Position | undefined {
  if (cursor === undefined) return undefined;
  const parsed = schema.safeParse(decoded(cursor));
  if (parsed.success && findUnstorable(parsed.data).length === 0) return parsed.data;
  throw new BridgeError('REQUEST_INVALID', 'The cursor is none that a page before gave.', { field: 'cursor' });
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** A position that is a whole number of 64 bits and counts from one. */
export const countPosition = z.int().positive();

/** A page of the rows of a query that asked for one more than `limit`; the position is taken from its last row. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  positionOfRow: (row: Row) => unknown,
): { items: Item[]; nextCursor: string | null } {
  const kept = rows.slice(0, limit);
  const isLast = rows.length <= limit;
  return {
    items: kept.map(itemOf),
    nextCursor: isLast ? null : cursorOf(positionOfRow(kept.at(-1)!)),
  };
}
