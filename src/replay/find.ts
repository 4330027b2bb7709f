import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, parse, sep } from 'node:path';
import { BridgeError } from '../errors.js';

/**
 * The folders of recorded calls that the arguments name: a folder with `call.yaml`, a folder with such folders somewhere
 * below, or a pattern with `*` and `?` within names. Sorted, each once. Throws `FIXTURE_INVALID` for one that names none.
 */
export function findFixtures(places: readonly string[]): string[] {
  const found = new Set<string>();
  for (const place of places) {
    // A shell's `calls/*` names the files beside the folders, too.
    if (places.length > 1 && isOtherFile(place)) continue;
    const folders = expanded(place).flatMap(fixturesBelow);
    if (folders.length === 0) {
      throw new BridgeError('FIXTURE_INVALID', `there is no recorded call (a folder with call.yaml) at ${place}`, {
        place,
      });
    }
    for (const folder of folders) found.add(folder);
  }
  return [...found].sort();
}

function isOtherFile(place: string): boolean {
  return existsSync(place) && !isFolder(place) && !place.endsWith('call.yaml');
}

function fixturesBelow(folder: string): string[] {
  if (!isFolder(folder)) return folder.endsWith('call.yaml') && existsSync(folder) ? [join(folder, '..')] : [];
  if (existsSync(join(folder, 'call.yaml'))) return [folder];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .flatMap((name) => (isFolder(join(folder, name)) ? fixturesBelow(join(folder, name)) : []));
}

function expanded(place: string): string[] {
  const { root } = parse(place);
  let paths = [root];
  for (const part of place.slice(root.length).split(/[/\\]/).filter(Boolean)) {
    paths = paths.flatMap((path) => {
      if (!/[*?]/.test(part)) return [path === '' ? part : join(path, part)];
      const pattern = new RegExp(
        `^${part
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.')}$`,
      );
      const dir = path === '' ? `.${sep}` : path;
      if (!isFolder(dir)) return [];
      return readdirSync(dir)
        .filter((name) => pattern.test(name))
        .map((name) => join(path, name));
    });
  }
  return paths.filter((path) => existsSync(path === '' ? '.' : path));
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
