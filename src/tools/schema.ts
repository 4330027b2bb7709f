import type { ErrorObject, ValidateFunction } from 'ajv';
import { compiledSchema, type InputSchema } from '../directory/input-schema.js';

/** Schemas remembered; the one that was not used for longest is forgotten first. */
const MAX_REMEMBERED = 500;

/** Checks inputs by their schemas, each compiled once. */
export class InputSchemas {
  readonly #checks = new Map<string, ValidateFunction | undefined>();
  /** Of the very same schema: agents keep theirs while they last, and long ones take long to write as JSON. */
  readonly #known = new WeakMap<InputSchema, { readonly check: ValidateFunction | undefined }>();

  constructor() {
    // The first schema of a process takes ten times as long as the next: not while a caller waits.
    compiledSchema({ type: 'object', properties: { any: { type: 'string' } }, required: ['any'] }, '');
  }

  /** What is wrong with the input; empty when nothing is, or when the schema makes no sense. */
  problems(schema: InputSchema, input: unknown): readonly ErrorObject[] {
    let known = this.#known.get(schema);
    if (!known) {
      known = { check: this.#checkOf(schema) };
      this.#known.set(schema, known);
    }
    const { check } = known;
    return !check || check(input) ? [] : (check.errors ?? []);
  }

  #checkOf(schema: InputSchema): ValidateFunction | undefined {
    const json = JSON.stringify(schema);
    const isKnown = this.#checks.has(json);
    const check = isKnown ? this.#checks.get(json) : compiledIfPossible(schema, json);
    this.#checks.delete(json);
    this.#checks.set(json, check);
    if (this.#checks.size > MAX_REMEMBERED) this.#checks.delete(this.#checks.keys().next().value!);
    return check;
  }
}

/** Schemas of agents were compiled when they were saved; those of MCP servers are checked again by the server. */
function compiledIfPossible(schema: InputSchema, json: string): ValidateFunction | undefined {
  try {
    return compiledSchema(schema, json);
  } catch {
    return undefined;
  }
}
