import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL, ticketIn } from './bridge.js';
import { SPEECH_DIR } from './places.js';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789';

/** Two starts of a whole bridge take long on a busy machine. */
const LIMIT_MS = 180_000;

/** A bridge in a process of its own, with the database that it brings. */
async function startProcess(dataDir: string, environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', PUBLIC_URL, DATA_DIR: dataDir, ADMIN_TOKEN },
      ...{ TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: AUTH_TOKEN },
      ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' },
      ...{ AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'close');
  onTestFinished(() => void child.kill('SIGKILL'));
  const base = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text;
      const address = /"address":"(http:[^"]+)"/.exec(output)?.[1];
      if (address) resolve(address);
    });
    void exit.then(() => reject(new Error(`it does not start: ${output}`)));
  });
  return {
    base,
    async api(method: string, path: string, body?: object) {
      const response = await fetch(`${base}/api${path}`, {
        method,
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
      return { status: response.status, body: (await response.json()) as any };
    },
    async webhook(path: string, form: Record<string, string>) {
      const signature = getExpectedTwilioSignature(AUTH_TOKEN, PUBLIC_URL + path, form);
      const headers = { 'X-Twilio-Signature': signature };
      return (await fetch(base + path, { method: 'POST', headers, body: new URLSearchParams(form) })).text();
    },
    async end(signal: 'SIGKILL' | 'SIGTERM') {
      child.kill(signal);
      await exit;
    },
  };
}

it(
  'a bridge that was killed with calls going on has ended them when it is back, and lets their callers be forgotten',
  async () => {
    const dataDir = await temporaryDataDir();
    onTestFinished(dataDir.remove);
    const killed = await startProcess(dataDir.path);
    const { body: agent } = await killed.api('POST', '/agents', { name: 'Orders', systemPrompt: 'You help.' });
    await killed.api('PUT', `/numbers/${NUMBER}`, { agentId: agent.id });
    const twiml = await killed.webhook('/twilio/voice', {
      ...{ CallSid: 'CA1', AccountSid: `AC${'0'.repeat(32)}`, From: CALLER, To: NUMBER },
      ...{ CallStatus: 'ringing', Direction: 'inbound' },
    });
    // The list is what is kept of it.
    await vi.waitFor(async () => expect((await killed.api('GET', '/calls?state=ringing')).body.items).toHaveLength(1), {
      interval: 20,
      timeout: 15_000,
    });
    await killed.end('SIGKILL');

    const back = await startProcess(dataDir.path);
    const { body: call } = await back.api('GET', '/calls/CA1');
    const deleted = await back.api('DELETE', `/callers/${CALLER}`);
    await back.end('SIGTERM');

    expect(twiml).toContain('<Stream');
    expect(call).toMatchObject({ state: 'ended', endReason: 'failed' });
    expect(deleted).toMatchObject({ status: 200, body: { calls: 1 } });
  },
  LIMIT_MS,
);

it(
  'a bridge that was killed while it recorded has on record what it had recorded, when it is back',
  async () => {
    const dataDir = await temporaryDataDir();
    onTestFinished(dataDir.remove);
    const bedrock = await startBedrock();
    bedrock.use(parseModelScript('turns: []', { dir: SPEECH_DIR }));
    onTestFinished(() => bedrock.close());
    const killed = await startProcess(dataDir.path, {
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
    });
    const { body: agent } = await killed.api('POST', '/agents', { name: 'Orders', systemPrompt: 'You help.' });
    await killed.api('PUT', `/numbers/${NUMBER}`, { agentId: agent.id, recording: true });
    const call = { CallSid: 'CA1', AccountSid: `AC${'0'.repeat(32)}`, From: CALLER, To: NUMBER };
    const twiml = await killed.webhook('/twilio/voice', { ...call, CallStatus: 'ringing', Direction: 'inbound' });
    const signature = getExpectedTwilioSignature(AUTH_TOKEN, `${PUBLIC_URL.replace('https', 'wss')}/twilio/media`, {});
    const socket = new WebSocket(`${killed.base.replace('http', 'ws')}/twilio/media`, {
      headers: { 'X-Twilio-Signature': signature },
    });
    await once(socket, 'open');
    const send = (message: object) => socket.send(JSON.stringify(message));
    const start = {
      ...{ accountSid: call.AccountSid, streamSid: 'MZ1', callSid: 'CA1', tracks: ['inbound'] },
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: { ticket: ticketIn(twiml) },
    };
    send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    send({ event: 'start', sequenceNumber: '1', start, streamSid: 'MZ1' });
    let frame = 0;
    const spoken = setInterval(() => {
      frame += 1;
      const media = {
        ...{ track: 'inbound', chunk: String(frame), timestamp: String(100 + frame * 20) },
        payload: Buffer.alloc(160, 0x10).toString('base64'),
      };
      send({ event: 'media', sequenceNumber: String(frame + 1), media, streamSid: 'MZ1' });
    }, 20);
    onTestFinished(() => clearInterval(spoken));
    // The list is what is kept of it.
    await vi.waitFor(
      async () => {
        const [live] = (await killed.api('GET', '/calls?state=live')).body.items;
        expect(live?.recording?.state).toBe('recording');
        const [file] = await readdir(join(dataDir.path, 'recordings/spool'));
        expect((await stat(join(dataDir.path, 'recordings/spool', file!))).size).toBeGreaterThan(32_000);
      },
      { interval: 50, timeout: 30_000 },
    );
    await killed.end('SIGKILL');
    clearInterval(spoken);

    const back = await startProcess(dataDir.path);
    const recorded = await vi.waitFor(
      async () => {
        const { body } = await back.api('GET', '/calls/CA1');
        expect(body.recording.state).toBe('ready');
        return body;
      },
      { interval: 50, timeout: 30_000 },
    );
    await back.end('SIGTERM');

    expect(recorded).toMatchObject({ state: 'ended', endReason: 'failed' });
    expect(recorded.recording.durationMs).toBeGreaterThanOrEqual(900);
    expect(recorded.recording.durationMs).toBe(Math.round((recorded.recording.byteLength - 44) / 32));
  },
  LIMIT_MS,
);
