import { isObject } from '../aws/json.js';
import { invalid } from '../aws/problem.js';

const OPERATORS: Readonly<Record<string, string>> = {
  equals: '$eq',
  notEquals: '$ne',
  greaterThan: '$gt',
  greaterThanOrEquals: '$gte',
  lessThan: '$lt',
  lessThanOrEquals: '$lte',
  in: '$in',
  notIn: '$nin',
  listContains: '$eq',
};
/** Only searched by stores that know words. */
const TEXT_OPERATORS = ['startsWith', 'stringContains'];

/**
 * A filter of Retrieve in the language of S3 Vectors. Groups may stand within a group, but not deeper. Throws
 * ValidationException. Source: Amazon Bedrock API reference, RetrievalFilter; user guide, metadata and filtering.
 */
export function translateFilter(filter: unknown, depth = 0): object {
  const entries = isObject(filter) ? Object.entries(filter) : [];
  const [operator = '', operand] = entries[0] ?? [];
  if (entries.length !== 1) throw invalid('A retrieval filter must have exactly one operator.');
  if (operator === 'andAll' || operator === 'orAll') {
    if (!Array.isArray(operand) || operand.length < 2) {
      const path = `retrievalConfiguration.vectorSearchConfiguration.filter.${operator}`;
      throw invalid(
        `1 validation error detected: Value at '${path}' failed to satisfy constraint: Member must have length greater than or equal to 2`,
      );
    }
    if (depth > 1) throw invalid('Filter groups can be nested one level deep only.');
    const parts = operand.map((part: unknown) => translateFilter(part, depth + 1));
    return { [operator === 'andAll' ? '$and' : '$or']: parts };
  }
  if (TEXT_OPERATORS.includes(operator)) {
    throw invalid(`The filter operator ${operator} is not supported for the vector store of this knowledge base.`);
  }
  const translated = OPERATORS[operator];
  if (translated === undefined || !isObject(operand) || typeof operand.key !== 'string' || !('value' in operand)) {
    throw invalid(`The retrieval filter operator ${operator} is not valid.`);
  }
  return { [operand.key]: { [translated]: operand.value } };
}
