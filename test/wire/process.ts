import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { onTestFinished } from 'vitest';
import { builtProcess } from '../built-process.js';
import { AUTH_TOKEN, PUBLIC_URL } from './bridge.js';

const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789';

/** A bridge in a process of its own, with the database that it brings unless another is given. */
export async function startProcess(dataDir: string, environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [builtProcess('src/main.ts')], {
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', PUBLIC_URL, DATA_DIR: dataDir, ADMIN_TOKEN },
      // Several of them, before all else of the machine, would leave nothing for the test.
      CPU_PRIORITY: 'normal',
      ...{ TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: AUTH_TOKEN },
      ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' },
      ...{ AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'close');
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const base = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => {
      output += text;
      const address = /"address":"(http:[^"]+)"/.exec(output)?.[1];
      if (address) resolve(address);
    });
    void exit.then(() => reject(new Error(`it does not start: ${output}`)));
  });
  return {
    base,
    pid: child.pid!,
    /** What it has logged so far. */
    logged: () => output,
    async api(method: string, path: string, body?: object) {
      const response = await fetch(`${base}/api${path}`, {
        method,
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
      return { status: response.status, body: (await response.json()) as any };
    },
    /** The recording of a call. */
    async audio(callSid: string): Promise<Buffer> {
      const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
      const response = await fetch(`${base}/api/calls/${callSid}/audio.wav`, { headers });
      return Buffer.from(await response.arrayBuffer());
    },
    async webhook(path: string, form: Record<string, string>) {
      const signature = getExpectedTwilioSignature(AUTH_TOKEN, PUBLIC_URL + path, form);
      const headers = { 'X-Twilio-Signature': signature };
      return (await fetch(base + path, { method: 'POST', headers, body: new URLSearchParams(form) })).text();
    },
    /** Answers its exit code; null when the signal ended it. */
    async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
      child.kill(signal);
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}

export type BridgeProcess = Awaited<ReturnType<typeof startProcess>>;
