import { hash } from 'node:crypto';

/** What the voice model accepts as the name of a tool. Source: Nova Sonic user guide, tool configuration. */
const MAX_LENGTH = 64;
const ACCEPTED = /^[a-zA-Z0-9_-]{1,64}$/;
const REFUSED_CHARACTER = /[^a-zA-Z0-9_-]/g;
const MARK_LENGTH = 6;

/**
 * The name of each tool as the voice model takes it, by the name that the server gave it. An acceptable name stays as it
 * is (also `target___tool` of a gateway). Any other is spelled with what is allowed and ends in a mark made from the
 * whole of it, so that it stays the same whatever else the server offers, and no two are alike.
 */
export function spokenNames(remoteNames: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const used = new Set<string>();
  const give = (remoteName: string, name: string) => {
    names.set(remoteName, name);
    used.add(name);
  };
  const unique = [...new Set(remoteNames)];
  for (const name of unique) if (ACCEPTED.test(name)) give(name, name);
  // Sorted, because two marks may be alike, and then who comes first must not be chance.
  for (const name of unique.filter((each) => !ACCEPTED.test(each)).sort()) give(name, marked(name, used));
  return names;
}

function marked(remoteName: string, used: ReadonlySet<string>): string {
  const spelled = remoteName.replace(REFUSED_CHARACTER, '_');
  const mark = hash('sha256', remoteName);
  for (let at = 0; ; at++) {
    const suffix = `_${at === 0 ? '' : at}${mark.slice(0, MARK_LENGTH)}`;
    const name = spelled.slice(0, MAX_LENGTH - suffix.length) + suffix;
    if (!used.has(name)) return name;
  }
}
