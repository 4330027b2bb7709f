import { BridgeError } from '../errors.js';
import { type Collection, type CollectionAnswer, type CollectionRequests, WHO } from './collection-requests.js';
import { administrationFailure } from './failure.js';

/** A vector index in a collection of OpenSearch Serverless, with the fields that Bedrock is told of. */
export interface CollectionIndex extends Collection {
  readonly vectorIndexName: string;
  readonly vectorField: string;
  readonly textField: string;
  readonly metadataField: string;
  readonly dimensions: number;
}

export interface CollectionIndexes {
  /**
   * Makes the index unless it is there; one that Bedrock could not use is CONFLICT. Some time may pass until Bedrock sees
   * a new one. Fails with REQUEST_INVALID, AWS_REFUSED and the like.
   */
  ensure(index: CollectionIndex): Promise<void>;
}

/** What Bedrock searches with. Source: Amazon Bedrock user guide, prerequisites for a vector store; errors of CreateKnowledgeBase. */
const ENGINE = 'faiss';

export function collectionIndexes({ requests }: { requests: CollectionRequests }): CollectionIndexes {
  const pathOf = ({ vectorIndexName }: CollectionIndex) => `/${encodeURIComponent(vectorIndexName)}`;

  /** Whether it is there; of the wrong kind it is CONFLICT. */
  const isThere = async (index: CollectionIndex): Promise<boolean> => {
    const answer = await requests.send(index, { method: 'GET', path: pathOf(index) });
    if (answer.status === 404) return false;
    if (answer.status !== 200) throw refusal(answer, index);
    const problem = misfit(answer.body, index);
    if (problem !== undefined) {
      throw new BridgeError('CONFLICT', `The index ${index.vectorIndexName} of the collection ${problem}.`);
    }
    return true;
  };

  return {
    async ensure(index) {
      if (await isThere(index)) return;
      const answer = await requests.send(index, { method: 'PUT', path: pathOf(index), body: settingsOf(index) });
      if (answer.status === 200) return;
      // Somebody else made it meanwhile.
      if (errorOf(answer).type === 'resource_already_exists_exception' && (await isThere(index))) return;
      throw refusal(answer, index);
    },
  };
}

/** As Bedrock's own console makes it: vectors of length one are as near by l2 as by their angle. */
function settingsOf({ vectorField, textField, metadataField, dimensions }: CollectionIndex) {
  return {
    settings: { index: { knn: true } },
    mappings: {
      properties: {
        [vectorField]: {
          type: 'knn_vector',
          dimension: dimensions,
          method: { name: 'hnsw', engine: ENGINE, space_type: 'l2' },
        },
        [textField]: { type: 'text' },
        [metadataField]: { type: 'text', index: false },
      },
    },
  };
}

/** Why Bedrock could not use an index; the answer is `{ <index>: { mappings: { properties } } }`. */
function misfit(body: unknown, { vectorIndexName, vectorField, dimensions }: CollectionIndex): string | undefined {
  const mappings = memberOf(memberOf(body, vectorIndexName), 'mappings');
  const field = memberOf(memberOf(mappings, 'properties'), vectorField);
  if (memberOf(field, 'type') !== 'knn_vector') return `has no vectors in the field ${vectorField}`;
  const dimension = memberOf(field, 'dimension');
  if (dimension !== dimensions) return `has ${String(dimension)} dimensions, not ${dimensions}`;
  const engine = memberOf(memberOf(field, 'method'), 'engine');
  if (engine !== undefined && engine !== ENGINE) return `uses the engine ${String(engine)}; Bedrock needs ${ENGINE}`;
  return undefined;
}

function refusal(answer: CollectionAnswer, { vectorIndexName }: CollectionIndex): BridgeError {
  const { status } = answer;
  const { type, reason } = errorOf(answer);
  const advice =
    status === 401 || status === 403
      ? ` The collection's data access policy must give the bridge's role aoss:DescribeIndex and aoss:CreateIndex on ` +
        `the index ${vectorIndexName}, its network policy must let the bridge in, and the role needs aoss:APIAccessAll.`
      : '';
  const error = Object.assign(new Error(`${reason}${advice}`), { name: type, $metadata: { httpStatusCode: status } });
  return administrationFailure(error, WHO);
}

/** `{ error: { type, reason } }`, or what AWS says where the request did not even reach the collection. */
function errorOf({ status, body }: CollectionAnswer): { type: string; reason: string } {
  const error = memberOf(body, 'error');
  const type = memberOf(error, 'type');
  const reason = memberOf(error, 'reason') ?? memberOf(body, 'message');
  return {
    type: typeof type === 'string' ? type : `Status ${status}`,
    reason: typeof reason === 'string' ? reason : 'It answered in a way that cannot be read.',
  };
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
