import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { closedAfterTests, sendJson, startPlainServer } from '../agents/rig.js';

const open = closedAfterTests();

it('a bridge that is run from its sources has its thread run from them, too, and ends by itself when it is closed', async () => {
  const retrievalResults = [{ content: { text: 'Ask for Ada.' }, score: 0.5 }];
  const server = await startPlainServer((_request, response) => sendJson(response, 200, { retrievalResults }));
  open.push(server);
  const file = fileURLToPath(new URL('source-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, server.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
  open.push({ close: () => child.kill('SIGKILL') });

  expect(JSON.parse(await text(child.stdout))).toEqual([{ text: 'Ask for Ada.', source: null, score: 0.5 }]);
});
