import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Actor } from '../access/actor.js';
import { checkedInput } from '../creator/intake.js';
import type { CreatorJob, CreatorJobs, JobInput, JobState } from '../creator/job.js';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import {
  creatorSchema,
  fileParams,
  jobBody,
  jobSchema,
  jobSummarySchema,
  ruledFields,
  stateFilter,
} from './creator-schemas.js';
import { fileOf, jobEtag, jobSummary, wholeJob } from './creator-views.js';
import type { FieldProblem } from './field-problems.js';
import { KEY_WORDS, keyHeader, once } from './once.js';
import type { AdminRoutesOptions } from './options.js';
import { idParams, noContent, pageOf, pageQuery } from './pages.js';
import { lastProgressHeader, progressResponse, progressStreams } from './progress-streams.js';
import { ADMINS, READERS } from './route-rules.js';

/** AgentCreator as the API needs it. */
export interface CreatorPorts {
  readonly jobs: Pick<CreatorJobs, 'find' | 'glance' | 'list'>;
  /** In words, what the operator has not set up yet; undefined when agents can be made. */
  readonly whyNot?: string | undefined;
  /** These reject with CREATOR_NOT_CONFIGURED, in these words, where it is not set up. */
  start(input: JobInput, actor: Actor): Promise<CreatorJob>;
  approve(id: string, actor: Actor): Promise<CreatorJob>;
  retry(id: string, actor: Actor): Promise<CreatorJob>;
  cancel(id: string, actor: Actor): Promise<CreatorJob>;
}

const tags = ['creator'];
/** Looking is one request of the database. */
const LOOK_MS = 500;
const ENDS: readonly JobState[] = ['published', 'needs_attention', 'failed', 'cancelled'];
/** The longest procedure in the longest way to write it as JSON: whoever sends more is told what is too long, up to here. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** From a written procedure to an agent that answers the telephone. */
export async function creatorRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { creator, directory, audit, idempotency, clock } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const sendProgress = progressStreams(instance, clock);

  const find = async (id: string): Promise<CreatorJob> => {
    const job = await creator.jobs.find(id);
    if (!job) throw new BridgeError('NOT_FOUND', `There is no creator job ${id}.`);
    return job;
  };

  /** Rules beyond the form. */
  const brokenRules = (body: unknown): FieldProblem[] => {
    const ruled = ruledFields(body);
    const { agentId, number, canaryPercent } = ruled;
    const problems = unreadable(ruled);
    if (agentId !== undefined && !directory.findAgent(agentId)) {
      problems.push({ field: 'agentId', message: 'There is no such agent.' });
    }
    if (canaryPercent === undefined) return problems;
    const answeredBy = number === undefined ? undefined : directory.findNumber(number)?.agentId;
    if (number === undefined) {
      problems.push({ field: 'canaryPercent', message: 'needs a number whose calls are shared' });
    } else if (agentId === undefined || answeredBy !== agentId) {
      const message = `needs a number that the agent of "agentId" answers already: ${number} is not`;
      problems.push({ field: 'canaryPercent', message });
    }
    return problems;
  };

  server.get(
    '/creator',
    {
      config: { roles: READERS },
      schema: {
        operationId: 'getCreator',
        summary: 'Tells whether agents can be made here',
        tags,
        response: { 200: creatorSchema },
      },
    },
    async () => ({ whyNot: creator.whyNot ?? null }),
  );

  server.post(
    '/creator/jobs',
    {
      bodyLimit: MAX_BODY_BYTES,
      config: { roles: ADMINS, problems: [409, 422], brokenRules: ({ body }) => brokenRules(body) },
      schema: {
        operationId: 'startCreatorJob',
        summary: 'Begins to make an agent of a written procedure, in the background',
        description: `\`…/events\` tells how it goes on. Nothing is published before it is approved. ${KEY_WORDS}`,
        tags,
        headers: keyHeader,
        body: jobBody,
        response: { 202: jobSchema },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const errors = brokenRules(request.body);
      if (errors.length > 0) throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors });
      const start = async () => {
        const job = await creator.start(request.body, actor);
        const { agentId, sopSha256, input } = job;
        const after = { agentId, sopSha256, number: input.number ?? null, canaryPercent: input.canaryPercent ?? null };
        const subject = `creator-job/${job.id}`;
        await audit.keep({ action: 'creator-job.started', subject, before: null, after }, actor);
        return wholeJob(job);
      };
      return once(request, reply, {
        ...{ idempotency, work: start, status: 202 },
        locationOf: ({ id }) => `/api/creator/jobs/${id}`,
        isNothingDone: ({ code }) => code !== 'INTERNAL',
        unknownWords:
          'It is not known whether the first request with this Idempotency-Key has begun a job: look at the list of jobs, ' +
          'and use a new key to begin another.',
      });
    },
  );

  server.get(
    '/creator/jobs',
    {
      config: { roles: READERS },
      schema: {
        operationId: 'listCreatorJobs',
        summary: 'Lists creator jobs without what they have made, newest first',
        tags,
        querystring: pageQuery.extend({ state: stateFilter }),
        response: { 200: pageOf(jobSummarySchema) },
      },
    },
    async (request) => {
      const page = await creator.jobs.list(request.query);
      return { ...page, items: page.items.map(jobSummary) };
    },
  );

  server.get(
    '/creator/jobs/:id',
    {
      config: { roles: READERS, problems: [404] },
      schema: {
        operationId: 'getCreatorJob',
        summary: 'Shows a creator job: stages, what they have made, findings, evidence',
        tags,
        params: idParams,
        response: { 200: jobSchema, 304: noContent },
      },
    },
    async (request, reply) => {
      const job = await find(request.params.id);
      const etag = jobEtag(job);
      reply.header('ETag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.send(wholeJob(job));
    },
  );

  server.get(
    '/creator/jobs/:id/events',
    {
      config: { roles: READERS, problems: [404], produces: 'text/event-stream' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamCreatorJob',
        summary: 'How a creator job goes on, as it happens, to its end',
        description: 'Without what the stages have made. While it waits for its approval the stream stays open.',
        tags,
        params: idParams,
        headers: lastProgressHeader,
        response: progressResponse,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const look = async () => {
        const job = await creator.jobs.glance(id);
        return job && jobSummary(job);
      };
      return sendProgress(request, reply, jobSummary(await find(id)), {
        look,
        isOver: ({ state }) => ENDS.includes(state),
        everyMs: LOOK_MS,
      });
    },
  );

  server.get(
    '/creator/jobs/:id/files/:name',
    {
      config: { roles: READERS, problems: [404], produces: 'text/plain' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'getCreatorFile',
        summary: 'A file of the agent as it was made last',
        tags,
        params: fileParams,
        response: { 200: { description: 'The file', content: { 'text/plain': { schema: z.any() } } } },
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      const text = fileOf(await find(id), name);
      if (text === undefined) throw new BridgeError('NOT_FOUND', `The creator job ${id} has not made ${name} yet.`);
      reply.type('text/plain; charset=utf-8').header('X-Content-Type-Options', 'nosniff');
      return reply.send(Buffer.from(text) as never);
    },
  );

  server.post(
    '/creator/jobs/:id/approve',
    {
      config: { roles: ADMINS, problems: [404, 409, 412] },
      schema: {
        operationId: 'approveCreatorJob',
        summary: 'Publishes the agent: deploys it, enters it in the directory, points the number',
        description:
          '`If-Match` with the ETag of the job makes sure that what is approved is what was looked at. What comes of it ' +
          'tells the job: `published`, or `awaiting_approval` again with a reason.',
        tags,
        params: idParams,
        response: { 202: jobSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const job = await find(id);
      const asked = request.headers['if-match']?.trim();
      if (asked !== undefined && asked !== '*' && asked !== jobEtag(job)) {
        throw new BridgeError('VERSION_CONFLICT', `The creator job ${id} has changed since it was looked at.`);
      }
      const approved = await creator.approve(id, actorOf(request));
      return reply.code(202).header('ETag', jobEtag(approved)).send(wholeJob(approved));
    },
  );

  server.post(
    '/creator/jobs/:id/retry',
    {
      config: { roles: ADMINS, problems: [404, 409] },
      schema: {
        operationId: 'retryCreatorJob',
        summary: 'Lets a creator job that has failed go on',
        description:
          'At the stage that failed, with its tries counted anew; what is finished stays as it is. For a job that is ' +
          '`failed` and no other.',
        tags,
        params: idParams,
        response: { 202: jobSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { state, reason } = await find(id);
      const job = await creator.retry(id, actorOf(request));
      const subject = `creator-job/${id}`;
      const entry = { action: 'creator-job.retried', subject, before: { state, reason }, after: { state: 'running' } };
      await audit.keep(entry, actorOf(request));
      return reply.code(202).header('ETag', jobEtag(job)).send(wholeJob(job));
    },
  );

  server.post(
    '/creator/jobs/:id/cancel',
    {
      config: { roles: ADMINS, problems: [404, 409] },
      schema: {
        operationId: 'cancelCreatorJob',
        summary: 'Ends a creator job that has not been approved',
        tags,
        params: idParams,
        response: { 200: jobSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { state } = await find(id);
      const job = await creator.cancel(id, actorOf(request));
      const subject = `creator-job/${id}`;
      const entry = { action: 'creator-job.cancelled', subject, before: { state }, after: { state: job.state } };
      await audit.keep(entry, actorOf(request));
      return reply.header('ETag', jobEtag(job)).send(wholeJob(job));
    },
  );
}

/** What is wrong with the texts themselves. A procedure that is missing is told by the form. */
function unreadable({ sop, ...texts }: Partial<JobInput>): FieldProblem[] {
  try {
    checkedInput({ ...texts, sop: sop ?? 'A procedure that is there and can be read.' });
    return [];
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    const { errors } = error.details as { errors?: FieldProblem[] };
    return [...(errors ?? [])];
  }
}
