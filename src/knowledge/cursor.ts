import { BridgeError } from '../errors.js';

/** Where a list of a service goes on, as text that says nothing to others. */
export function cursorOf(position: Readonly<Record<string, string | undefined>> | undefined): string | null {
  return position === undefined ? null : Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** What `cursorOf` was given. What is none of ours is REQUEST_INVALID (`cursor`). */
export function positionOf(cursor: string | undefined): Readonly<Record<string, string | undefined>> {
  if (cursor === undefined) return {};
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isPosition = typeof position === 'object' && position !== null && !Array.isArray(position);
    if (isPosition && Object.values(position).every((each) => typeof each === 'string')) {
      return position as Record<string, string>;
    }
  } catch {
    // Not JSON: none of ours either.
  }
  throw new BridgeError('REQUEST_INVALID', 'The cursor is none that a page before gave.', { field: 'cursor' });
}
