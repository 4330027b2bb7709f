import type { ErrorObject } from 'ajv';
import { BridgeError } from '../errors.js';
import type { ToolInput } from './ports.js';
import type { InputSchemas } from './schema.js';

/** Problems named at once: more than that nobody asks a caller about. */
const MAX_PROBLEMS = 5;
const MAX_CHOICES = 12;
const MAX_HINT = 120;

/**
 * The input as the tool takes it. What the model encoded as JSON once too often, the whole or a field, is decoded.
 * TOOL_INPUT_INVALID, in words that help to ask the caller.
 */
export function checkedInput(raw: unknown, schema: ToolInput | undefined, schemas: InputSchemas): ToolInput {
  const input = objectOf(raw);
  if (!input) throw new BridgeError('TOOL_INPUT_INVALID', 'the input is not a JSON object');
  if (!schema) return input;
  const problems = schemas.problems(schema, input);
  if (problems.length === 0) return input;
  for (const decoded of [decodedWhole(input), decodedFields(input, problems)]) {
    if (decoded && schemas.problems(schema, decoded).length === 0) return decoded;
  }
  const words = [...new Set(problems.map(inWords))].slice(0, MAX_PROBLEMS);
  throw new BridgeError('TOOL_INPUT_INVALID', words.join('; '), { problems: words });
}

function objectOf(raw: unknown): ToolInput | undefined {
  const value = typeof raw === 'string' ? parsed(raw) : raw;
  return isObject(value) ? value : undefined;
}

/** `{"input": "{\"order\": 1}"}`: the only field is the text of the input. */
function decodedWhole(input: ToolInput): ToolInput | undefined {
  const [only, ...others] = Object.values(input);
  return others.length === 0 && typeof only === 'string' ? objectOf(only) : undefined;
}

/** `{"items": "[1, 2]"}` where a list is wanted. */
function decodedFields(input: ToolInput, problems: readonly ErrorObject[]): ToolInput | undefined {
  const fields = problems
    .filter(({ keyword, data }) => keyword === 'type' && typeof data === 'string')
    .map(({ instancePath, data }) => [instancePath.slice(1), parsed(String(data))] as const)
    .filter(([field, value]) => Object.hasOwn(input, field) && value !== undefined);
  return fields.length > 0 ? { ...input, ...Object.fromEntries(fields) } : undefined;
}

function inWords({ keyword, instancePath, params, message = '', parentSchema }: ErrorObject): string {
  const field = instancePath.slice(1).replaceAll('/', '.');
  const name = field === '' ? 'the input' : `"${field}"`;
  const within = (child: unknown) => `"${field === '' ? '' : `${field}.`}${String(child)}"`;
  switch (keyword) {
    case 'required':
      return `${within(params.missingProperty)} is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `${within(params.additionalProperty ?? params.unevaluatedProperty)} is not a field of this tool`;
    case 'type':
      return `${name} must be ${[params.type].flat().join(' or ')}`;
    case 'enum': {
      const choices = [params.allowedValues].flat();
      const more = choices.length > MAX_CHOICES ? ', …' : '';
      return `${name} must be one of: ${choices.slice(0, MAX_CHOICES).map(String).join(', ')}${more}`;
    }
    case 'pattern':
      return `${name} does not have the right form${hint(parentSchema)}`;
    default:
      return `${name} ${message}`;
  }
}

function hint(schema: unknown): string {
  const description = isObject(schema) ? schema.description : undefined;
  return typeof description === 'string' && description.length <= MAX_HINT ? ` (${description})` : '';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is ToolInput {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
