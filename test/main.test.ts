import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseModelScript } from '../src/emulator/bedrock/script.js';
import { startBedrock } from '../src/emulator/bedrock/server.js';
import { createPhone } from '../src/emulator/phone/phone.js';
import { temporaryDataDir } from '../src/store/embedded/temp-folder.js';
import { builtProcess } from './built-process.js';
import { NUMBER, SPEECH_DIR } from './wire/places.js';

const COMPLETE = {
  PORT: '0',
  PUBLIC_URL: 'https://bridge.example.com',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'twilio-secret',
  ADMIN_TOKEN: 'a-secret-of-more-than-32-characters',
};

/** A data directory of its own, with its own database server. */
async function ownData(): Promise<{ DATA_DIR: string }> {
  const { path, remove } = await temporaryDataDir();
  onTestFinished(remove);
  return { DATA_DIR: path };
}

function run(environment: Record<string, string>) {
  const child = spawn(process.execPath, [builtProcess('src/main.ts')], {
    env: { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...environment },
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text;
  });
  child.stderr.on('data', (text: Buffer) => {
    output += text;
  });
  const address = new Promise<string>((resolve) =>
    child.stdout.on('data', () => {
      const found = /"address":"(http:[^"]+)"/.exec(output)?.[1];
      if (found) resolve(found);
    }),
  );
  return {
    child,
    address,
    exit: once(child, 'close') as Promise<[number | null, string | null]>,
    output: () => output,
  };
}

describe('the process', () => {
  it('names every fault of its configuration and ends with code 1', async () => {
    const { exit, output } = run({ PORT: 'http', ADMIN_TOKEN: 'short' });
    const [code] = await exit;

    expect(code).toBe(1);
    for (const name of ['PORT', 'PUBLIC_URL', 'TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'ADMIN_TOKEN']) {
      expect(output()).toContain(name);
    }
    expect(output()).not.toContain('listening');
  });

  it('ends with code 1 and one sentence where another bridge has its data directory, which goes on', async () => {
    const data = await ownData();
    const first = run({ ...COMPLETE, ...data });
    const url = await first.address;
    const second = run({ ...COMPLETE, ...data });
    const errors = text(second.child.stderr);
    const [code] = await second.exit;

    expect(code).toBe(1);
    expect(await errors).toMatch(/^Cannot start: [^\n]*another bridge[^\n]*\n$/i);
    expect(await errors).toContain(data.DATA_DIR);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    first.child.kill('SIGTERM');
    await first.exit;
  });

  it.runIf(process.getuid?.() === 0)(
    'ends with code 1 and one sentence where the user of its database cannot enter the data directory',
    async () => {
      const { DATA_DIR } = await ownData();
      await chmod(DATA_DIR, 0o700);
      const { child, exit } = run({ ...COMPLETE, DATA_DIR: join(DATA_DIR, 'data') });
      const errors = text(child.stderr);
      const [code] = await exit;

      expect(code).toBe(1);
      expect(await errors).toMatch(/^Cannot start: [^\n]*\n$/);
      expect(await errors).toContain(`cannot enter ${DATA_DIR}: allow it with chmod o+x`);
    },
  );

  it('carries a call, configured by its environment alone, lets it finish when asked to stop, even twice, and tells no secret', async () => {
    const bedrock = await startBedrock({ endpointingMs: 500 });
    const script = 'turns:\n  - text: greet\n    say: Hello\n  - hear: go forward ten meters\n    say: Thank you\n';
    bedrock.use(parseModelScript(script, { dir: SPEECH_DIR }));
    const { child, address, exit, output } = run({
      ...COMPLETE,
      ...(await ownData()),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
    });
    const url = await address;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const api = async (method: string, path: string, body: object) => {
      const headers = { Authorization: `Bearer ${COMPLETE.ADMIN_TOKEN}`, 'Content-Type': 'application/json' };
      const response = await fetch(`${url}/api${path}`, { method, headers, body: JSON.stringify(body) });
      return (await response.json()) as { id: string };
    };
    const { id } = await api('POST', '/agents', { name: 'A', systemPrompt: 'You help.', greeting: 'Greet the caller' });
    await api('PUT', `/numbers/${NUMBER}`, { agentId: id });
    const phone = createPhone({
      bridgeUrl: url,
      publicUrl: COMPLETE.PUBLIC_URL,
      accountSid: COMPLETE.TWILIO_ACCOUNT_SID,
      authToken: COMPLETE.TWILIO_AUTH_TOKEN,
    });
    const call = await phone.call({ from: '+14155550100', to: NUMBER });
    await call.next('playing-ended');

    child.kill('SIGTERM');
    child.kill('SIGTERM');
    await call.say(`${SPEECH_DIR}/goforward.wav`);
    await call.next('playing-ended');
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await call.hangUp();
    const [code] = await exit;

    expect(code).toBe(0);
    expect(output()).toMatch(/draining.*stopped/s);
    expect(output()).not.toMatch(/twilio-secret|a-secret-of/);
    expect(call.warnings).toEqual([]);
    expect(bedrock.sessions).toMatchObject([{ violations: [], endedBy: 'sessionEnd' }]);
    await bedrock.close();
  });
});
