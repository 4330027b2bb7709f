import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BRIDGE_ACTOR } from './access/actor.js';
import type { AuditTrail } from './access/audit.js';
import type { CreatorPorts } from './admin/creator.js';
import { unconfiguredCreator } from './admin/creator-unconfigured.js';
import type { AgentRuntimes } from './agents/agent-runtimes.js';
import type { TokenSource } from './agents/tokens.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import type { VersionName } from './creator/agent-files.js';
import { creatorApproval } from './creator/approval.js';
import { creatorPipeline } from './creator/creator.js';
import { deploymentFor, whyNotDeployable } from './creator/deployment/choice.js';
import type { Packages } from './creator/deployment/packages.js';
import { CREATOR_JOB, type CreatorJobs, REMOVAL_JOB } from './creator/job.js';
import type { AgentWriter, Rehearsal } from './creator/ports.js';
import { leftVersionSchema, removalEntry, removedFilesSchema, versionRemoval } from './creator/removal.js';
import { type SeparateWork, separateHandler } from './creator/separate-handler.js';
import { type CreatorPlaces, makingSettings, stageParts } from './creator-making.js';
import type { MakingProcessStart } from './creator-process.js';
import type { Directory, DirectoryStore } from './directory/directory.js';
import type { Ids } from './ids.js';
import type { JobQueue } from './jobs/queue.js';
import type { JobHandler } from './jobs/runner.js';
import type { Logger } from './log.js';

/** Kind of the job that publishes what was approved; its payload is `{ jobId }`. */
const PUBLISH_JOB = 'creator-publish';

const SECOND_MS = 1000;
/** How long nobody goes on with what an instance that was killed has begun. */
const PUBLISH_LEASE_MS = 30 * SECOND_MS;
/** The database is away, or instances come and go: what was approved is published in the end. */
const PUBLISH_DELAYS_MS = [SECOND_MS, 5 * SECOND_MS, ...Array.from({ length: 60 }, () => 60 * SECOND_MS)];
/** Deploying waits most of the time. */
const PUBLISH_AT_ONCE = 4;
const REMOVAL_LEASE_MS = 60 * SECOND_MS;
/** For sixty days: until somebody has given the bridge the right that is missing. */
const REMOVAL_DELAYS_MS = [60 * SECOND_MS, ...Array.from({ length: 60 * 24 }, () => 3600 * SECOND_MS)];

export interface CreatorServicesOptions {
  readonly config: Pick<Config, 'creator' | 'modelId' | 'logLevel'>;
  readonly jobs: CreatorJobs;
  readonly queue: Pick<JobQueue, 'enqueue'>;
  readonly directory: Directory & DirectoryStore;
  readonly audit: AuditTrail;
  readonly runtimes: Pick<AgentRuntimes, 'ask' | 'stop' | 'list'>;
  readonly tokens: TokenSource;
  readonly places: CreatorPlaces;
  /** Beside those in writing. */
  readonly rehearsals: readonly Rehearsal[];
  /** Agents are made in a process of their own, which uses this database; left out, in this one. */
  readonly separateOn?: string | undefined;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface CreatorServices {
  readonly ports: CreatorPorts;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  close(): void;
}

/** Puts AgentCreator together: what its routes stand on, and its work that outlives the process. */
export function creatorServices(options: CreatorServicesOptions): CreatorServices {
  const { config, jobs, queue, directory, audit, runtimes, tokens, places, ids, clock, log } = options;
  const settings = makingSettings(config);
  if (settings === undefined) {
    const words =
      'AgentCreator is not set up: set CREATOR_BUCKET, to which agents are written, and CREATOR_LOADER_ARN, or ' +
      'CREATOR_BASE_ZIP and CREATOR_ROLE_ARN, by which they are deployed.';
    return { ports: unconfiguredCreator(jobs, words), handlers: {}, close: () => undefined };
  }
  const whyNot = whyNotDeployable(config.creator);

  const { rehearsals, separateOn: databaseUrl } = options;
  const parts = stageParts({ settings, places, tokens, rehearsals, clock });
  const pipeline = creatorPipeline({
    ...parts,
    ...{ jobs, ids, clock, log },
    latestVersion: async (agentId) => directory.findAgent(agentId)?.version,
    fallbackOf: (number) => {
      const fallback = directory.findNumber(number)?.fallback;
      return fallback && 'dial' in fallback ? fallback.dial : undefined;
    },
  });
  const separate =
    databaseUrl === undefined
      ? undefined
      : separateHandler({
          start: () => startProcess({ kind: 'start', databaseUrl, logLevel: config.logLevel, settings, places }),
          clock,
        });
  const deployment = deploymentFor(config.creator, {
    ...{ runtimes, clock, ids, places, environment: { MODEL_ID: settings.modelId } },
    packages: separate && separatePackages(separate),
  });
  const writer = separate ? separateWriter(separate) : parts.writer;
  const removal = versionRemoval({ place: places.s3, bucket: settings.bucket, jobs, log });
  const approval = creatorApproval({
    ...{ jobs, writer, deployment, directory, directoryStore: directory, audit, clock, log },
    enqueue: (jobId, key) => queue.enqueue(PUBLISH_JOB, { jobId }, { key }),
  });

  return {
    ports:
      whyNot === undefined
        ? {
            jobs,
            // Whoever begins a job owns what it writes.
            start: (input, actor) => pipeline.start(input, actor, actor.id),
            approve: approval.approve,
            retry: pipeline.retry,
            cancel: pipeline.cancel,
          }
        : // What cannot be deployed is refused before its stages are paid for.
          { ...unconfiguredCreator(jobs, whyNot), cancel: pipeline.cancel },
    handlers: {
      [CREATOR_JOB]: { ...pipeline.handler, ...(separate && { run: separate.run }) },
      [PUBLISH_JOB]: {
        leaseMs: PUBLISH_LEASE_MS,
        isExtended: true,
        delaysMs: PUBLISH_DELAYS_MS,
        atOnce: PUBLISH_AT_ONCE,
        async run({ jobId }, signal) {
          if (typeof jobId === 'string') await approval.publish(jobId, signal);
        },
      },
      [REMOVAL_JOB]: {
        leaseMs: REMOVAL_LEASE_MS,
        isExtended: true,
        delaysMs: REMOVAL_DELAYS_MS,
        atOnce: 1,
        async run(payload, signal) {
          const left = leftVersionSchema.parse(payload);
          const removed = removedFilesSchema
            .optional()
            .parse(
              await (separate ? separate.carryOut({ kind: 'remove', left }, signal) : removal.remove(left, signal)),
            );
          if (removed) await audit.keep(removalEntry(left, removed), BRIDGE_ACTOR);
        },
      },
    },
    close() {
      for (const each of [separate, parts, deployment]) each?.close();
    },
  };
}

function separatePackages(separate: SeparateWork): Packages {
  return {
    async store({ id: jobId }, _agent, { bucket, prefix }, signal) {
      return String(await separate.carryOut({ kind: 'package', jobId, bucket, prefix }, signal));
    },
    close: () => undefined,
  };
}

function separateWriter(separate: SeparateWork): Pick<AgentWriter, 'point' | 'unpoint'> {
  // A job is a version as well, with all that its stages have made.
  const nameOf = ({ owner, agentId, version }: VersionName) => ({ owner, agentId, version });
  return {
    async point(job, signal) {
      await separate.carryOut({ kind: 'point', version: nameOf(job) }, signal);
    },
    unpoint: async (job, signal) =>
      (await separate.carryOut({ kind: 'unpoint', version: nameOf(job) }, signal)) === true,
  };
}

/** Beside this file, as it is run: built, or as a source, which needs help. */
function startProcess(order: MakingProcessStart): ChildProcess {
  const extension = extname(import.meta.url);
  const child = fork(fileURLToPath(new URL(`./creator-process${extension}`, import.meta.url)), {
    execArgv: extension === '.ts' ? ['--import', 'tsx'] : [],
    // Its log is the bridge's.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Credentials may have a date.
    serialization: 'advanced',
  });
  // What it cannot be told it says by ending.
  child.send(order, () => undefined);
  return child;
}
