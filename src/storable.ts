import { BridgeError } from './errors.js';

const NUL_MESSAGE = 'holds a NUL character (\\u0000), which cannot be kept';
const SURROGATE_MESSAGE = 'holds half of a surrogate pair, which is no character';
const DEEPEST = 100;

/**
 * What PostgreSQL cannot keep, anywhere in a JSON value, by its path (`tools.0.name`) and what is wrong with it: NUL
 * characters, halves of surrogate pairs, lists in lists without end. Source: PostgreSQL manual, "JSON Types".
 */
export function findUnstorable(value: unknown, path = '', depth = 0): { field: string; message: string }[] {
  if (typeof value === 'string') {
    if (value.includes('\0')) return [{ field: path, message: NUL_MESSAGE }];
    return /\p{Surrogate}/u.test(value) ? [{ field: path, message: SURROGATE_MESSAGE }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (depth > DEEPEST) return [{ field: path, message: `is nested more than ${DEEPEST} deep` }];
  return Object.entries(value).flatMap(([key, item]) => {
    const itemPath = path === '' ? key : `${path}.${key}`;
    const ofKey = Array.isArray(value) ? [] : findUnstorable(key, path);
    return ofKey.length > 0 ? ofKey : findUnstorable(item, itemPath, depth + 1);
  });
}

/** Refuses what people wrote and the database cannot keep: REQUEST_INVALID with every such field in `errors`. */
export function requireStorable(value: unknown, path = ''): void {
  const errors = findUnstorable(value, path);
  if (errors.length > 0) throw new BridgeError('REQUEST_INVALID', 'Some fields cannot be kept.', { errors });
}

/** For what nobody can be asked to write again: the same value, with U+FFFD in place of what cannot be kept. */
export function storable<Value>(value: Value): Value {
  return (findUnstorable(value).length === 0 ? value : replaced(value, 0)) as Value;
}

function replaced(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD').replace(/\p{Surrogate}/gu, '\uFFFD');
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return '\uFFFD';
  if (Array.isArray(value)) return value.map((item) => replaced(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [replaced(key, depth), replaced(item, depth + 1)]),
  );
}
