import { isObject } from '../aws/json.js';
import { fieldProblem } from './problems.js';

/** What can be stored beside a vector. */
export type Metadata = Readonly<Record<string, Scalar | readonly (string | number)[]>>;
export type Scalar = string | number | boolean;

/** Decides by metadata whether a vector may be found. */
export type Filter = (metadata: Metadata) => boolean;

type Test = (value: Metadata[string] | undefined) => boolean;

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value);

/**
 * Reads a filter of QueryVectors. Each object holds one condition: a key with a value or with operators, `$and` or `$or`.
 * Throws ValidationException; but for keys that are not filterable the service never says what is wrong.
 * A value of another type than the stored one matches nothing. Whether `$ne` and `$nin` match where the key is missing
 * is written nowhere; here they do.
 * Source: Amazon S3 User Guide, Metadata filtering; behaviour of the service as others measured it.
 */
export function parseFilter(filter: unknown, nonFilterableKeys: readonly string[]): Filter {
  if (!isObject(filter)) throw invalid();
  const entries = Object.entries(filter);
  const [key, condition] = entries[0] ?? [];
  if (key === undefined || entries.length > 1) throw invalid();
  if (key === '$and' || key === '$or') {
    if (!Array.isArray(condition) || condition.length === 0) throw invalid();
    const parts = condition.map((part: unknown) => parseFilter(part, nonFilterableKeys));
    if (key === '$and') return (metadata) => parts.every((matches) => matches(metadata));
    return (metadata) => parts.some((matches) => matches(metadata));
  }
  if (key.startsWith('$')) throw invalid();
  const tests = isScalar(condition) ? [equals(condition)] : parseOperators(condition);
  if (nonFilterableKeys.includes(key)) {
    throw fieldProblem('filter', 'Invalid use of non-filterable metadata in filter');
  }
  return (metadata) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    return tests.every((test) => test(value));
  };
}

function parseOperators(condition: unknown): Test[] {
  if (!isObject(condition)) throw invalid();
  const operators = Object.entries(condition);
  if (operators.length === 0) throw invalid();
  return operators.map(([operator, operand]) => parseOperator(operator, operand));
}

function parseOperator(operator: string, operand: unknown): Test {
  switch (operator) {
    case '$eq':
    case '$ne': {
      if (!isScalar(operand)) throw invalid();
      const test = equals(operand);
      return operator === '$eq' ? test : (value) => !test(value);
    }
    case '$in':
    case '$nin': {
      if (!Array.isArray(operand) || operand.length === 0 || !operand.every(isScalar)) throw invalid();
      const tests = operand.map(equals);
      const isIn: Test = (value) => tests.some((test) => test(value));
      return operator === '$in' ? isIn : (value) => !isIn(value);
    }
    case '$gt':
      return compares(operand, (value, limit) => value > limit);
    case '$gte':
      return compares(operand, (value, limit) => value >= limit);
    case '$lt':
      return compares(operand, (value, limit) => value < limit);
    case '$lte':
      return compares(operand, (value, limit) => value <= limit);
    case '$exists':
      if (typeof operand !== 'boolean') throw invalid();
      return (value) => (value !== undefined) === operand;
    default:
      throw invalid();
  }
}

/** Of an array any element may be the one. */
function equals(operand: Scalar): Test {
  return (value) => (Array.isArray(value) ? value.includes(operand) : value === operand);
}

function compares(limit: unknown, compare: (value: number, limit: number) => boolean): Test {
  if (typeof limit !== 'number') throw invalid();
  return (value) => typeof value === 'number' && compare(value, limit);
}

const invalid = () => fieldProblem('filter', 'Invalid filter');
