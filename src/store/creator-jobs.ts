import { z } from 'zod';
import { type Actor, ROLES } from '../access/actor.js';
import type { Clock } from '../clock.js';
import type { Finding } from '../creator/artefacts.js';
import {
  CREATOR_JOB,
  type CreatorJob,
  type CreatorJobs,
  type JobInput,
  type JobState,
  type StageName,
  type StageRecord,
} from '../creator/job.js';
import { findUnstorable, requireStorable, storable } from '../storable.js';
import { pageOf, positionOf } from './cursor.js';
import type { Database, Query } from './database.js';
import { enterJob } from './jobs.js';

/** Notified when anything about a job has changed; its id. */
const CREATOR_CHANNEL = 'oratio_creator';
/** Held while an agent's next version is given out, together with the agent's id. */
const VERSION_LOCK = 1_869_766_002;

interface JobRow {
  id: string;
  state: JobState;
  reason: string | null;
  input: Omit<JobInput, 'sop'>;
  sop: string;
  sop_sha256: string;
  actor: Actor;
  owner: string;
  agent_id: string;
  version: number;
  base_version: number | null;
  created_at: Date;
  updated_at: Date;
  approved_by: Actor | null;
  published: CreatorJob['published'];
}

interface StageRow {
  job_id: string;
  seq: number;
  stage: StageName;
  round: number;
  state: StageRecord['state'];
  started_at: Date;
  ended_at: Date | null;
  model_id: string | null;
  prompt_version: string | null;
  input_tokens: number;
  output_tokens: number;
  repairs: number;
  output: unknown;
  findings: Finding[];
  error: string | null;
  retryable: boolean;
}

/** Of the procedure, which may be as long as a book, only its beginning. */
const LISTED = `id, state, reason, input, left(sop, 200) AS sop, sop_sha256, actor, owner, agent_id, version, base_version, created_at,
  updated_at, approved_by, published`;
/** All but what they have made. */
const LISTED_STAGES = `job_id, seq, stage, round, state, started_at, ended_at, model_id, prompt_version, input_tokens,
  output_tokens, repairs, CASE WHEN state = 'failed' THEN output END AS output, findings, error, retryable`;

/** By what a tool sends to the loader, or by the runtime that it asks. */
const NAMED = `
SELECT EXISTS (
  SELECT FROM agent_versions, json_array_elements(input -> 'tools') AS tool
  WHERE tool ->> 'kind' = 'agentcore'
    AND ((tool -> 'payload' ->> 'agent_id' = $1 AND tool -> 'payload' ->> 'user_id' = $2
        AND tool -> 'payload' ->> 'version' = $3)
      OR strpos(tool ->> 'agentRuntimeArn', $4) > 0)
) AS is_named
`;

const retriedSchema = z.strictObject({
  retried: z.object({ at: z.string(), by: z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES) }) }),
});

/** Where a page ends: when the job was made, and its id among those of the same millisecond. */
const jobPosition = z.tuple([z.iso.datetime(), z.string()]);

/**
 * Jobs of AgentCreator in the database. A job and the work in the queue that carries it on are entered as one. Lists leave
 * all but the beginning of the procedure out, and the stages' outputs null.
 */
export function storedCreatorJobs(options: { database: Database; clock: Clock }): CreatorJobs {
  const { database, clock } = options;
  const now = () => new Date(clock.now());
  const listeners = new Set<(id: string) => void>();
  // What was missed while the connection was away is found by whoever looks again.
  database.listen(
    CREATOR_CHANNEL,
    (id) => {
      for (const listener of [...listeners]) listener(id);
    },
    () => undefined,
  );

  const tell = (query: Query, id: string) => query('SELECT pg_notify($1, $2)', [CREATOR_CHANNEL, id]);

  return {
    async create(job) {
      requireStorable(job);
      const { id, input, sopSha256, actor, owner, agentId, baseVersion, createdAt } = job;
      const { sop, ...rest } = input;
      return database.transaction(async (query) => {
        await query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [VERSION_LOCK, agentId]);
        const [row] = await query<JobRow>(
          `INSERT INTO creator_jobs (id, state, input, sop, sop_sha256, actor, owner, agent_id, version, base_version,
             created_at, updated_at)
           SELECT $1, 'queued', $2, $3, $4, $5, $6, $7,
             (SELECT coalesce(max(version), 0) + 1 FROM creator_jobs WHERE agent_id = $7), $8, $9, $10
           RETURNING *`,
          [
            ...[id, JSON.stringify(rest), sop, sopSha256, JSON.stringify(actor), owner, agentId],
            ...[baseVersion, new Date(createdAt), now()],
          ],
        );
        await enterJob(query, CREATOR_JOB, { jobId: id }, { key: id, nowMs: clock.now() });
        await tell(query, id);
        return jobOf(row!, []);
      });
    },

    async find(id) {
      if (findUnstorable(id).length > 0) return undefined;
      const [row] = await database.query<JobRow>('SELECT * FROM creator_jobs WHERE id = $1', [id]);
      if (!row) return undefined;
      const stages = await database.query<StageRow>('SELECT * FROM creator_stages WHERE job_id = $1 ORDER BY seq', [
        id,
      ]);
      return jobOf(row, stages);
    },

    async glance(id) {
      if (findUnstorable(id).length > 0) return undefined;
      const [row] = await database.query<JobRow>(`SELECT ${LISTED} FROM creator_jobs WHERE id = $1`, [id]);
      if (!row) return undefined;
      const stages = await database.query<StageRow>(
        `SELECT ${LISTED_STAGES} FROM creator_stages WHERE job_id = $1 ORDER BY seq`,
        [id],
      );
      return jobOf(row, stages);
    },

    async list({ limit, cursor, state }) {
      const [createdAt, id] = positionOf(cursor, jobPosition) ?? [];
      const rows = await database.query<JobRow>(
        `SELECT ${LISTED} FROM creator_jobs
         WHERE ($1::text IS NULL OR state = $1)
           AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
         ORDER BY created_at DESC, id DESC LIMIT $4`,
        [state ?? null, createdAt ?? null, id ?? null, limit + 1],
      );
      const stages = await database.query<StageRow>(
        `SELECT ${LISTED_STAGES} FROM creator_stages WHERE job_id = ANY ($1) ORDER BY job_id, seq`,
        [rows.map((row) => row.id)],
      );
      return pageOf(
        rows,
        limit,
        (row) =>
          jobOf(
            row,
            stages.filter(({ job_id }) => job_id === row.id),
          ),
        (row) => [row.created_at.toISOString(), row.id],
      );
    },

    async move(id, from, to, also = {}) {
      const { reason, approvedBy, published } = also;
      return database.transaction(async (query) => {
        const moved = await query(
          `UPDATE creator_jobs SET state = $3, updated_at = $4,
             reason = $5, approved_by = coalesce($6, approved_by), published = coalesce($7, published)
           WHERE id = $1 AND state = ANY ($2) RETURNING id`,
          [
            ...[id, from, to, now(), reason === undefined ? null : storable(reason)],
            ...[jsonOrNull(approvedBy), jsonOrNull(published)],
          ],
        );
        if (moved.length > 0) await tell(query, id);
        return moved.length > 0;
      });
    },

    async beginStage(id, { seq, stage, round, startedAt }) {
      return database.transaction(async (query) => {
        // The job's row is held until the stage is there: nobody ends the job in between.
        const [job] = await query("SELECT id FROM creator_jobs WHERE id = $1 AND state = 'running' FOR UPDATE", [id]);
        if (!job) return false;
        const begun = await query(
          `INSERT INTO creator_stages AS known (job_id, seq, stage, round, state, started_at)
           VALUES ($1, $2, $3, $4, 'running', $5)
           ON CONFLICT (job_id, seq) DO UPDATE SET started_at = excluded.started_at
             WHERE known.state = 'running' AND known.stage = excluded.stage AND known.round = excluded.round
           RETURNING seq`,
          [id, seq, stage, round, new Date(startedAt)],
        );
        if (begun.length === 0) return false;
        await touch(query, id, now());
        await tell(query, id);
        return true;
      });
    },

    async endStage(id, record) {
      await database.transaction(async (query) => {
        // Held first, as where a stage is begun: two that wait for each other would both be thrown out.
        await query('SELECT id FROM creator_jobs WHERE id = $1 FOR UPDATE', [id]);
        const ended = await query(
          `UPDATE creator_stages SET state = $3, ended_at = $4, model_id = $5, prompt_version = $6, input_tokens = $7,
             output_tokens = $8, repairs = $9, output = $10, findings = $11, error = $12, retryable = $13
           WHERE job_id = $1 AND seq = $2 AND state = 'running' RETURNING seq`,
          [
            ...[id, record.seq, record.state, record.endedAt, record.modelId, record.promptVersion],
            ...[record.usage.inputTokens, record.usage.outputTokens, record.repairs],
            ...[jsonOrNull(record.output), JSON.stringify(storable(record.findings))],
            ...[record.error === null ? null : storable(record.error), record.retryable === true],
          ],
        );
        if (ended.length === 0) return;
        await touch(query, id, now());
        await tell(query, id);
      });
    },

    async retry(id, by) {
      return database.transaction(async (query) => {
        const [moved] = await query(
          `UPDATE creator_jobs SET state = 'running', reason = NULL, updated_at = $2
           WHERE id = $1 AND state = 'failed' RETURNING id`,
          [id, now()],
        );
        if (!moved) return false;
        const [failed] = await query<{ seq: number }>(
          `UPDATE creator_stages SET output = $2
           WHERE job_id = $1 AND state = 'failed'
             AND seq = (SELECT max(seq) FROM creator_stages WHERE job_id = $1)
           RETURNING seq`,
          [id, JSON.stringify(storable({ retried: { at: now().toISOString(), by } }))],
        );
        const key = `${id} after ${failed?.seq ?? 0}`;
        await enterJob(query, CREATOR_JOB, { jobId: id }, { key, nowMs: clock.now() });
        await tell(query, id);
        return true;
      });
    },

    async isNamed({ owner, agentId, version }, runtimeName) {
      const [row] = await database.query<{ is_named: boolean }>(NAMED, [
        ...[agentId, owner, String(version)],
        `${runtimeName}-`,
      ]);
      return row?.is_named === true;
    },

    onChanged(listener) {
      const own = (id: string) => listener(id);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

function touch(query: Query, id: string, at: Date): Promise<unknown> {
  return query('UPDATE creator_jobs SET updated_at = $2 WHERE id = $1', [id, at]);
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(storable(value));
}

function jobOf(row: JobRow, stages: readonly StageRow[]): CreatorJob {
  return {
    id: row.id,
    state: row.state,
    reason: row.reason,
    input: { sop: row.sop, ...row.input },
    sopSha256: row.sop_sha256,
    actor: row.actor,
    owner: row.owner,
    agentId: row.agent_id,
    version: row.version,
    baseVersion: row.base_version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    stages: stages.map(stageOf),
    approvedBy: row.approved_by,
    published: row.published,
  };
}

/** A failed one has made nothing: in that place stands who has let the job go on from there. */
function madeOrRetried({ state, output }: StageRow): Pick<StageRecord, 'output' | 'retried'> {
  const { data } = retriedSchema.safeParse(state === 'failed' ? output : undefined);
  return data ? { output: null, retried: data.retried } : { output };
}

function stageOf(row: StageRow): StageRecord {
  return {
    seq: row.seq,
    stage: row.stage,
    round: row.round,
    state: row.state,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    modelId: row.model_id,
    promptVersion: row.prompt_version,
    usage: { inputTokens: row.input_tokens, outputTokens: row.output_tokens },
    repairs: row.repairs,
    ...madeOrRetried(row),
    findings: row.findings,
    error: row.error,
    ...(row.retryable && { retryable: true }),
  };
}
