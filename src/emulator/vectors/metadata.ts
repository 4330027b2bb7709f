import { isObject } from '../aws/json.js';
import type { Metadata } from './filter.js';

const MAX_KEYS = 50;
const MAX_FILTERABLE_BYTES = 2048;
const MAX_BYTES = 40 * 1024;

/**
 * What is wrong with the metadata of one vector; undefined when nothing is.
 * Source: Amazon S3 User Guide, S3 Vectors limitations; types, words and the way of counting as others measured them.
 */
export function metadataFault(metadata: unknown, nonFilterableKeys: readonly string[]): string | undefined {
  if (!isObject(metadata)) return 'Metadata must be a JSON object';
  const entries = Object.entries(metadata);
  if (entries.length > MAX_KEYS) return `Metadata object must have at most ${MAX_KEYS} keys`;
  for (const [, value] of entries) {
    const fault = valueFault(value);
    if (fault) return fault;
  }
  const filterable = entries.filter(([key]) => !nonFilterableKeys.includes(key));
  if (sizeOf(filterable) > MAX_FILTERABLE_BYTES) {
    return `Filterable metadata must have at most ${MAX_FILTERABLE_BYTES} bytes`;
  }
  if (sizeOf(entries) > MAX_BYTES) return `Metadata object must have at most ${MAX_BYTES} bytes`;
  return undefined;
}

/** Bytes that metadata counts for. */
export const metadataSize = (metadata: Metadata) => sizeOf(Object.entries(metadata));

function valueFault(value: unknown): string | undefined {
  if (['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  if (!Array.isArray(value)) return 'Metadata values must be strings, numbers, booleans, or arrays';
  if (value.length === 0) return 'Empty arrays are not allowed in metadata';
  const type = typeof value[0];
  const isUniform = (type === 'string' || type === 'number') && value.every((element) => typeof element === type);
  return isUniform ? undefined : 'Metadata array values must be strings or numbers';
}

/** The service counts neither JSON nor its escapes: 4 bytes, and 8 for each entry beside its key and value. */
function sizeOf(entries: readonly (readonly [string, unknown])[]): number {
  return entries.reduce((size, [key, value]) => size + 8 + Buffer.byteLength(key) + valueSize(value), 4);
}

function valueSize(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 4;
  if (Array.isArray(value)) return value.reduce<number>((size, element) => size + 4 + valueSize(element), 0);
  return 0;
}
