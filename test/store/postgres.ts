import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { emptied, type Untouched, untouchedIn } from './emptied.js';
import { onServer } from './on-server.js';

/** What the run's set-up says of its server. */
declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    serverKind: 'embedded' | 'tcp';
  }
}

export interface FreshDatabase {
  url: string;
  /** Removes it, also when connections are still open. */
  drop(): Promise<void>;
}

/** Those of earlier tests of this process, emptied: making one takes the server longer than most tests. */
const spare: string[] = [];
let untouched: Promise<Untouched> | undefined;

/** A database of its own, migrated and empty, on the server of this test run. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = spare.pop() ?? (await made('oratio_template'));
  const url = urlOf(name);
  untouched ??= untouchedIn(url);
  const asMigrated = await untouched;
  return {
    url,
    async drop() {
      if (await emptied(url, asMigrated)) spare.push(name);
      else await remove(name);
    },
  };
}

/** The same without tables, as operators make it. */
export async function blankDatabase(): Promise<FreshDatabase> {
  const name = await made('template1');
  return { url: urlOf(name), drop: () => remove(name) };
}

async function made(template: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(inject('postgresUrl'), `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return name;
}

function urlOf(name: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return url.href;
}

async function remove(name: string): Promise<void> {
  await onServer(inject('postgresUrl'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}
