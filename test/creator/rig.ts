import { FakeClock } from '../../src/clock.js';
import type { ScenarioResult } from '../../src/creator/artefacts.js';
import { converseAuthor } from '../../src/creator/author.js';
import { type CreatorOptions, creatorPipeline } from '../../src/creator/creator.js';
import type { JobInput } from '../../src/creator/job.js';
import type { Gates, Rehearsal } from '../../src/creator/ports.js';
import type { ConverseScript } from '../../src/emulator/models/converse.js';
import { startModels } from '../../src/emulator/models/server.js';
import { randomIds } from '../../src/ids.js';
import type { JobQueue } from '../../src/jobs/queue.js';
import { type JobRunner, runJobs } from '../../src/jobs/runner.js';
import { createLog } from '../../src/log.js';
import { storedCreatorJobs } from '../../src/store/creator-jobs.js';
import { connectDatabase } from '../../src/store/database.js';
import { storedJobs } from '../../src/store/jobs.js';
import { freshDatabase } from '../store/postgres.js';
import { CODE, CODE_REVIEW, PARSED, PLAN, PLAN_REVIEW, PROMPT, SCENARIOS, SOP, VOICE, WRITTEN } from './records.js';

export const ACTOR = { id: 'token_1', name: 'Ada', role: 'admin' } as const;
export const INPUT: JobInput = { sop: SOP, humanHandoffDescription: 'A supervisor: +14155550101.' };
const MODEL = 'amazon.nova-pro-v1:0';

/** What the model submits when all goes well. */
const GOOD: Readonly<Record<string, unknown>> = {
  submit_requirements: PARSED,
  submit_voice_personality: VOICE,
  submit_plan: PLAN,
  submit_plan_review: PLAN_REVIEW,
  submit_code: CODE,
  submit_code_review: CODE_REVIEW,
  submit_prompt: PROMPT,
  submit_scenarios: SCENARIOS,
};

/** Passes every scenario. */
export const passing: Rehearsal = {
  how: 'text',
  async run(_job, _agent, scenarios) {
    const results = scenarios.map(
      ({ title, must, mustNot }): ScenarioResult => ({
        title,
        how: 'text',
        passed: true,
        checks: [
          ...must.map((each) => ({ ...each, must: true, passed: true, detail: 'so it was' })),
          ...mustNot.map((each) => ({ ...each, must: false, passed: true, detail: 'so it was not' })),
        ],
        transcript: [],
        durationMs: 1,
      }),
    );
    return { results, usage: { inputTokens: 7, outputTokens: 3 } };
  },
};

export const accepting: Gates = { checkCode: async () => [], checkPrompt: () => [] };

/** The pipeline on a database and a local model; any number of instances. Time stands still until it is moved. */
export async function openCreator() {
  const fresh = await freshDatabase();
  const clock = new FakeClock();
  const log = createLog('silent');
  const models = await startModels();
  const { url: endpoint, region, credentials } = models;
  /** Scripts in place of the good answer, by tool; undefined leaves it good. */
  const scripts = new Map<string, (count: number, words: string) => unknown>();
  const counts = new Map<string, number>();
  models.onConverse(async ({ forcedTool = '', body }): Promise<ConverseScript> => {
    const count = (counts.get(forcedTool) ?? 0) + 1;
    counts.set(forcedTool, count);
    const input = await scripts.get(forcedTool)?.(count, JSON.stringify(body));
    if (typeof input === 'object' && input !== null && 'stopReason' in input) return input as ConverseScript;
    return {
      toolUses: [{ name: forcedTool, input: input ?? GOOD[forcedTool] }],
      usage: { inputTokens: 100, outputTokens: 10 },
    };
  });
  const opened: (() => Promise<void> | void)[] = [() => models.close(), () => fresh.drop()];

  /** One of several instances of the bridge. */
  const instance = (more: Partial<CreatorOptions> = {}) => {
    const database = connectDatabase({ url: fresh.url, clock, log, maxConnections: 4 });
    const author = converseAuthor({ modelId: MODEL, place: { endpoint, region, credentials }, maxAttempts: 1 });
    opened.unshift(
      () => database.close(),
      () => author.close(),
    );
    const jobs = storedCreatorJobs({ database, clock });
    const stored = storedJobs({ database, clock });
    let extensions = 0;
    const queue: JobQueue = {
      ...stored,
      async extend(...lease) {
        const isOurs = await stored.extend(...lease);
        extensions++;
        return isOurs;
      },
    };
    const written: Readonly<Record<string, unknown>>[] = [];
    const pipeline = creatorPipeline({
      jobs,
      author,
      gates: accepting,
      rehearsals: [passing],
      writer: {
        async write(_job, _agent, manifest) {
          written.push(manifest);
          return WRITTEN;
        },
        point: async () => undefined,
        unpoint: async () => true,
      },
      voices: ['tiffany', 'matthew'],
      latestVersion: async (agentId) => (agentId === 'agent_known' ? 4 : undefined),
      clock,
      ids: randomIds(),
      log,
      ...more,
    });
    return {
      ...pipeline,
      jobs,
      queue,
      written,
      /** How often a lease was extended. */
      get extensions() {
        return extensions;
      },
      /** Carries a job on, as the queue does. */
      run: (jobId: string, signal = new AbortController().signal) => pipeline.handler.run({ jobId }, signal),
      /** Carries out whatever falls due. */
      work(): JobRunner {
        const runner = runJobs({ queue, clock, log, handlers: { creator: pipeline.handler } });
        opened.unshift(() => runner.stop());
        return runner;
      },
    };
  };

  return {
    clock,
    models,
    scripts,
    instance,
    /** The tools that were asked for, in their order. */
    get asked() {
      return models.conversations.map(({ forcedTool }) => forcedTool?.replace('submit_', '') ?? '');
    },
    async close() {
      for (const close of opened) await close();
    },
  };
}

export type OpenedCreator = Awaited<ReturnType<typeof openCreator>>;
export type Instance = ReturnType<OpenedCreator['instance']>;
