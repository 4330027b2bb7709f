import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutations.js';

/** A mutation as a process that loads it needs it: the changed file, and the addresses of all that leads to it. */
export interface Mutant {
  name: string;
  calls: string[];
  url: string;
  source: string;
  above: string[];
}

const ROOT = new URL('../../', import.meta.url);
const ENTRY = new URL('src/replay/virtual/target.ts', ROOT).href;
/** Imports of ours that exist at run time. */
const IMPORTS = /^(?:import|export)\s(?!type\s)[^;]*?from\s+'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'/gms;

/** By the address of a file that a virtual call may load: what it imports. */
const imports = new Map<string, readonly string[]>();

/** Throws when the text that is to be replaced is not there exactly once. */
export function mutantOf({ name, file, find, replace, foundBy }: Mutation): Mutant {
  const url = new URL(file, ROOT).href;
  const text = textOf(url);
  const count = text.split(find).length - 1;
  if (count !== 1) {
    throw new Error(
      `the mutation no longer applies: ${name}: its text is ${count} times in ${file}, not once: ${find}`,
    );
  }
  return { name, calls: Object.keys(foundBy), url, source: text.replace(find, () => replace), above: leadingTo(url) };
}

function leadingTo(url: string): string[] {
  if (imports.size === 0) read(ENTRY);
  const above = new Set([url]);
  for (const below of above) {
    for (const [file, targets] of imports) if (targets.includes(below)) above.add(file);
  }
  return [...above];
}

function read(file: string): void {
  const found = [...textOf(file).matchAll(IMPORTS)].map(([, from, loaded]) => from ?? loaded ?? '');
  const targets = found.map((each) => new URL(each.replace(/\.js$/, '.ts'), file).href);
  imports.set(file, targets);
  for (const target of targets) if (!imports.has(target)) read(target);
}

function textOf(url: string): string {
  return readFileSync(fileURLToPath(url), 'utf8');
}
