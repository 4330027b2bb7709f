import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runModel } from '../src/replay/stand-ins/model-run.js';
import { type PhoneRunOptions, runPhone } from '../src/replay/stand-ins/phone-run.js';
import { type Peer, startBridge } from './emulator/phone/bridge.js';
import { fakeTerminal } from './replay/runs.js';

const HELLO = fileURLToPath(new URL('../fixtures/speech/two.wav', import.meta.url));
const AUTH_TOKEN = 'auth-token-of-a-test';
/** A tenth of a second of sound, as a bridge sends it. */
const SOUND = Buffer.alloc(800, 0x20).toString('base64');

const connect = (host: string) => `<Response><Connect><Stream url="wss://${host}/media"/></Connect></Response>`;

function phoneOptions(url: string, changes: Partial<PhoneRunOptions> = {}): PhoneRunOptions {
  return {
    url: `${url}/voice`,
    from: '+14155550100',
    to: '+14155550199',
    authToken: AUTH_TOKEN,
    steps: [],
    quietMs: 50,
    hangUpAfterMs: 20_000,
    ...changes,
  };
}

function call(options: PhoneRunOptions, signal = new AbortController().signal) {
  const terminal = fakeTerminal();
  return { terminal, code: runPhone(options, terminal, signal) };
}

describe('the phone as a command', () => {
  it('calls, speaks, presses keys in the order given, and tells what happens', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'phone-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const bridge = await startBridge({
      answer: ({ headers }) => connect(headers.host ?? ''),
      stream: async (peer) => {
        const { streamSid } = await peer.next('start');
        peer.send({ event: 'media', streamSid, media: { payload: SOUND } });
        peer.send({ event: 'mark', streamSid, mark: { name: 'greeted' } });
        await peer.next('mark');
        await peer.next('dtmf');
        peer.send({ event: 'media', streamSid, media: { payload: SOUND } });
        await speech(peer);
        peer.socket.close();
      },
    });
    onTestFinished(() => bridge.close());
    const out = join(dir, 'deep/heard.wav');

    const { terminal, code } = call(
      phoneOptions(bridge.url, {
        steps: [
          { kind: 'press', keys: '2' },
          { kind: 'say', file: HELLO },
        ],
        network: 'jitter=5',
        out,
      }),
    );

    expect(await code).toBe(0);
    expect(kindsIn(terminal.printed())).toEqual([
      'calling',
      'twiml',
      'connected',
      'media',
      'mark',
      'mark',
      'media',
      'caller',
      'media',
      'media',
      'caller',
      'disconnected',
      'ended',
      'heard',
      'written',
    ]);
    expect(terminal.printed()).toContain('100 ms heard (1 messages with 100 ms came)');
    expect(readFileSync(out).toString('latin1', 0, 4)).toBe('RIFF');
  });

  it('is signed with the public address, or not at all', async () => {
    const bridge = await startBridge({ answer: () => '<Response><Hangup/></Response>' });
    onTestFinished(() => bridge.close());

    await call(phoneOptions(bridge.url, { publicUrl: 'https://bridge.example.com' })).code;
    await call(phoneOptions(bridge.url, { authToken: null })).code;

    expect(bridge.asked.map(({ headers }) => headers.host)).toEqual(['bridge.example.com', new URL(bridge.url).host]);
    expect(bridge.asked.map(({ headers }) => headers['x-twilio-signature'] !== undefined)).toEqual([true, false]);
  });

  it('ends with 1 and a hint when the bridge does not take its signature', async () => {
    const bridge = await startBridge({ answer: () => ({ status: 403 }) });
    onTestFinished(() => bridge.close());

    const { terminal, code } = call(phoneOptions(bridge.url));

    expect(await code).toBe(1);
    expect(terminal.printed()).toContain('it does not take the signature');
  });

  it('ends with 2 when there is nobody to call, no such file, or no such address', async () => {
    const bridge = await startBridge({});
    await bridge.close();

    expect(await call(phoneOptions(bridge.url)).code).toBe(2);
    const missing = call(phoneOptions(bridge.url, { steps: [{ kind: 'say', file: 'nowhere.wav' }] }));
    expect(await missing.code).toBe(2);
    expect(missing.terminal.told()).toContain('nowhere.wav');
    const wrong = call(phoneOptions('ftp://127.0.0.1'));
    expect(await wrong.code).toBe(2);
    expect(wrong.terminal.told()).toContain('begins with http:// or https://');
  });

  it('hangs up when it is interrupted', async () => {
    const interrupt = new AbortController();
    const bridge = await startBridge({
      answer: ({ headers }) => connect(headers.host ?? ''),
      stream: (peer) => void peer.next('media').then(() => interrupt.abort()),
    });
    onTestFinished(() => bridge.close());

    const { terminal, code } = call(phoneOptions(bridge.url), interrupt.signal);

    expect(await code).toBe(0);
    expect(terminal.printed()).toContain('the caller hung up');
  });
});

describe('the voice model as a command', () => {
  it('refuses a script with a fault, and a port that is taken, with 2', async () => {
    const bridge = await startBridge({});
    onTestFinished(() => bridge.close());
    const terminal = fakeTerminal();
    const signal = new AbortController().signal;

    expect(await runModel({ port: 0, script: 'package.json' }, terminal, signal)).toBe(2);
    expect(await runModel({ port: Number(new URL(bridge.url).port) }, terminal, signal)).toBe(2);

    expect(terminal.told()).toContain('package.json: bad model script');
    expect(terminal.told()).toContain('EADDRINUSE');
  });

  it('runs from its own file, prints what to set, and ends with 0 when it is interrupted', async () => {
    const command = fileURLToPath(new URL('../scripts/oratio-model.mjs', import.meta.url));
    const child = spawn(process.execPath, [command], { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'close');
    let printed = '';
    for await (const piece of child.stdout) {
      printed += String(piece);
      if (/AWS_SECRET_ACCESS_KEY=.*\n/.test(printed)) break;
    }

    child.kill('SIGINT');

    expect((await ended)[0]).toBe(0);
    expect(printed).toMatch(/^AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http:\/\/127\.0\.0\.1:\d+\nAWS_REGION=us-east-1\n/);
  });
});

/** The caller's first frame that is not silence. */
async function speech(peer: Peer): Promise<void> {
  for (;;) {
    const { media } = await peer.next('media');
    if (Buffer.from(media.payload, 'base64').some((byte) => byte !== 0xff)) return;
  }
}

/** The second column of the lines. */
function kindsIn(printed: string): string[] {
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(10).split(' ')[0] ?? '');
}
