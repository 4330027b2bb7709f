import { readFileSync } from 'node:fs';
import type { AwsCredentials } from '../aws.js';
import type { BridgeUsage } from './bridge-process.js';
import { run } from './database.js';
import type { GateTimes } from './gate-times.js';
import type { HarnessFigures } from './harness-process.js';
import type { Child } from './ipc.js';
import { measureOnce } from './loads.js';
import { admin, type Bridge, type Harness, startBridge, startStudio } from './processes.js';

export interface CreatorPlan {
  calls: number;
  warmUpMs: number;
  measureMs: number;
  /** How often the calls are measured without and with jobs, by turns. */
  repeats: number;
}

/** Where the stand-ins of AgentCreator are. */
export interface StudioPlaces {
  bucket: string;
  models: StudioPlace;
  s3: StudioPlace;
}

export interface StudioPlace {
  endpoint: string;
  region: string;
  credentials: AwsCredentials;
}

/** Calls while agents are made, or none: one window. */
export interface CreatorWindow {
  figures: Pick<HarnessFigures, 'callerToModel' | 'modelToCarrier' | 'lateness'>;
  loopDelay: BridgeUsage['loopDelay'];
}

export interface CreatorResult {
  calls: number;
  jobs: number;
  /** From the request to an agent that waits for its approval, in ms: the very first, a later one, all at once. */
  firstJobMs: number;
  oneJobMs: number;
  allJobsMs: number;
  /** Of the bridge while the very first job runs, which loads what only jobs need. */
  firstLoopDelay: BridgeUsage['loopDelay'];
  without: CreatorWindow[];
  during: CreatorWindow[];
  /** Of the checks of a generated program, with nothing else at work. */
  gates: GateTimes;
  /** The same jobs beside calls that do not go over the bridge: what the machine itself costs. */
  control: { without: CreatorWindow[]; during: CreatorWindow[] };
}

type Windows = CreatorResult['control'];

const JOBS = 10;
const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };
const LOOK_EVERY_MS = 100;
const JOB_LIMIT_MS = 180_000;
const LOADER_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-Ab12Cd34Ef';
const PROCEDURES = ['returns-and-refunds', 'appointment-booking', 'technical-support'].map((name) =>
  // From src/bench as well as from where it is compiled to.
  readFileSync(`fixtures/sop/${name}.md`, 'utf8'),
);

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Ten agents made at once beside live calls. */
export async function measureCreator(
  harness: Harness,
  plan: CreatorPlan,
  progress: (text: string) => void,
): Promise<CreatorResult> {
  const { calls, warmUpMs } = plan;
  progress(`agents made beside ${calls} calls ...`);
  const studio = await startStudio();
  const gates = await studio.ask<GateTimes>('gates');
  const bridge = await bridgeWith(studio, harness);
  try {
    const { target } = bridge;
    await harness.child.ask('connectByBridge', { target, calls });
    await wait(warmUpMs);
    await bridge.child.ask<BridgeUsage>('usage');
    const firstJobMs = await makeAgents(bridge, 1);
    const { loopDelay: firstLoopDelay } = await bridge.child.ask<BridgeUsage>('usage');
    const oneJobMs = await makeAgents(bridge, 1);
    const onCalls = await windowsOf(bridge, harness, plan);
    await harness.child.ask('hangUp');

    await harness.child.ask('connectDirectly', { port: harness.directPort, calls, ...RATES });
    await wait(warmUpMs / 2);
    const control = await windowsOf(bridge, harness, plan);
    await harness.child.ask('hangUp');
    const { without, during, allJobsMs } = onCalls;
    return { calls, jobs: JOBS, firstJobMs, oneJobMs, allJobsMs, firstLoopDelay, gates, without, during, control };
  } finally {
    await bridge.child.end();
    await studio.end();
  }
}

async function bridgeWith(studio: Child, harness: Harness): Promise<Bridge> {
  const { bucket, models, s3 } = await studio.ask<StudioPlaces>('listen');
  return startBridge(harness, {
    transport: 'lean',
    oneCore: false,
    ...RATES,
    environment: { CREATOR_BUCKET: bucket, CREATOR_LOADER_ARN: LOADER_ARN },
    places: { models, s3 },
  });
}

/** By turns, so that what is compared lies close together. */
async function windowsOf(
  bridge: Bridge,
  harness: Harness,
  { calls, measureMs, repeats }: CreatorPlan,
): Promise<Windows & { allJobsMs: number }> {
  const without: CreatorWindow[] = [];
  const during: CreatorWindow[] = [];
  const tookMs: number[] = [];
  const measure = async (): Promise<CreatorWindow> => {
    const { bridged, loopDelay } = await measureOnce(bridge, harness, calls, measureMs);
    const { callerToModel, modelToCarrier, lateness } = bridged;
    return { figures: { callerToModel, modelToCarrier, lateness }, loopDelay };
  };
  for (let repeat = 0; repeat < repeats; repeat++) {
    without.push(await measure());
    let isOver = false;
    const [window] = await Promise.all([
      measure().finally(() => {
        isOver = true;
      }),
      // As long as the calls are measured there are agents being made.
      (async () => {
        while (!isOver) tookMs.push(await makeAgents(bridge, JOBS));
      })(),
    ]);
    during.push(window);
  }
  return { without, during, allJobsMs: tookMs.reduce((sum, ms) => sum + ms, 0) / tookMs.length };
}

/** Begins so many jobs at once; how long it takes until all wait for their approval, in ms. */
async function makeAgents({ target, databaseUrl }: Bridge, count: number): Promise<number> {
  const startMs = performance.now();
  const started = Array.from({ length: count }, (_, index) =>
    admin<{ id: string }>(target.port, 'POST', '/creator/jobs', {
      sop: PROCEDURES[index % PROCEDURES.length],
      humanHandoffDescription: 'The desk at +14155550142.',
    }),
  );
  const ids = (await Promise.all(started)).map(({ id }) => `'${id}'`).join(', ');
  // Asked of the database: looking must not cost the bridge anything.
  const question = `SELECT state, reason FROM creator_jobs WHERE id IN (${ids})`;
  for (;;) {
    const [answer] = await run(databaseUrl, question);
    const rows = (answer?.rows ?? []) as { state: string; reason: string | null }[];
    const troubled = rows.find(({ state }) => !['queued', 'running', 'awaiting_approval'].includes(state));
    if (troubled) throw new Error(`a job of the bench is ${troubled.state}: ${troubled.reason}`);
    const tookMs = performance.now() - startMs;
    if (rows.every(({ state }) => state === 'awaiting_approval')) return tookMs;
    if (tookMs > JOB_LIMIT_MS) throw new Error(`${count} jobs were not done after ${JOB_LIMIT_MS} ms`);
    await wait(LOOK_EVERY_MS);
  }
}
