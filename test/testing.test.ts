import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockRuntimeClient, InvokeModelWithBidirectionalStreamCommand } from '@aws-sdk/client-bedrock-runtime';
// As another project has it: by the package's name, and nothing but its entry.
import {
  createPhone,
  loadFixture,
  modelEnvironment,
  replay,
  startBedrock,
  startVirtual,
  TwilioFault,
  webhookTarget,
} from 'oratio-voice-bridge/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

const AUTH_TOKEN = 'auth-token-of-a-stranger';
/** Of mu-law. */
const SILENCE = 0xff;
const PARTIES = { from: '+14155550100', to: '+14155550199' };

/** Somebody else's bridge: answers with TwiML and gives back what it hears, a mark after every second of it. */
async function startForeignBridge(twiml: (host: string) => string = connectTwiml) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/incoming-call' ? 200 : 404, { 'content-type': 'text/xml' });
    response.end(twiml(request.headers.host ?? ''));
  });
  const sockets = new WebSocketServer({ server, path: '/media-stream' });
  sockets.on('connection', echo);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function connectTwiml(host: string): string {
  return `<Response><Say>Welcome.</Say><Connect><Stream url="wss://${host}/media-stream"/></Connect></Response>`;
}

function echo(socket: WebSocket): void {
  let frames = 0;
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as { event: string; streamSid: string; media: { payload: string } };
    if (message.event !== 'media') return;
    const { streamSid } = message;
    socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload: message.media.payload } }));
    frames += 1;
    if (frames % 50 === 0)
      socket.send(JSON.stringify({ event: 'mark', streamSid, mark: { name: `${frames / 50} s` } }));
  });
}

/** One second of a loud tone, as 8 kHz PCM. */
const TONE = Int16Array.from({ length: 8000 }, (_, index) => 8000 * Math.sin((2 * Math.PI * 440 * index) / 8000));

it('a phone calls somebody else’s bridge and hears what it sends back', async () => {
  const bridgeUrl = await startForeignBridge();
  const phone = createPhone({ bridgeUrl, publicUrl: bridgeUrl, accountSid: 'AC1', authToken: AUTH_TOKEN });

  const call = await phone.call({
    ...PARTIES,
    voiceUrl: `${bridgeUrl}/incoming-call`,
    statusUrl: null,
    sayMsPerCharacter: 0,
  });
  const { startMs } = await call.say(TONE);
  await call.whenHeard(startMs + 1000);
  await call.hangUp();

  expect(call.spoken.map(({ text }) => text)).toEqual(['Welcome.']);
  expect(call.marks[0]).toMatchObject({ name: '1 s', cleared: false });
  // Frame by frame: what comes back in real time may come with gaps between them.
  const frame = Buffer.from(call.saidMulaw()).subarray((startMs + 500) * 8, (startMs + 520) * 8);
  expect(frame.some((byte) => byte !== SILENCE)).toBe(true);
  expect(Buffer.from(call.heardMulaw()).includes(frame)).toBe(true);
});

it('a phone tells in Twilio’s numbers what is wrong with a webhook', async () => {
  const bridgeUrl = await startForeignBridge(() => 'no TwiML at all');
  const phone = createPhone({ bridgeUrl, publicUrl: bridgeUrl, accountSid: 'AC1', authToken: AUTH_TOKEN });

  const calling = phone.call({
    ...PARTIES,
    voiceUrl: `${bridgeUrl}/incoming-call`,
    statusUrl: null,
    sayMsPerCharacter: 0,
  });
  const fault = await calling.catch((error: unknown) => error);

  expect(fault).toBeInstanceOf(TwilioFault);
  expect(fault).toMatchObject({ twilioCode: 12100 });
});

it('a recorded call is replayed at somebody else’s webhook, as far as that can be told there', async () => {
  const url = await startForeignBridge();
  const fixture = loadFixture(
    fixtureFolder(`
description: What is said comes back.
from: "+14155550100"
to: "+14155550199"
agent: agent_of_somebody_else
caller:
  - { say: two.wav, text: two, at: 200ms }
  - { hang-up: true, after: caller-step 1 ended + 500ms }
expect:
  spoken: [ Welcome. ]
  heard: { atLeast: 500ms, noGapOver: 200ms }
  clears: 0
`),
  );

  const target = webhookTarget({ url: `${url}/incoming-call`, authToken: null });
  const asItIs = await replay(fixture, target);
  const expected = { ...fixture.call.expect, clears: 1 };
  const asItIsNot = await replay({ ...fixture, call: { ...fixture.call, expect: expected } }, target);

  expect(asItIs.failures).toEqual([]);
  expect(asItIsNot.failures).toMatchObject([{ field: 'clears', expected: '1', found: 'none' }]);
});

it('a recorded call of this project is replayed in memory', async () => {
  const target = await startVirtual();
  onTestFinished(() => target.close());

  const { failures, record } = await replay(loadFixture('fixtures/calls/question-gets-an-answer'), target);

  expect(failures).toEqual([]);
  expect(record?.turns).toHaveLength(2);
});

it('the AWS SDK reaches the voice model by what the environment says, and gets an answer', async () => {
  const bedrock = await startBedrock({ endpointingMs: 500, script: { turns: [{ hear: 'two', say: 'Thank you.' }] } });
  onTestFinished(() => bedrock.close());
  for (const [name, value] of Object.entries(modelEnvironment(bedrock))) vi.stubEnv(name, value);
  const client = new BedrockRuntimeClient({});
  onTestFinished(() => client.destroy());

  const { body } = await client.send(
    new InvokeModelWithBidirectionalStreamCommand({ modelId: 'amazon.nova-2-sonic-v1:0', body: oneQuestion() }),
  );
  const texts: string[] = [];
  for await (const { chunk } of body ?? []) {
    const { event } = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()) as {
      event: Record<string, { content?: string }>;
    };
    if (event.textOutput?.content !== undefined) texts.push(event.textOutput.content);
    if (texts.includes('Thank you.')) break;
  }

  expect(texts).toEqual(['two', 'Thank you.']);
  expect(bedrock.sessions[0]?.violations).toEqual([]);
});

function fixtureFolder(yaml: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'stranger-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'call.yaml'), yaml);
  return dir;
}

/** A session in which a second of tone is followed by silence, with no end: the reader stops it. */
async function* oneQuestion() {
  const promptName = 'prompt';
  const text = { mediaType: 'text/plain' };
  const audio = { mediaType: 'audio/lpcm', sampleSizeBits: 16, channelCount: 1, encoding: 'base64' };
  const input = (name: string, fields: object) => ({
    chunk: { bytes: Buffer.from(JSON.stringify({ event: { [name]: fields } })) },
  });
  yield input('sessionStart', { inferenceConfiguration: { maxTokens: 1024, topP: 0.9, temperature: 0.7 } });
  yield input('promptStart', {
    promptName,
    textOutputConfiguration: text,
    audioOutputConfiguration: { ...audio, sampleRateHertz: 8000, voiceId: 'matthew', audioType: 'SPEECH' },
  });
  const system = { promptName, contentName: 'system' };
  yield input('contentStart', {
    ...system,
    type: 'TEXT',
    interactive: false,
    role: 'SYSTEM',
    textInputConfiguration: text,
  });
  yield input('textInput', { ...system, content: 'Answer.' });
  yield input('contentEnd', system);
  const speech = { promptName, contentName: 'speech' };
  yield input('contentStart', {
    ...speech,
    type: 'AUDIO',
    interactive: true,
    role: 'USER',
    audioInputConfiguration: { ...audio, sampleRateHertz: 8000, audioType: 'SPEECH' },
  });
  const tone = Buffer.from(TONE.buffer);
  for (let index = 0; index < 100; index++) {
    const content = index < 50 ? tone.subarray(index * 320, (index + 1) * 320) : Buffer.alloc(320);
    yield input('audioInput', { ...speech, content: content.toString('base64') });
  }
  await new Promise(() => undefined);
}
