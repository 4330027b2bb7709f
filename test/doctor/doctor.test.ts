import { spawn } from 'node:child_process';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/doctor.js';
import { type AgentCoreEmulator, startAgentCore } from '../../src/emulator/agentcore/server.js';
import { type BedrockEmulator, startBedrock } from '../../src/emulator/bedrock/server.js';
import { startTwilioRest, type TwilioRest } from '../../src/emulator/twilio/server.js';
import { TRIED_AGAIN } from '../../src/twilio/carrier-urls.js';
import { builtProcess } from '../built-process.js';
import { type Bridge, startBridge } from '../wire/bridge.js';
import { selfSigned } from './certificate.js';
import { type Front, startFront } from './front.js';
import { ACCOUNT_SID, AUTH_TOKEN, NUMBER, temporaryDirectory } from './rig.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNTIME = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';
const DAY_MS = 86_400_000;
const SECRETS = [AUTH_TOKEN, 'admin-token-of-the-tests-0123456789', 'secret-of-the-key', 'local-stand-in-secret'];

let bedrock: BedrockEmulator;
let core: AgentCoreEmulator;
let twilio: TwilioRest;
let front: Front;
let bridge: Bridge;
let place: Awaited<ReturnType<typeof temporaryDirectory>>;
let environment: Record<string, string>;
let exampleVoiceUrl: string | null;

/** A whole installation on loopback: bridge and database, behind a proxy with a certificate that ends soon. */
beforeAll(async () => {
  const nowMs = Date.now();
  const certificate = selfSigned({
    name: 'localhost',
    address: '127.0.0.1',
    fromMs: nowMs - DAY_MS,
    untilMs: nowMs + 5.5 * DAY_MS,
  });
  place = await temporaryDirectory();
  await writeFile(join(place.path, 'ca.pem'), certificate.cert);
  // The script as in a clone that has not been built, and in one that has.
  await mkdir(join(place.path, 'scripts'));
  await copyFile(join(ROOT, 'scripts/doctor.mjs'), join(place.path, 'scripts/doctor.mjs'));
  await copyFile(join(ROOT, 'package.json'), join(place.path, 'package.json'));
  await symlink(join(ROOT, 'src'), join(place.path, 'src'));
  await symlink(join(ROOT, 'node_modules'), join(place.path, 'node_modules'));
  await mkdir(join(place.path, 'built/scripts'), { recursive: true });
  await copyFile(join(ROOT, 'scripts/doctor.mjs'), join(place.path, 'built/scripts/doctor.mjs'));
  await symlink(dirname(dirname(builtProcess('src/doctor/main.ts'))), join(place.path, 'built/dist'));

  bedrock = await startBedrock();
  core = await startAgentCore({ runtimes: [{ arn: RUNTIME, answer: () => ({ json: 'asked' }) }] });
  front = await startFront(certificate);
  const key = { sid: `SK${'1'.repeat(32)}`, secret: 'secret-of-the-key' };
  twilio = await startTwilioRest({
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    apiKeys: [key],
    numbers: [
      {
        phone_number: NUMBER,
        voice_url: `${front.url}/twilio/voice${TRIED_AGAIN}`,
        voice_fallback_url: `${front.url}/twilio/fallback${TRIED_AGAIN}`,
        voice_fallback_method: 'POST',
        status_callback: `${front.url}/twilio/status${TRIED_AGAIN}`,
      },
    ],
  });
  exampleVoiceUrl = twilio.numbers[0]!.voice_url;
  bridge = await startBridge({
    environment: { PUBLIC_URL: front.url, TWILIO_API_URL: twilio.url },
    bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
  });
  front.target = bridge.base;
  await bridge.assign({
    tools: [{ kind: 'agentcore', name: 'orders', description: 'Orders.', agentRuntimeArn: RUNTIME }],
  });
  environment = {
    PUBLIC_URL: front.url,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    TWILIO_API_KEY: key.sid,
    TWILIO_API_SECRET: key.secret,
    TWILIO_API_URL: twilio.url,
    ADMIN_TOKEN: bridge.adminToken,
    DATABASE_URL: bridge.database.url,
    DATA_DIR: place.path,
    AWS_REGION: bedrock.region,
  };
});
afterAll(async () => {
  await bridge.close();
  await front.close();
  await twilio.close();
  await core.close();
  await bedrock.close();
  await place.remove();
});
beforeEach(() => {
  front.fault = undefined;
  twilio.numbers[0]!.voice_url = exampleVoiceUrl;
});

/** As a process, with what the test adds to the environment; built unless said otherwise, which starts sooner. */
async function runScript(args: readonly string[] = [], more: Record<string, string> = {}, clone = 'built') {
  const child = spawn(process.execPath, [join(place.path, clone, 'scripts/doctor.mjs'), ...args], {
    cwd: place.path,
    env: {
      PATH: process.env.PATH,
      HOME: place.path,
      ...environment,
      AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      AWS_ENDPOINT_URL_BEDROCK_AGENT: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: core.url,
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL: core.url,
      NODE_EXTRA_CA_CERTS: join(place.path, 'ca.pem'),
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { stdout, stderr, code, lines: stdout.trimEnd().split('\n') };
}

describe('npm run doctor', () => {
  it('goes through a whole installation, line by line, and ends with 0 where there are only warnings', async () => {
    const { stdout, stderr, code, lines } = await runScript([], {}, '.');

    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(
      lines.filter((line) => /^\S/.test(line) && line.includes('  ')).map((line) => line.slice(0, 18).trim()),
    ).toEqual([
      '✓ configuration',
      '! configuration',
      expect.stringMatching(/^[✓!] cpu priority$/),
      '✓ database',
      '✓ AWS credentials',
      '✓ clock (AWS)',
      '✓ voice model',
      '✓ AgentCore',
      '– Bedrock agents',
      '– knowledge bases',
      '– source buckets',
      '– S3 Vectors',
      '– embeddings',
      '– guardrails',
      '– AgentCore memory',
      '– MCP servers',
      '– token end points',
      '– AgentCreator',
      '– traces',
      '✓ recordings',
      '✓ clock (Twilio)',
      '✓ Twilio account',
      '✓ Twilio API key',
      '✓ numbers',
      '! public address',
      '✓ signed webhook',
      '✓ media socket',
    ]);
    expect(stdout).toContain('its certificate ends in 5 days\n                    Renew it.');
    expect(lines.at(-1)).toMatch(/^(14 in order, 2|13 in order, 3) warnings, 11 skipped\.$/);
    for (const secret of SECRETS) expect(stdout).not.toContain(secret);
  });

  it('ends with 1 where something failed, and tells programs in JSON', async () => {
    twilio.numbers[0]!.voice_url = 'https://elsewhere.example.com/voice';
    const { stdout, code } = await runScript(['--json']);

    const report = JSON.parse(stdout) as {
      healthy: boolean;
      lines: { check: string; state: string; advice?: string }[];
    };
    expect(code).toBe(1);
    expect(report.healthy).toBe(false);
    expect(report.lines.filter(({ state }) => state === 'failed')).toEqual([
      expect.objectContaining({
        check: 'numbers',
        advice: expect.stringContaining(`POST /api/numbers/${NUMBER}/sync`),
      }),
    ]);
  });

  it('lists faults of the configuration, refuses unknown options, and explains itself', async () => {
    const unset = await runScript([], { ADMIN_TOKEN: '', PUBLIC_URL: '' });
    const strange = await runScript(['--fix']);
    const help = await runScript(['--help']);

    expect(unset.code).toBe(1);
    expect(unset.stdout).toContain('✗ configuration     PUBLIC_URL is required');
    expect(unset.stdout).toContain('✗ configuration     ADMIN_TOKEN is required');
    expect([strange.code, strange.stdout]).toEqual([1, '']);
    expect(strange.stderr).toContain('--fix');
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Changes nothing');
  });

  it('asks for a build where there is neither one nor the sources', async () => {
    const bare = await temporaryDirectory();
    await copyFile(join(ROOT, 'scripts/doctor.mjs'), join(bare.path, 'doctor.mjs'));

    const child = spawn(process.execPath, [join(bare.path, 'doctor.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));

    expect(await text(child.stderr)).toContain('npm run build');
    expect(await ended).toBe(1);
    await bare.remove();
  });
});

describe('an examination', () => {
  const at = () => ({
    bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
    places: {
      agentCore: { endpoint: core.url, region: core.region, credentials: core.credentials },
      knowledgeBases: { endpoint: 'http://127.0.0.1:9', region: core.region, credentials: core.credentials },
    },
  });

  it('skips what could only repeat the trouble before it, and still looks at the rest', async () => {
    const lines = await examine({
      environment: { ...environment, TWILIO_AUTH_TOKEN: 'wrong token', PUBLIC_URL: 'http://127.0.0.1:9' },
      ...at(),
    });
    const states = Object.fromEntries(lines.map(({ check, state }) => [check, state]));

    expect(states).toMatchObject({
      database: 'ok',
      'voice model': 'ok',
      AgentCore: 'ok',
      'Twilio account': 'failed',
      'Twilio API key': 'ok',
      numbers: 'skipped',
      'public address': 'failed',
      'signed webhook': 'skipped',
      'media socket': 'skipped',
    });
    expect(lines.find(({ check }) => check === 'numbers')?.says).toBe('needs: Twilio account');
  });

  it('holds one session of the model and of each runtime, and changes nothing at Twilio', async () => {
    const sessionCount = bedrock.sessions.length;
    const runtimeSessionCount = core.sessions.length;
    twilio.numbers[0]!.voice_url = 'https://elsewhere.example.com/voice';
    const before = structuredClone(twilio.numbers);

    await examine({ environment, ...at() });

    expect(bedrock.sessions.length).toBe(sessionCount + 1);
    expect(bedrock.openStreams).toBe(0);
    expect(core.sessions.slice(runtimeSessionCount)).toMatchObject([{ endedBy: 'stopped' }]);
    expect(twilio.numbers).toEqual(before);
    expect(twilio.requests.every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true);
  });

  it('with a clock ten minutes off does not even try the model', async () => {
    const now = Date.now;
    const lines = await examine({
      environment,
      ...at(),
      clock: {
        now: () => now() + 600_000,
        after(delayMs, action) {
          const timer = setTimeout(action, delayMs);
          return () => clearTimeout(timer);
        },
      },
    });
    const states = Object.fromEntries(lines.map(({ check, state }) => [check, state]));

    expect(states).toMatchObject({
      'clock (AWS)': 'failed',
      'clock (Twilio)': 'failed',
      'voice model': 'skipped',
      AgentCore: 'skipped',
    });
  });
});
