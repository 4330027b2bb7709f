import type { OpenAPIV3_1 } from 'openapi-types';

export type JsonSchema = Readonly<{
  type?: string;
  enum?: readonly unknown[];
  default?: unknown;
  pattern?: string;
  minimum?: number;
  minItems?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, JsonSchema>>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  oneOf?: readonly JsonSchema[];
  anyOf?: readonly JsonSchema[];
}>;

/** Where a string may stand in a request: `tools.0.description`; `{name}` is the name of a field that may be any. */
export interface Place {
  readonly field: string;
  /** All of it, with that string in that place and something ordinary everywhere else. */
  readonly value: unknown;
}

/** Ordinary values by the name of the field, some for each; where a pattern is in force, the first that fits it. */
export interface Ordinary {
  readonly named: Readonly<Record<string, unknown>>;
  readonly candidates: readonly string[];
}

/** Something that the schema takes, as short as it can be. */
export function ordinary(schema: JsonSchema, name: string, words: Ordinary): unknown {
  const branch = (schema.oneOf ?? schema.anyOf)?.[0];
  if (branch) return ordinary(branch, name, words);
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case 'object': {
      const needed = Object.entries(schema.properties ?? {}).filter(([key]) => schema.required?.includes(key));
      return Object.fromEntries(needed.map(([key, each]) => [key, ordinary(each, key, words)]));
    }
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => ordinary(schema.items ?? {}, name, words));
    case 'integer':
    case 'number':
      return schema.default ?? Math.max(schema.minimum ?? 0, 1);
    case 'boolean':
      return false;
    default:
      return ordinaryText(schema, name, words);
  }
}

/** Every place of a string that the schema knows, each with `text` in it. */
export function stringPlaces(schema: JsonSchema, text: string, words: Ordinary, name = ''): Place[] {
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) return branches.flatMap((branch) => stringPlaces(branch, text, words, name));
  const within = (key: string, places: Place[], wrap: (value: unknown) => unknown): Place[] =>
    places.map(({ field, value }) => ({ field: field ? `${key}.${field}` : key, value: wrap(value) }));
  if (schema.type === 'object') {
    const whole = ordinary(schema, name, words) as Record<string, unknown>;
    const known = Object.entries(schema.properties ?? {}).flatMap(([key, each]) =>
      within(key, stringPlaces(each, text, words, key), (value) => ({ ...whole, [key]: value })),
    );
    const any = schema.additionalProperties;
    if (typeof any !== 'object') return known;
    const more = within('x', stringPlaces(any, text, words, 'x'), (value) => ({ ...whole, x: value }));
    return [...known, ...more, { field: '{name}', value: { ...whole, [text]: ordinary(any, 'x', words) } }];
  }
  if (schema.type === 'array') {
    return within('0', stringPlaces(schema.items ?? {}, text, words, name), (value) => [value]);
  }
  // What says nothing of its type takes any JSON.
  return schema.type === 'string' || schema.type === undefined ? [{ field: '', value: text }] : [];
}

function ordinaryText({ pattern, default: usual }: JsonSchema, name: string, { named, candidates }: Ordinary): unknown {
  const own = [usual, named[name], 'words'].flat().filter((each) => each !== undefined);
  if (pattern === undefined) return own[0];
  const form = new RegExp(pattern, 'u');
  const fitting = [...own, ...candidates].find((each) => typeof each === 'string' && form.test(each));
  if (fitting === undefined) throw new Error(`no ordinary value of ${name} fits ${pattern}`);
  return fitting;
}

/** Whether a string somewhere in it, or the name of a field, holds the text as it is. */
export function holds(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (Array.isArray(value)) return value.some((each) => holds(each, text));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.entries(value).some(([key, each]) => key.includes(text) || holds(each, text));
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` for each parameter. */
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[];
  /** Of a JSON body. */
  readonly body: JsonSchema | undefined;
  /** Of a body that is a file. */
  readonly fileType: string | undefined;
}

/** The operations of an OpenAPI document, as far as they say what is sent. */
export function operationsIn({ paths = {} }: OpenAPIV3_1.Document): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, OpenAPIV3_1.OperationObject>).map(([method, operation]) => {
      const content = (operation.requestBody as OpenAPIV3_1.RequestBodyObject | undefined)?.content ?? {};
      return {
        id: operation.operationId ?? '',
        method: method.toUpperCase(),
        path,
        parameters: (operation.parameters ?? []) as unknown[] as Operation['parameters'],
        body: content['application/json']?.schema as JsonSchema | undefined,
        fileType: Object.keys(content).find((type) => type !== 'application/json'),
      };
    }),
  );
}
