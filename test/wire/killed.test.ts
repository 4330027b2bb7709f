import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL, ticketIn } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { type BridgeProcess, startProcess } from './process.js';

const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
/** Three starts of a whole bridge take long on a busy machine. */
const LIMIT_MS = 180_000;

it(
  'a bridge that was killed with calls going on has ended them when it is back, with what it had recorded, and lets their callers be forgotten',
  async () => {
    const dataDir = await temporaryDataDir();
    onTestFinished(dataDir.remove);
    const bedrock = await startBedrock();
    bedrock.use(parseModelScript('turns: []', { dir: SPEECH_DIR }));
    onTestFinished(() => bedrock.close());
    const start = () =>
      startProcess(dataDir.path, {
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
        AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
      });
    const ring = (bridge: BridgeProcess, CallSid: string) =>
      bridge.webhook('/twilio/voice', {
        ...{ CallSid, AccountSid: ACCOUNT_SID, From: CALLER, To: NUMBER },
        ...{ CallStatus: 'ringing', Direction: 'inbound' },
      });

    const first = await start();
    const { body: agent } = await first.api('POST', '/agents', { name: 'Orders', systemPrompt: 'You help.' });
    await first.api('PUT', `/numbers/${NUMBER}`, { agentId: agent.id, recording: true });
    expect(await ring(first, 'CA1')).toContain('<Stream');
    // The list is what is kept of it.
    await vi.waitFor(async () => expect((await first.api('GET', '/calls?state=ringing')).body.items).toHaveLength(1), {
      interval: 20,
      timeout: 15_000,
    });
    await first.end('SIGKILL');

    const killed = await start();
    const { body: rung } = await killed.api('GET', '/calls/CA1');
    expect(rung).toMatchObject({ state: 'ended', endReason: 'failed' });
    const twiml = await ring(killed, 'CA2');
    const signature = getExpectedTwilioSignature(AUTH_TOKEN, `${PUBLIC_URL.replace('https', 'wss')}/twilio/media`, {});
    const socket = new WebSocket(`${killed.base.replace('http', 'ws')}/twilio/media`, {
      headers: { 'X-Twilio-Signature': signature },
    });
    await once(socket, 'open');
    const send = (message: object) => socket.send(JSON.stringify(message));
    const started = {
      ...{ accountSid: ACCOUNT_SID, streamSid: 'MZ1', callSid: 'CA2', tracks: ['inbound'] },
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: { ticket: ticketIn(twiml) },
    };
    send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    send({ event: 'start', sequenceNumber: '1', start: started, streamSid: 'MZ1' });
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

    const back = await start();
    const recorded = await vi.waitFor(
      async () => {
        const { body } = await back.api('GET', '/calls/CA2');
        expect(body.recording.state).toBe('ready');
        return body;
      },
      { interval: 50, timeout: 30_000 },
    );
    const deleted = await back.api('DELETE', `/callers/${CALLER}`);
    await back.end('SIGTERM');

    expect(deleted).toMatchObject({ status: 200, body: { calls: 2 } });
    expect(recorded).toMatchObject({ state: 'ended', endReason: 'failed' });
    expect(recorded.recording.durationMs).toBeGreaterThanOrEqual(900);
    expect(recorded.recording.durationMs).toBe(Math.round((recorded.recording.byteLength - 44) / 32));
  },
  LIMIT_MS,
);
