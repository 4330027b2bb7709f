import { isObject, jsonObject, page } from '../aws/json.js';
import type { Route } from '../aws/routes.js';
import { Demands } from '../models/demands.js';
import { type ControlContext, clientTokenOf, iso, MAX_PAGE, NAME_PATTERN, onceByToken } from './control.js';
import { readCutting } from './read-cutting.js';
import { type DataSource, type KnowledgeBase, shortId } from './state.js';
import { withStore } from './storage.js';

type Input = Readonly<Record<string, unknown>>;

/** Create, Get, List and Delete of data sources, and what has become of their documents. Buckets only. Source: Amazon Bedrock API reference. */
export function dataSourceRoutes(context: ControlContext): Record<string, Route> {
  const { registry, nowMs } = context;
  const repeated = onceByToken();
  return {
    CreateDataSource: {
      method: 'PUT',
      path: '/knowledgebases/{knowledgeBaseId}/datasources/',
      handle({ body }, knowledgeBaseId = '') {
        const base = registry.activeBase(knowledgeBaseId);
        const input = jsonObject(body);
        const source = repeated(clientTokenOf(input), () => {
          const created = create(input, context);
          registry.addSource(base, created);
          return created;
        });
        return { status: 200, body: { dataSource: shapeOf(base, source) } };
      },
    },
    GetDataSource: {
      method: 'GET',
      path: '/knowledgebases/{knowledgeBaseId}/datasources/{dataSourceId}',
      handle(_, knowledgeBaseId = '', dataSourceId = '') {
        const base = registry.base(knowledgeBaseId);
        return { status: 200, body: { dataSource: shapeOf(base, registry.source(base, dataSourceId)) } };
      },
    },
    ListDataSources: {
      method: 'POST',
      path: '/knowledgebases/{knowledgeBaseId}/datasources/',
      handle({ body }, knowledgeBaseId = '') {
        const base = registry.base(knowledgeBaseId);
        const { items, nextToken } = page(registry.sources(base), jsonObject(body), MAX_PAGE);
        const dataSourceSummaries = items.map((source) => {
          const { dataSourceId, name, description, status, updatedAt } = shapeOf(base, source);
          return { knowledgeBaseId, dataSourceId, name, description, status, updatedAt };
        });
        return { status: 200, body: { dataSourceSummaries, nextToken } };
      },
    },
    ListKnowledgeBaseDocuments: {
      method: 'POST',
      path: '/knowledgebases/{knowledgeBaseId}/datasources/{dataSourceId}/documents',
      handle({ body }, knowledgeBaseId = '', dataSourceId = '') {
        const base = registry.base(knowledgeBaseId);
        const { outcomes } = registry.source(base, dataSourceId);
        const { items, nextToken } = page([...outcomes], jsonObject(body), MAX_PAGE);
        const documentDetails = items.map(([uri, { updatedMs, ...outcome }]) => ({
          knowledgeBaseId,
          dataSourceId,
          identifier: { dataSourceType: 'S3', s3: { uri } },
          ...outcome,
          updatedAt: iso(updatedMs),
        }));
        return { status: 200, body: { documentDetails, nextToken } };
      },
    },
    DeleteDataSource: {
      method: 'DELETE',
      path: '/knowledgebases/{knowledgeBaseId}/datasources/{dataSourceId}',
      handle(_, knowledgeBaseId = '', dataSourceId = '') {
        const base = registry.base(knowledgeBaseId);
        const source = registry.source(base, dataSourceId);
        registry.checkIdle(base);
        if (source.dataDeletionPolicy === 'DELETE') {
          const keys = [...source.documents.values()].flatMap((document) => document.keys);
          withStore(() => base.storage.index().delete(keys));
        }
        source.deletedMs ??= nowMs();
        return { status: 202, body: { knowledgeBaseId, dataSourceId, status: 'DELETING' } };
      },
    },
  };
}

function create(input: Input, { nowMs, ids }: ControlContext): DataSource {
  const demands = new Demands();
  const name = demands.text(input, 'name', { required: true, pattern: NAME_PATTERN }) ?? '';
  const description = demands.text(input, 'description', { min: 1, max: 200 });
  const dataDeletionPolicy = demands.oneOf(input, 'dataDeletionPolicy', ['RETAIN', 'DELETE']) ?? 'DELETE';
  const dataSourceConfiguration = demands.object(input, 'dataSourceConfiguration', true);
  demands.oneOf(dataSourceConfiguration, 'dataSourceConfiguration.type', ['S3'], true);
  const path = 'dataSourceConfiguration.s3Configuration';
  const s3 = demands.object(dataSourceConfiguration, path, true);
  const bucketArn = demands.text(s3, `${path}.bucketArn`, {
    required: true,
    pattern: /^arn:aws(|-cn|-us-gov):s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  });
  const prefixes = s3.inclusionPrefixes === undefined ? [] : demands.list(s3, `${path}.inclusionPrefixes`, 1, 1);
  const vectorIngestionConfiguration = input.vectorIngestionConfiguration;
  const cutting = readCutting(demands, input);
  demands.check();
  return {
    id: shortId(ids),
    name,
    description,
    dataSourceConfiguration,
    vectorIngestionConfiguration: isObject(vectorIngestionConfiguration) ? vectorIngestionConfiguration : undefined,
    dataDeletionPolicy,
    bucket: bucketArn?.split(':::')[1] ?? '',
    prefix: typeof prefixes[0] === 'string' ? prefixes[0] : '',
    cutting,
    createdMs: nowMs(),
    jobs: new Map(),
    documents: new Map(),
    outcomes: new Map(),
  };
}

function shapeOf(base: KnowledgeBase, source: DataSource) {
  const { id, name, description, dataSourceConfiguration, vectorIngestionConfiguration, dataDeletionPolicy } = source;
  return {
    knowledgeBaseId: base.id,
    dataSourceId: id,
    name,
    description,
    status: source.deletedMs === undefined ? 'AVAILABLE' : 'DELETING',
    dataSourceConfiguration,
    vectorIngestionConfiguration,
    dataDeletionPolicy,
    createdAt: iso(source.createdMs),
    updatedAt: iso(source.deletedMs ?? source.createdMs),
  };
}
