import pg from 'pg';

/** What is done on one connection of its own. */
export async function connected<Result>(url: string, act: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

/** Runs one statement on a connection of its own. */
export async function onServer<Row extends object>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return connected(url, async (client) => (await client.query(sql, [...values])).rows as Row[]);
}
