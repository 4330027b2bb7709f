import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { AwsPlace } from '../aws.js';
import type { Raised } from '../priority.js';
import type { StudioPlace } from './creator.js';
import { type BenchDatabase, startBenchDatabase } from './database.js';
import { Child } from './ipc.js';
import { productionFlags } from './production-flags.js';
import type { Target } from './webhook.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where the bridge is compiled to, and where the console is built. */
export const BUILD = `${ROOT}out/bench-build`;
export const BUILT_CONSOLE = `${ROOT}dist/console`;
const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
const AUTH_TOKEN = 'auth-token-of-the-bench';
const ADMIN_TOKEN = 'admin-token-of-the-bench-0123456789';
const PUBLIC_URL = 'https://bridge.example.com';
const NUMBER = '+14155550199';

/** `CPU_PRIORITY=normal` measures a machine that allows nothing else. */
export const CPU_PRIORITY = process.env.CPU_PRIORITY ?? 'realtime';

/** Before other work, V8 would not leave its helpers of the same core any time, and wait for them for ever. */
const HARNESS_FLAGS = ['--max-semi-space-size=4', '--single-threaded-gc'];
/** With one core helper threads would only take time from the calls. */
const ONE_CORE_FLAG = '--single-threaded-gc';

/** Compiles the bridge as for production, and what the bench runs beside it in the same way. */
export function compile(): void {
  mkdirSync(BUILD, { recursive: true });
  const settings = {
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: '../../src', outDir: 'dist' },
    files: [
      '../../src/main.ts',
      '../../src/creator/gates/checking-process.ts',
      '../../src/creator-process.ts',
      '../../src/bench/bridge-process.ts',
      '../../src/bench/harness-process.ts',
      '../../src/bench/creator-process.ts',
    ],
  };
  writeFileSync(`${BUILD}/tsconfig.json`, JSON.stringify(settings, null, 2));
  // The bridge reads its version there, beside what was compiled.
  copyFileSync(`${ROOT}package.json`, `${BUILD}/package.json`);
  execFileSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', `${BUILD}/tsconfig.json`], {
    stdio: 'inherit',
  });
}

/** Whether processes can be tied to a core here. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

function start(file: string, flags: readonly string[], core: number | undefined): ChildProcess {
  const command = [process.execPath, ...flags, `${BUILD}/dist/bench/${file}`];
  if (core !== undefined && canPin) command.unshift('taskset', '-c', String(core));
  return spawn(command[0]!, command.slice(1), {
    // The log of the bridge goes where a container's would: out of the process, to nobody here.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
}

/** All stand-ins in one process on the second core, so that all times are on one clock. */
export interface Harness {
  child: Child;
  modelOrigin: string;
  directPort: number;
  /** Where AgentCore's stand-in is. */
  agentCore: AwsPlace;
  database: BenchDatabase;
  /** Whether it is before other work of the machine, as the bridge is then too; undefined: not wanted. */
  priority: Raised | undefined;
  stop(): Promise<void>;
}

export async function startHarness(): Promise<Harness> {
  const database = await startBenchDatabase();
  const child = new Child('harness', start('harness-process.js', HARNESS_FLAGS, 1));
  const stop = async () => {
    await child.end();
    await database.stop();
  };
  const places = await child.ask<Pick<Harness, 'modelOrigin' | 'directPort' | 'agentCore' | 'priority'>>('listen', {
    isRealtime: CPU_PRIORITY === 'realtime',
  });
  return { child, database, stop, ...places };
}

export interface BridgeOptions {
  transport: 'lean' | 'standard';
  inputRateHz: number;
  outputRateHz: number;
  oneCore: boolean;
  exposeGc?: boolean;
  /** What the agent has beyond its prompt and its audio: fields of an agent as administrators write it. */
  agent?: object;
  /** Left out: one of its own. */
  databaseUrl?: string;
  /** Calls that the bridge takes; left out, as many as come. */
  maxCalls?: number;
  /** Calls are refused when the loop is full; otherwise the loop stands against none. */
  isLoopMeasured?: boolean;
  /** Settings beside those of every bridge of the bench. */
  environment?: Readonly<Record<string, string>>;
  /** Where the services are that AgentCreator asks. */
  places?: { models: StudioPlace; s3: StudioPlace };
}

export interface Bridge {
  child: Child;
  target: Target;
  agentId: string;
  databaseUrl: string;
}

/** What AgentCreator asks of AWS, in a process of its own. */
export async function startStudio(): Promise<Child> {
  return new Child('studio', start('creator-process.js', [], undefined));
}

/** A bridge with one agent behind one number. */
export async function startBridge(harness: Harness, options: BridgeOptions): Promise<Bridge> {
  const flags = [
    ...productionFlags(),
    ...(options.oneCore ? [ONE_CORE_FLAG] : []),
    ...(options.exposeGc ? ['--expose-gc'] : []),
  ];
  const child = new Child('bridge', start('bridge-process.js', flags, options.oneCore ? 0 : undefined));
  const databaseUrl = options.databaseUrl ?? (await harness.database.fresh());
  const environment = {
    PORT: '0',
    PUBLIC_URL,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    ADMIN_TOKEN,
    MAX_CALLS: String(options.maxCalls ?? 1000),
    NOVA_TRANSPORT: options.transport,
    DATABASE_URL: databaseUrl,
    // Nobody listens there: the bench orders nothing of Twilio.
    TWILIO_API_URL: 'http://127.0.0.1:9',
    CPU_PRIORITY,
    ...options.environment,
  };
  const { modelOrigin, agentCore } = harness;
  const { inputRateHz, outputRateHz, isLoopMeasured } = options;
  const port = await child.ask<number>('start', {
    ...{ environment, modelOrigin, agentCore, isLoopMeasured },
    ...options.places,
  });
  const agent = await admin<{ id: string }>(port, 'POST', '/agents', {
    name: 'Bench',
    systemPrompt: 'You help {{caller}}.',
    audio: { inputRateHz, outputRateHz },
    ...options.agent,
  });
  await admin(port, 'PUT', `/numbers/${NUMBER}`, { agentId: agent.id });
  const target = { port, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, number: NUMBER };
  return { child, target, agentId: agent.id, databaseUrl };
}

/** What the bench shows as administrator. */
export const AUTHORIZATION = `Bearer ${ADMIN_TOKEN}`;

/** On a connection of its own, so that none stays open that is counted later. */
export function admin<Answer>(port: number, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { Authorization: AUTHORIZATION, 'Content-Type': 'application/json' };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: `/api${path}`, headers, agent: false };
    const sent = request(options, async (response) => {
      const answer = await text(response);
      if ((response.statusCode ?? 0) < 300) resolve(JSON.parse(answer) as Answer);
      else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`));
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}
