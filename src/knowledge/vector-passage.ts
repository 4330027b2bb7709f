import { boundedScore, type Passage } from './passage.js';

/** Where a chunk's text and what else is only shown are kept; as Bedrock does it, so that both find their way. */
export const TEXT_KEY = 'AMAZON_BEDROCK_TEXT';
export const METADATA_KEY = 'AMAZON_BEDROCK_METADATA';
/** An index does not let these be filtered by, or their size would be limited to 2 KB. They cannot be changed later. */
export const NON_FILTERABLE_KEYS: readonly string[] = [TEXT_KEY, METADATA_KEY];

const SOURCE_URI_KEY = 'x-amz-bedrock-kb-source-uri';

export interface FoundVector {
  readonly key?: string | undefined;
  readonly distance?: number | undefined;
  readonly metadata?: unknown;
}

/** A vector that was found as a passage; undefined when it holds no text under `textKey`. */
export function passageOf(
  { key, distance, metadata }: FoundVector,
  { metric, textKey }: { metric: string | undefined; textKey: string },
): Passage | undefined {
  if (!isRecord(metadata)) return undefined;
  const { [textKey]: text, [METADATA_KEY]: described, ...filterable } = metadata;
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  const shown = { ...descriptionIn(described), ...filterable };
  return { text, source: sourceIn(shown) ?? documentOf(key), score: scoreOf(distance, metric), metadata: shown };
}

/**
 * How near a vector is. Of cosine distance it is the cosine itself (unlike is 0, not below); of euclidean distance
 * 1 / (1 + distance).
 */
export function scoreOf(distance: number | undefined, metric: string | undefined): number {
  if (distance === undefined) return 0;
  return boundedScore(metric === 'euclidean' ? 1 / (1 + distance) : 1 - distance);
}

/** What is under METADATA_KEY: JSON, ours or Bedrock's own. */
function descriptionIn(described: unknown): Record<string, unknown> {
  if (typeof described !== 'string') return {};
  try {
    const parsed: unknown = JSON.parse(described);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function sourceIn(metadata: Readonly<Record<string, unknown>>): string | undefined {
  const { source, name } = metadata;
  const nested = isRecord(source) ? source.sourceLocation : source;
  return [nested, metadata[SOURCE_URI_KEY], name].find((each) => typeof each === 'string' && each !== '') as
    | string
    | undefined;
}

/** Keys of chunks end with their number. */
function documentOf(key: string | undefined): string | null {
  return key === undefined ? null : key.replace(/#\d+$/, '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
