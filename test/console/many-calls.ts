import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Page } from 'playwright-core';
import { createApp } from '../../src/app.js';
import type { CallFact } from '../../src/call/events.js';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';

const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789';
/** Nobody listens there: these calls have no line and no model. */
const NOBODY = 'http://127.0.0.1:9';

/** A whole bridge with calls on it that only tell what happens to them. */
export async function startManyCalls(count: number) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const url = `http://127.0.0.1:${port}`;
  const data = await temporaryDataDir();
  const config = readConfig({
    PORT: String(port),
    PUBLIC_URL: url,
    DATA_DIR: data.path,
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'auth-token-of-the-tests',
    TWILIO_API_URL: NOBODY,
    ADMIN_TOKEN,
    LOG_LEVEL: 'silent',
  });
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const start = async () => {
    const started = await createApp({
      config,
      log: createLog('silent'),
      bedrock: { endpoint: NOBODY, credentials },
      loop: 'unmeasured',
    });
    await started.listen();
    return started;
  };
  let app = await start();

  const tell = (callSid: string, fact: CallFact, atMs = 0) => app.registry.emit(callSid, fact, atMs);
  let rung = 0;
  const ring = (): string => {
    const index = rung++;
    // Of those that ring in the same millisecond, the board has the lowest name first: here it is the newest.
    const callSid = `CA${(1_000_000 - index).toString(16).padStart(32, '0')}`;
    const from = `+1628555${String(index).padStart(4, '0')}`;
    const shared = { direction: 'inbound', from, to: '+14155550199', agentId: null, agentVersion: null } as const;
    tell(callSid, { kind: 'rang', ...shared, variables: {}, test: false });
    tell(callSid, { kind: 'answered' });
    return callSid;
  };
  const callSids = Array.from({ length: count }, ring);

  return {
    url,
    adminToken: ADMIN_TOKEN,
    /** Oldest first. */
    callSids,
    tell,
    /** The bridge goes away, with all connections to it. */
    stop: () => app.close(),
    /** And comes back at the same address, with what it has kept. */
    async startAgain(): Promise<void> {
      app = await start();
    },
    /** Another one rings and is answered. */
    ring,
    async logIn(page: Page): Promise<void> {
      await page.goto(`${url}/live`);
      await page.getByLabel('Token').fill(ADMIN_TOKEN);
      await page.getByRole('button', { name: 'Log in' }).click();
    },
    async close(): Promise<void> {
      await app.close();
      await data.remove();
    },
  };
}

export type ManyCalls = Awaited<ReturnType<typeof startManyCalls>>;
