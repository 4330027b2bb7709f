import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../src/replay/stack/local-stack.js';
import { freshDatabase } from '../store/postgres.js';

/** The local stack with a database on the server of this run: a server of its own takes longer to make than most tests. */
export async function startStackOnServer(options: LocalStackOptions = {}): Promise<LocalStack> {
  const database = await freshDatabase();
  const environment = { DATABASE_URL: database.url, ...options.environment };
  const stack = await startLocalStack({ ...options, environment }).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const { close } = stack;
  let closing: Promise<void> | undefined;
  stack.close = () => {
    closing ??= close().then(() => database.drop());
    return closing;
  };
  return stack;
}
