import { createHash } from 'node:crypto';
import { validation } from './problems.js';

/** A paging token: opaque, and only good for the listing it was given for. */
export function pageToken(position: string, listing: string): string {
  return Buffer.from(JSON.stringify([position, digest(listing)])).toString('base64url');
}

/** The position in a token. Throws ValidationException for one that was not given for this listing. */
export function readToken(token: string, listing: string): string {
  const match = /^\["(.*)","([\w-]+)"\]$/s.exec(Buffer.from(token, 'base64url').toString());
  if (!match || match[2] !== digest(listing)) throw validation('Invalid nextToken');
  return JSON.parse(`"${match[1]}"`) as string;
}

const digest = (listing: string) => createHash('sha256').update(listing).digest('base64url').slice(0, 22);
