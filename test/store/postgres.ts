import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { onServer } from './on-server.js';

export interface FreshDatabase {
  url: string;
  /** Removes it, also when connections are still open. */
  drop(): Promise<void>;
}

/** A database of its own, migrated and empty, on the embedded server of this test run. */
export function freshDatabase(): Promise<FreshDatabase> {
  return databaseFrom('oratio_template');
}

/** The same without tables, as operators make it. */
export function blankDatabase(): Promise<FreshDatabase> {
  return databaseFrom('template1');
}

async function databaseFrom(template: string): Promise<FreshDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
