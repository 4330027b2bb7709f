import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { messageOf } from '../errors.js';

export type InputSchema = Readonly<Record<string, unknown>>;

/** Longest schema in characters of JSON; the model would not make sense of more. */
const MAX_SCHEMA = 64_000;

/**
 * Without the meta-schema: compiling that takes a tenth of a second and more, during which no call would be heard. What
 * it would find, compiling finds as well. Formats are not checked: what a caller says rarely has one.
 */
const OPTIONS = {
  strict: false,
  allErrors: true,
  verbose: true,
  validateFormats: false,
  meta: false,
  validateSchema: false,
  logger: false,
} as const;

/** Why inputs cannot be checked by this JSON Schema, in words; undefined when they can. */
export function schemaProblem(schema: InputSchema): string | undefined {
  try {
    compiledSchema(schema, JSON.stringify(schema));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * A check of inputs by a schema and its JSON; throws when there can be none. An instance for each, because one would keep
 * every schema for ever and take no `$id` twice.
 */
export function compiledSchema(schema: InputSchema, json: string): ValidateFunction {
  if (json.length > MAX_SCHEMA) throw new Error(`the schema is longer than ${MAX_SCHEMA} characters`);
  const { $schema, ...rest } = schema;
  if (rest.$async !== undefined) throw new Error('the schema must not be asynchronous ($async)');
  const isOld = typeof $schema === 'string' && $schema.includes('draft-0');
  return isOld ? new Ajv(OPTIONS).compile(rest) : new Ajv2020(OPTIONS).compile(rest);
}
