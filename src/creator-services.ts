import type { AuditTrail } from './access/audit.js';
import type { CreatorPorts } from './admin/creator.js';
import { unconfiguredCreator } from './admin/creator-unconfigured.js';
import type { AgentRuntimes } from './agents/agent-runtimes.js';
import { bedrockJudge } from './agents/judge.js';
import { runtimeRequests } from './agents/runtime-requests.js';
import type { TokenSource } from './agents/tokens.js';
import type { AwsPlace } from './aws.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import { creatorApproval } from './creator/approval.js';
import { converseAuthor } from './creator/author.js';
import { creatorPipeline } from './creator/creator.js';
import { deploymentFor } from './creator/deployment/choice.js';
import { separateGates } from './creator/gates/separate.js';
import { CREATOR_JOB, type CreatorJobs } from './creator/job.js';
import { runtimeMetaAgent } from './creator/meta-agent.js';
import type { Rehearsal } from './creator/ports.js';
import { textRehearsal } from './creator/rehearsal/text.js';
import { s3AgentWriter } from './creator/writer.js';
import type { Directory, DirectoryStore } from './directory/directory.js';
import { generationOf, voicesOf } from './directory/model-generation.js';
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

export interface CreatorServicesOptions {
  readonly config: Pick<Config, 'creator' | 'modelId'>;
  readonly jobs: CreatorJobs;
  readonly queue: Pick<JobQueue, 'enqueue'>;
  readonly directory: Directory & DirectoryStore;
  readonly audit: AuditTrail;
  readonly runtimes: Pick<AgentRuntimes, 'ask' | 'stop' | 'list'>;
  readonly tokens: TokenSource;
  readonly places: { readonly models: AwsPlace; readonly agentCore: AwsPlace; readonly s3: AwsPlace };
  /** Beside those in writing. */
  readonly rehearsals: readonly Rehearsal[];
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
  const { bucket, modelId, metaAgentArn, ...deploying } = config.creator;
  if (bucket === undefined) {
    const words =
      'AgentCreator is not set up: set CREATOR_BUCKET, to which agents are written, and CREATOR_LOADER_ARN, or ' +
      'CREATOR_BASE_ZIP and CREATOR_ROLE_ARN, by which they are deployed.';
    return { ports: unconfiguredCreator(jobs, words), handlers: {}, close: () => undefined };
  }

  const author = converseAuthor({ modelId, place: places.models });
  const judge = bedrockJudge({ modelId, place: places.models });
  const rehearsal = textRehearsal({ modelId, place: places.models, judge, clock });
  const writer = s3AgentWriter({ place: places.s3, bucket });
  const requests = metaAgentArn === undefined ? undefined : runtimeRequests({ place: places.agentCore, tokens });
  const deployment = deploymentFor(deploying, {
    ...{ runtimes, clock, ids, places, environment: { MODEL_ID: modelId } },
  });
  const gates = separateGates({ clock });
  const pipeline = creatorPipeline({
    ...{ jobs, author, writer, gates, ids, clock, log },
    metaAgent:
      requests && metaAgentArn !== undefined
        ? runtimeMetaAgent({ agentRuntimeArn: metaAgentArn, requests })
        : undefined,
    rehearsals: [rehearsal, ...options.rehearsals],
    voices: voicesOf(generationOf(config.modelId)),
    latestVersion: async (agentId) => directory.findAgent(agentId)?.version,
  });
  const approval = creatorApproval({
    ...{ jobs, writer, deployment, directory, directoryStore: directory, audit, clock, log },
    enqueue: (jobId, key) => queue.enqueue(PUBLISH_JOB, { jobId }, { key }),
  });

  return {
    ports: {
      jobs,
      // Whoever begins a job owns what it writes.
      start: (input, actor) => pipeline.start(input, actor, actor.id),
      approve: approval.approve,
      cancel: pipeline.cancel,
    },
    handlers: {
      [CREATOR_JOB]: pipeline.handler,
      [PUBLISH_JOB]: {
        leaseMs: PUBLISH_LEASE_MS,
        isExtended: true,
        delaysMs: PUBLISH_DELAYS_MS,
        atOnce: PUBLISH_AT_ONCE,
        async run({ jobId }, signal) {
          if (typeof jobId === 'string') await approval.publish(jobId, signal);
        },
      },
    },
    close() {
      for (const each of [author, judge, rehearsal, writer, gates, deployment, requests]) each?.close();
    },
  };
}
