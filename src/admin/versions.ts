import { BridgeError } from '../errors.js';

/** A version as it travels: `"3"`. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version that `If-Match` asks for; undefined for any. VERSION_CONFLICT for one that no version can have, and for `*`,
 * which asks for any that exists, where there is none (`exists`).
 */
export function versionAsked(ifMatch: string | undefined, exists = true): number | undefined {
  if (ifMatch === undefined) return undefined;
  if (ifMatch.trim() === '*') {
    if (exists) return undefined;
    throw new BridgeError('VERSION_CONFLICT', 'There is no version of it.', { latestVersion: null });
  }
  const [, tag] = /^\s*"([^"]*)"\s*$/.exec(ifMatch) ?? [];
  if (tag === undefined) {
    throw new BridgeError('REQUEST_INVALID', 'must be one version as its ETag gave it, such as "3"', {
      field: 'If-Match',
    });
  }
  if (!/^[1-9]\d{0,9}$/.test(tag)) throw new BridgeError('VERSION_CONFLICT', `There is no version ${ifMatch.trim()}.`);
  return Number(tag);
}

/** Whether who asks has this version already (`If-None-Match`). */
export function isKnown(ifNoneMatch: string | undefined, version: number): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etagOf(version)) || tags.includes('*');
}

/** Whether a PUT may only create: `If-None-Match: *`. Any other value is refused. */
export function mayOnlyCreate(ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  throw new BridgeError('REQUEST_INVALID', 'only "*" is understood here', { field: 'If-None-Match' });
}
