import { isObject, jsonObject, page } from '../aws/json.js';
import type { Route } from '../aws/routes.js';
import { Demands } from '../models/demands.js';
import { type ControlContext, clientTokenOf, iso, MAX_PAGE, onceByToken } from './control.js';
import { type SourceObject, scan } from './documents.js';
import { type IngestionContext, newStatistics, runIngestion } from './ingestion.js';
import { type DataSource, type IngestionJob, type KnowledgeBase, shortId } from './state.js';

/** Lists what is in a bucket, each object once. */
export type Objects = (bucket: string, prefix: string) => AsyncIterable<SourceObject>;

const STATUSES = ['STARTING', 'IN_PROGRESS', 'COMPLETE', 'FAILED', 'STOPPING', 'STOPPED'] as const;

/** Start, Get and List of ingestion jobs. Source: Amazon Bedrock API reference. */
export function ingestionRoutes(
  context: ControlContext & IngestionContext & { readonly objects: Objects },
): Record<string, Route> {
  const { registry, nowMs, ids, objects } = context;
  const repeated = onceByToken();
  const path = '/knowledgebases/{knowledgeBaseId}/datasources/{dataSourceId}/ingestionjobs/';
  return {
    StartIngestionJob: {
      method: 'PUT',
      path,
      async handle({ body }, knowledgeBaseId = '', dataSourceId = '') {
        const base = registry.activeBase(knowledgeBaseId);
        const source = registry.source(base, dataSourceId);
        const input = jsonObject(body);
        let started: IngestionJob | undefined;
        const job = repeated(clientTokenOf(input), () => {
          const demands = new Demands();
          const description = demands.text(input, 'description', { min: 1, max: 200 });
          demands.check();
          registry.checkIdle(base);
          started = newJob(shortId(ids), description, nowMs());
          source.jobs.set(started.id, started);
          return started;
        });
        const answer = { status: 202, body: { ingestionJob: shapeOf(base, source, job) } };
        if (started) {
          const scanned = await scan(source.bucket, objects(source.bucket, source.prefix)).catch(asError);
          runIngestion({ base, source, job: started }, scanned, context);
        }
        return answer;
      },
    },
    GetIngestionJob: {
      method: 'GET',
      path: `${path}{ingestionJobId}`,
      handle(_, knowledgeBaseId = '', dataSourceId = '', ingestionJobId = '') {
        const base = registry.base(knowledgeBaseId);
        const source = registry.source(base, dataSourceId);
        return {
          status: 200,
          body: { ingestionJob: shapeOf(base, source, registry.job(source, ingestionJobId)) },
        };
      },
    },
    ListIngestionJobs: {
      method: 'POST',
      path,
      handle({ body }, knowledgeBaseId = '', dataSourceId = '') {
        const base = registry.base(knowledgeBaseId);
        const source = registry.source(base, dataSourceId);
        const input = jsonObject(body);
        const jobs = select([...source.jobs.values()], input);
        const { items, nextToken } = page(jobs, input, MAX_PAGE);
        const ingestionJobSummaries = items.map((job) => {
          const { failureReasons: _reasons, ...summary } = shapeOf(base, source, job);
          return summary;
        });
        return { status: 200, body: { ingestionJobSummaries, nextToken } };
      },
    },
  };
}

function newJob(id: string, description: string | undefined, startedMs: number): IngestionJob {
  return {
    id,
    description,
    status: 'STARTING',
    statistics: newStatistics(),
    failureReasons: [],
    startedMs,
    updatedMs: startedMs,
  };
}

/** Those of the wanted states; the latest first unless another order is asked for. */
function select(jobs: readonly IngestionJob[], input: Readonly<Record<string, unknown>>): IngestionJob[] {
  const demands = new Demands();
  const filters = demands.list(input, 'filters', 0, 1).filter(isObject);
  const wanted = filters.flatMap((filter) => {
    demands.oneOf(filter, 'filters.1.member.attribute', ['STATUS'], true);
    demands.oneOf(filter, 'filters.1.member.operator', ['EQ'], true);
    return demands.list(filter, 'filters.1.member.values', 0, 10, true);
  });
  const sortBy = demands.object(input, 'sortBy');
  const isSorted = input.sortBy !== undefined;
  const attribute = demands.oneOf(sortBy, 'sortBy.attribute', ['STATUS', 'STARTED_AT'], isSorted);
  const isAscending = demands.oneOf(sortBy, 'sortBy.order', ['ASCENDING', 'DESCENDING'], isSorted) === 'ASCENDING';
  demands.check();
  const rank = ({ status, startedMs }: IngestionJob) => (attribute === 'STATUS' ? STATUSES.indexOf(status) : startedMs);
  return jobs
    .filter(({ status }) => filters.length === 0 || wanted.includes(status))
    .toSorted((a, b) => (isAscending ? rank(a) - rank(b) : rank(b) - rank(a)));
}

function shapeOf(base: KnowledgeBase, source: DataSource, job: IngestionJob) {
  const { id, description, status, statistics, failureReasons, startedMs, updatedMs } = job;
  return {
    knowledgeBaseId: base.id,
    dataSourceId: source.id,
    ingestionJobId: id,
    description,
    status,
    statistics: { ...statistics },
    failureReasons: [...failureReasons],
    startedAt: iso(startedMs),
    updatedAt: iso(updatedMs),
  };
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
