import type { Ids } from '../../ids.js';
import { isObject, jsonObject, page } from '../aws/json.js';
import { invalid } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import { Demands } from '../models/demands.js';
import { DIMENSIONS, type Dimensions } from '../models/embedding.js';
import { foundationModel, TITAN_EMBED_V2 } from '../models/titan.js';
import type { Registry } from './registry.js';
import { type KnowledgeBase, shortId } from './state.js';
import { openStorage, type Stores } from './storage.js';

export interface ControlContext {
  readonly registry: Registry;
  readonly nowMs: () => number;
  readonly ids: Ids;
  readonly region: string;
  readonly accountId: string;
  readonly stores: Stores;
}

export const NAME_PATTERN = /^([0-9a-zA-Z][_-]?){1,100}$/;
export const MAX_PAGE = 1000;
const CLIENT_TOKEN = { min: 33, max: 256, pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}$/ };

/** Create, Get, List and Delete of knowledge bases. Source: Amazon Bedrock API reference, Agents for Amazon Bedrock. */
export function knowledgeBaseRoutes(context: ControlContext): Record<string, Route> {
  const { registry, nowMs } = context;
  const shape = (base: KnowledgeBase) => shapeOf(base, registry.statusOf(base), context);
  const repeated = onceByToken();
  return {
    CreateKnowledgeBase: {
      method: 'PUT',
      path: '/knowledgebases/',
      handle({ body }) {
        const input = jsonObject(body);
        const base = repeated(clientTokenOf(input), () => {
          const created = create(input, context);
          registry.add(created);
          return created;
        });
        return { status: 202, body: { knowledgeBase: shape(base) } };
      },
    },
    GetKnowledgeBase: {
      method: 'GET',
      path: '/knowledgebases/{knowledgeBaseId}',
      handle: (_, id = '') => ({ status: 200, body: { knowledgeBase: shape(registry.base(id)) } }),
    },
    ListKnowledgeBases: {
      method: 'POST',
      path: '/knowledgebases/',
      handle({ body }) {
        const { items, nextToken } = page(registry.bases(), jsonObject(body), MAX_PAGE);
        const knowledgeBaseSummaries = items.map((base) => {
          const { knowledgeBaseId, name, description, status, updatedAt } = shape(base);
          return { knowledgeBaseId, name, description, status, updatedAt };
        });
        return { status: 200, body: { knowledgeBaseSummaries, nextToken } };
      },
    },
    DeleteKnowledgeBase: {
      method: 'DELETE',
      path: '/knowledgebases/{knowledgeBaseId}',
      handle(_, id = '') {
        const base = registry.base(id);
        registry.checkIdle(base);
        base.deletedMs ??= nowMs();
        return { status: 202, body: { knowledgeBaseId: id, status: 'DELETING' } };
      },
    },
  };
}

/** The same answer to the same client token, so that a repeated request creates nothing twice. */
export function onceByToken(): <T>(token: string | undefined, create: () => T) => T {
  const results = new Map<string, unknown>();
  return <T>(token: string | undefined, create: () => T) => {
    if (token !== undefined && results.has(token)) return results.get(token) as T;
    const result = create();
    if (token !== undefined) results.set(token, result);
    return result;
  };
}

export function clientTokenOf(input: Readonly<Record<string, unknown>>): string | undefined {
  const demands = new Demands();
  const token = demands.text(input, 'clientToken', CLIENT_TOKEN);
  demands.check();
  return token;
}

function create(input: Readonly<Record<string, unknown>>, context: ControlContext): KnowledgeBase {
  const { nowMs, ids, region, accountId, stores } = context;
  const demands = new Demands();
  const name = demands.text(input, 'name', { required: true, pattern: NAME_PATTERN }) ?? '';
  const description = demands.text(input, 'description', { min: 1, max: 200 });
  const roleArn =
    demands.text(input, 'roleArn', {
      required: true,
      pattern: /^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/(service-role\/)?.+$/,
    }) ?? '';
  const knowledgeBaseConfiguration = demands.object(input, 'knowledgeBaseConfiguration', true);
  demands.oneOf(knowledgeBaseConfiguration, 'knowledgeBaseConfiguration.type', ['VECTOR'], true);
  const path = 'knowledgeBaseConfiguration.vectorKnowledgeBaseConfiguration';
  const vector = demands.object(knowledgeBaseConfiguration, path, true);
  const embeddingModelArn = demands.text(vector, `${path}.embeddingModelArn`, { required: true, min: 20 }) ?? '';
  const storageConfiguration = demands.object(input, 'storageConfiguration', true);
  demands.check();
  if (embeddingModelArn !== foundationModel(region, TITAN_EMBED_V2)) {
    throw invalid(
      `Knowledge base role ${roleArn} is not able to call specified bedrock embedding model ${embeddingModelArn}: The provided model identifier is invalid. (Service: BedrockRuntime, Status Code: 400)`,
    );
  }
  const dimensions = dimensionsOf(vector.embeddingModelConfiguration);
  const id = shortId(ids);
  return {
    id,
    arn: `arn:aws:bedrock:${region}:${accountId}:knowledge-base/${id}`,
    name,
    description,
    roleArn,
    knowledgeBaseConfiguration,
    storageConfiguration,
    dimensions,
    storage: openStorage(storageConfiguration, dimensions, stores),
    createdMs: nowMs(),
    sources: new Map(),
  };
}

function dimensionsOf(configuration: unknown): Dimensions {
  const bedrock = isObject(configuration) ? configuration.bedrockEmbeddingModelConfiguration : undefined;
  const { dimensions = 1024, embeddingDataType = 'FLOAT32' } = isObject(bedrock) ? bedrock : {};
  const known = DIMENSIONS.find((each) => each === dimensions);
  if (known === undefined) {
    throw invalid(`The embedding model does not support ${String(dimensions)} dimensions.`);
  }
  if (embeddingDataType !== 'FLOAT32')
    throw invalid(`The vector store does not support ${String(embeddingDataType)} vectors.`);
  return known;
}

function shapeOf(base: KnowledgeBase, status: string, { nowMs }: ControlContext) {
  const { id, arn, name, description, roleArn, knowledgeBaseConfiguration, storageConfiguration } = base;
  return {
    knowledgeBaseId: id,
    knowledgeBaseArn: arn,
    name,
    description,
    roleArn,
    knowledgeBaseConfiguration,
    storageConfiguration,
    status,
    createdAt: iso(base.createdMs),
    updatedAt: iso(Math.min(nowMs(), base.deletedMs ?? base.createdMs)),
  };
}

export const iso = (ms: number) => new Date(ms).toISOString();
