import { isObject } from '../aws/json.js';
import { SearchProblem } from './problem.js';

type Input = Readonly<Record<string, unknown>>;

/** A field of an index that holds vectors. */
export interface VectorField {
  readonly dimension: number;
  readonly engine: string;
}

export interface IndexSettings {
  /** As they were given: what GET shows. */
  readonly properties: Input;
  readonly vectorFields: ReadonlyMap<string, VectorField>;
}

const ENGINES = ['faiss', 'nmslib'];
const SPACES = ['l2', 'cosinesimil', 'innerproduct'];
const TYPES = ['knn_vector', 'text', 'keyword', 'long', 'integer', 'float', 'double', 'boolean', 'date', 'object'];
const MAX_DIMENSION = 16_000;

/**
 * Reads what an index is created with; throws what the service refuses. Source: OpenSearch documentation, create index,
 * k-NN vector; Amazon OpenSearch Service developer guide, vector search collections.
 */
export function readSettings(input: Input): IndexSettings {
  for (const key of Object.keys(input)) {
    if (!['settings', 'mappings', 'aliases'].includes(key)) {
      throw new SearchProblem(400, 'parse_exception', `unknown key [${key}] for create index`);
    }
  }
  const properties = objectAt(objectAt(input, 'mappings'), 'properties');
  const vectorFields = new Map<string, VectorField>();
  for (const [name, field] of Object.entries(properties)) {
    const type = isObject(field) ? field.type : undefined;
    if (typeof type !== 'string' || !TYPES.includes(type)) {
      throw badMapping(`No handler for type [${String(type)}] declared on field [${name}]`);
    }
    if (isObject(field) && type === 'knn_vector') vectorFields.set(name, readVectorField(name, field));
  }
  if (vectorFields.size > 0 && !isKnn(objectAt(input, 'settings'))) {
    throw new SearchProblem(400, 'illegal_argument_exception', 'Set index.knn to true to use knn_vector fields.');
  }
  return { properties, vectorFields };
}

function readVectorField(name: string, field: Input): VectorField {
  const { dimension } = field;
  if (typeof dimension !== 'number' || !Number.isInteger(dimension) || dimension < 1 || dimension > MAX_DIMENSION) {
    throw badMapping(`Dimension value must be between 1 and ${MAX_DIMENSION} for vector: ${name}`);
  }
  const method = objectAt(field, 'method');
  const { name: algorithm, engine = 'faiss', space_type: space = 'l2' } = method;
  if (algorithm !== 'hnsw') throw badMapping(`Invalid method name [${String(algorithm)}] for field [${name}]`);
  if (typeof engine !== 'string' || !ENGINES.includes(engine)) {
    throw badMapping(`Invalid engine type: ${String(engine)}`);
  }
  if (!SPACES.includes(String(space))) throw badMapping(`Unable to find space: ${String(space)}`);
  return { dimension, engine };
}

/** Both ways to write it are taken. */
function isKnn(settings: Input): boolean {
  const nested = isObject(settings.index) ? settings.index.knn : undefined;
  return [settings['index.knn'], nested].some((value) => value === true || value === 'true');
}

function objectAt(input: Input, name: string): Input {
  const value = input[name] ?? {};
  if (!isObject(value)) throw new SearchProblem(400, 'parse_exception', `key [${name}] must be an object`);
  return value;
}

const badMapping = (reason: string) => new SearchProblem(400, 'mapper_parsing_exception', reason);
