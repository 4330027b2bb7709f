import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { onServer } from '../store/on-server.js';
import { freshDatabase } from '../store/postgres.js';
import { words } from './balancer.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL, ticketIn } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { type BridgeProcess, startProcess } from './process.js';
import { SPEECH } from './stack.js';

const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
const LONG = 'one two three four five six seven eight nine ten eleven twelve';
const SCRIPT = `
turns:
  - text: greet the caller with
    say: Hello
  - hear: go forward ten meters
    say: Thank you ten minutes
  - hear: go forward ten meters
    say: ${LONG}
  - text: was interrupted
    say: I'm sorry
`;
/** So much of the caller's audio does not arrive, in ms. */
const LOST_MS = 1000;
/** Three starts of a whole bridge take long on a busy machine. */
const LIMIT_MS = 240_000;

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
      timeout: 60_000,
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
        ...{ track: 'inbound', chunk: String(frame), timestamp: String(100 + frame * 20 + (frame > 50 ? LOST_MS : 0)) },
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
        // Told while the call goes on: nobody will tell of its end.
        expect(live.audio.filledMs).toBeGreaterThanOrEqual(LOST_MS);
      },
      { interval: 50, timeout: 60_000 },
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
      { interval: 50, timeout: 60_000 },
    );
    const deleted = await back.api('DELETE', `/callers/${CALLER}`);
    await back.end('SIGTERM');

    expect(deleted).toMatchObject({ status: 200, body: { calls: 2 } });
    expect(recorded).toMatchObject({ state: 'ended', endReason: 'failed' });
    expect(recorded.audio.filledMs).toBeGreaterThanOrEqual(LOST_MS);
    expect(recorded.recording.durationMs).toBeGreaterThanOrEqual(900);
    expect(recorded.recording.durationMs).toBe(Math.round((recorded.recording.byteLength - 44) / 32));
  },
  LIMIT_MS,
);

it(
  'a caller whose bridge was killed, and started again alone, goes on with its agent, which knows what was said, and how far its last words were heard',
  async () => {
    const dataDir = await temporaryDataDir();
    onTestFinished(dataDir.remove);
    const database = await freshDatabase();
    const bedrock = await startBedrock({ delivery: { burst: 0 } });
    bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
    onTestFinished(async () => {
      await bedrock.close();
      await database.drop();
    });
    const start = () =>
      startProcess(dataDir.path, {
        DATABASE_URL: database.url,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
        AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
      });
    const mediaUrl = `${PUBLIC_URL.replace('https', 'wss')}/twilio/media`;
    const phone = createPhone({
      ...{ bridgeUrl: PUBLIC_URL, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN },
    });
    const asked = (bridge: BridgeProcess, page: string, CallStatus: string) =>
      bridge.webhook(`/twilio/${page}`, {
        ...{ CallSid: 'CA3', AccountSid: ACCOUNT_SID, From: CALLER, To: NUMBER },
        ...{ CallStatus, Direction: 'inbound' },
      });
    const connected = (bridge: BridgeProcess, twiml: string) =>
      phone.connectStream({
        url: `${bridge.base.replace('http', 'ws')}/twilio/media`,
        callSid: 'CA3',
        customParameters: { ticket: ticketIn(twiml) },
        signedUrl: mediaUrl,
      });
    /** Resolves with the record when so much is kept of what was said. */
    const kept = (bridge: BridgeProcess, texts: readonly string[]) =>
      vi.waitFor(
        async () => {
          const { body } = await bridge.api('GET', '/calls/CA3');
          expect(words(body)).toEqual(texts);
          return body;
        },
        { interval: 50, timeout: 60_000 },
      );

    const bridge = await start();
    const greeting = 'Greet the caller with: Hello';
    const agent = { name: 'Orders', systemPrompt: 'You help.', greeting, silence: { promptAfterMs: 60_000 } };
    const { body: created } = await bridge.api('POST', '/agents', agent);
    await bridge.api('PUT', `/numbers/${NUMBER}`, { agentId: created.id });
    const call = await connected(bridge, await asked(bridge, 'voice', 'ringing'));
    await kept(bridge, ['Hello']);
    await call.say(SPEECH.goForward);
    const said = ['Hello', 'go forward ten meters', 'Thank you ten minutes'];
    await kept(bridge, said);
    // What is shown of a live call is in the database a moment later.
    await vi.waitFor(
      async () => {
        const [row] = await onServer<{ last: string }>(
          database.url,
          `SELECT turn ->> 'heardText' AS last FROM turns WHERE call_sid = 'CA3' AND index = 2`,
          [],
        );
        expect(row?.last).toBe('Thank you ten minutes');
      },
      { interval: 50, timeout: 60_000 },
    );
    await call.say(SPEECH.goForward);
    const heardOf = async () => {
      const [row] = await onServer<{ heard: string }>(
        database.url,
        `SELECT turn ->> 'heardText' AS heard FROM turns WHERE call_sid = 'CA3' AND index = 4`,
        [],
      );
      return row?.heard ?? '';
    };
    await expect.poll(heardOf, { interval: 20, timeout: 60_000 }).toMatch(/^one two/);
    await bridge.end('SIGKILL');
    await call.ended;
    const heard = await heardOf();
    expect(heard).not.toBe(LONG);

    const back = await start();
    const twiml = await asked(back, 'after', 'in-progress');
    expect(twiml).toContain('<Stream');
    const again = await connected(back, twiml);
    const record = await kept(back, [...said, 'go forward ten meters', heard, "I'm sorry"]);
    await again.hangUp();
    await back.end('SIGTERM');

    expect(record).toMatchObject({ agentVersion: 1, reconnections: [{ why: 'line-interrupted' }] });
    const session = bedrock.sessions.at(-1)!;
    expect(session.history).toEqual([
      { role: 'USER', text: 'go forward ten meters' },
      { role: 'ASSISTANT', text: 'Thank you ten minutes' },
      { role: 'USER', text: 'go forward ten meters' },
      { role: 'ASSISTANT', text: heard },
    ]);
    expect(session.interactiveTexts.join()).toContain('Go on from where they stop');
    expect(record.turns[4]).toMatchObject({ heardText: heard, interrupted: true });
  },
  LIMIT_MS,
);
