import { readFileSync } from 'node:fs';

/** The version of the bridge, as its package names it; beside the sources as beside what is built of them. */
export function bridgeVersion(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
