import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const COMPLETE = {
  PORT: '0',
  PUBLIC_URL: 'https://bridge.example.com',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'twilio-secret',
  ADMIN_TOKEN: 'a-secret-of-more-than-32-characters',
};

function run(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...environment },
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text;
  });
  child.stderr.on('data', (text: Buffer) => {
    output += text;
  });
  return { child, exit: once(child, 'close') as Promise<[number | null, string | null]>, output: () => output };
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

  it('starts, stays alive, and stops cleanly on SIGTERM without telling a secret', async () => {
    const { child, exit, output } = run(COMPLETE);
    const address = await new Promise<string>((resolve) =>
      child.stdout.on('data', () => {
        const found = /"address":"(http:[^"]+)"/.exec(output())?.[1];
        if (found) resolve(found);
      }),
    );
    expect((await fetch(`${address}/healthz`)).status).toBe(200);

    child.kill('SIGTERM');
    const [code] = await exit;

    expect(code).toBe(0);
    expect(output()).toContain('stopped');
    expect(output()).not.toMatch(/twilio-secret|a-secret-of/);
  });
});
