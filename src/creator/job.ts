import type { Actor } from '../access/actor.js';
import type { Page, PageRequest } from '../page.js';
import type { VersionName } from './agent-files.js';
import type { Finding } from './artefacts.js';

/** Kind of the job in the queue that carries a creator's job on; its payload is `{ jobId }`. */
export const CREATOR_JOB = 'creator';

/** Kind of the job in the queue that clears away what a creator's job has left in the bucket; see `leftVersionSchema`. */
export const REMOVAL_JOB = 'creator-removal';

export const STAGES = [
  'parse-sop',
  'parse-voice',
  'draft-plan',
  'review-plan',
  'write-code',
  'check-code',
  'review-code',
  'write-prompt',
  'check-prompt',
  'write-scenarios',
  'rehearse',
  'store',
] as const;
/** `meta-agent` stands in for all up to `write-prompt` when a pre-deployed AgentCreator does the work. */
export type StageName = (typeof STAGES)[number] | 'meta-agent';

export type JobState =
  | 'queued'
  | 'running'
  | 'awaiting_approval'
  | 'publishing'
  | 'published'
  | 'needs_attention'
  | 'failed'
  | 'cancelled';

/** As it was asked for. */
export interface JobInput {
  readonly sop: string;
  readonly knowledgeBaseDescription?: string;
  readonly humanHandoffDescription?: string;
  readonly voicePersonality?: string;
  readonly knowledgeBaseId?: string;
  /** The agent of the directory that gets its next version; else there will be a new one. */
  readonly agentId?: string;
  /** Pointed to the agent when it is approved, E.164. */
  readonly number?: string;
  /** The share of calls that the new version gets, when the number is already answered by this agent. */
  readonly canaryPercent?: number;
}

/** One stage, once: finished ones are never run again. */
export interface StageRecord {
  /** In the order of running, from 1. */
  readonly seq: number;
  readonly stage: StageName;
  /** From 1; later ones answer findings or a review. */
  readonly round: number;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly modelId: string | null;
  /** Of the stage's prompt file. */
  readonly promptVersion: string | null;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
  /** Answers of the model that did not fit and were sent back. */
  readonly repairs: number;
  /** The artefact, of the type that belongs to the stage. */
  readonly output: unknown;
  readonly findings: readonly Finding[];
  readonly error: string | null;
  /** Of a failed one: the reason passes, and the same stage is tried again as the next record. */
  readonly retryable?: boolean;
  /** Of a failed one that has ended the job: who has let the job go on from there. */
  readonly retried?: { readonly at: string; readonly by: Actor };
}

export interface CreatorJob {
  readonly id: string;
  readonly state: JobState;
  /** In words: what is wrong and what can be done. */
  readonly reason: string | null;
  readonly input: JobInput;
  readonly sopSha256: string;
  readonly actor: Actor;
  /** In the keys of the bucket. */
  readonly owner: string;
  /** Of the agent in the directory, and in the keys of the bucket. */
  readonly agentId: string;
  /** Counts the agent's jobs, from 1; `version` of the keys in the bucket. */
  readonly version: number;
  /** What the directory's latest version was when the job began; null for a new agent. */
  readonly baseVersion: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly stages: readonly StageRecord[];
  readonly approvedBy: Actor | null;
  /** What has been published. */
  readonly published: {
    readonly agentVersion: number;
    readonly runtimeArn: string | null;
    readonly number: string | null;
  } | null;
}

/** Jobs as they are kept. Transitions happen only from the states that are named, so that of two at once one is told. */
export interface CreatorJobs {
  create(
    job: Omit<CreatorJob, 'stages' | 'version' | 'updatedAt' | 'approvedBy' | 'published' | 'reason' | 'state'>,
  ): Promise<CreatorJob>;
  find(id: string): Promise<CreatorJob | undefined>;
  /** As in a list: without what the stages have made, which may be much. */
  glance(id: string): Promise<CreatorJob | undefined>;
  /** Newest first, without stages' outputs. */
  list(page: PageRequest & { state?: JobState | undefined }): Promise<Page<CreatorJob>>;
  /** False when the job was in none of the `from` states: somebody else was first. */
  move(
    id: string,
    from: readonly JobState[],
    to: JobState,
    also?: { reason?: string | null; approvedBy?: Actor; published?: CreatorJob['published'] },
  ): Promise<boolean>;
  /** Begins a stage; false when that `seq` has been begun and finished already, or the job is not `running`. */
  beginStage(id: string, stage: Pick<StageRecord, 'seq' | 'stage' | 'round' | 'startedAt'>): Promise<boolean>;
  /** Keeps what came of it; nothing happens when it is finished already. */
  endStage(id: string, stage: StageRecord): Promise<void>;
  /**
   * Lets a failed job go on at the stage that failed, and enters the work in the queue as one with it. False when it is not
   * `failed`: of two at once one is told.
   */
  retry(id: string, by: Actor): Promise<boolean>;
  /** Whether any version of an agent, of now or before, sends callers there: to the version, or to the runtime of that name. */
  isNamed(version: VersionName, runtimeName: string): Promise<boolean>;
  /** Hears of every change, whichever instance made it, as a hint to look. Answers what ends it. */
  onChanged(listener: (id: string) => void): () => void;
}
