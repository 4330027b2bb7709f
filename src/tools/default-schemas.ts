import type { NamedTool } from '../directory/tool.js';
import { inputsOf } from './template.js';

type Schema = Readonly<Record<string, unknown>>;

const ANYTHING: Schema = { type: 'object', properties: {} };

const PROMPT_FIELD = {
  type: 'string',
  description: 'What to find out or do, in a full sentence, with everything the caller said about it.',
};

const PROMPT: Schema = { type: 'object', properties: { prompt: PROMPT_FIELD }, required: ['prompt'] };

const QUERY: Schema = {
  type: 'object',
  properties: { query: { type: 'string', description: 'What to look up, as a question or in key words.' } },
  required: ['query'],
};

const REASON: Schema = {
  type: 'object',
  properties: {
    reason: { type: 'string', description: 'What the caller wants, in one sentence for the person who takes over.' },
  },
};

const ACTIVE: Schema = {
  type: 'object',
  properties: {
    active: { type: 'boolean', description: 'true before secret data is spoken or keyed in, false once it is over' },
  },
  required: ['active'],
};

/** What the model is told to give a tool that has no schema of its own. */
export function defaultSchema(tool: NamedTool): Schema {
  switch (tool.kind) {
    case 'agentcore':
      return schemaOfPayload(tool.payload) ?? PROMPT;
    case 'bedrock-agent':
      return PROMPT;
    case 'knowledge-base':
    case 's3-vectors':
      return QUERY;
    case 'handoff':
      return REASON;
    case 'sensitive':
      return ACTIVE;
    case 'hang-up':
    case 'scripted':
      return ANYTHING;
  }
}

/** A payload that mentions fields of the input says itself what the model is to give. */
function schemaOfPayload(payload: unknown): Schema | undefined {
  const inputs = inputsOf(payload);
  if (inputs.size === 0) return undefined;
  const fields = [...inputs].map(([name, { isNested }]) => {
    if (name === 'prompt' && !isNested) return [name, PROMPT_FIELD] as const;
    return [name, { type: isNested ? 'object' : 'string' }] as const;
  });
  return { type: 'object', properties: Object.fromEntries(fields), required: [...inputs.keys()] };
}

/**
 * What an input must be like before anything is sent; undefined: any object. Tools without a schema are lenient with
 * how the model names things, but a payload cannot do without what it mentions.
 */
export function checkedSchema(tool: NamedTool): Schema | undefined {
  if (tool.inputSchema) return tool.inputSchema;
  const inputs = tool.kind === 'agentcore' ? inputsOf(tool.payload) : undefined;
  return inputs && inputs.size > 0 ? { type: 'object', required: [...inputs.keys()] } : undefined;
}
