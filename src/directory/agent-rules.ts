import { BridgeError } from '../errors.js';
import { type AgentInput, agentInputSchema, type BrokenRule, clashesIn, MAX_TOOLS } from './agent.js';
import { schemaProblem } from './input-schema.js';
import { generationOf, voicesOf } from './model-generation.js';

/** A bad field by its path (`tools.0.name`) and what is wrong with it. */
export interface FieldFault {
  field: string;
  message: string;
}

const { shape } = agentInputSchema;

/** What of an agent its voice model has to be able to do, as far as it can be read. */
type AskedOfModel = {
  [Field in 'modelId' | 'voiceId' | 'endpointing' | 'dtmf' | 'silence']?: AgentInput[Field] | undefined;
};

/**
 * What is wrong with an agent beyond the form of its fields: what its voice model cannot do, tools that cannot stand beside
 * each other, and schemas of tools that nothing can be checked by. Rules are about fields that have their form, whatever is
 * wrong with others. Asked when an agent is saved, not when it is read: compiling schemas takes a while.
 */
export function brokenRules(given: unknown, defaultModelId: string): FieldFault[] {
  const fields = isObject(given) ? given : {};
  // More of them are a fault of form: they are not looked at one by one.
  const list = Array.isArray(fields.tools) ? fields.tools.slice(0, MAX_TOOLS) : [];
  const tools = list.map((tool) => (isObject(tool) ? tool : {}));
  const agent = {
    voiceId: shape.voiceId.safeParse(fields.voiceId).data,
    endpointing: shape.endpointing.safeParse(fields.endpointing).data,
    dtmf: shape.dtmf.safeParse(fields.dtmf).data,
    silence: shape.silence.safeParse(fields.silence).data,
  };
  const modelId = shape.modelId.safeParse(fields.modelId);
  const broken = [
    ...(modelId.success ? beyondTheModel({ ...agent, modelId: modelId.data }, defaultModelId) : []),
    ...clashesIn(tools, agent.dtmf?.handoffKey),
    ...senselessSchemas(tools),
  ];
  return broken.map(({ path, message }) => ({ field: path.join('.'), message }));
}

/** REQUEST_INVALID, with every broken rule in `errors`. */
export function requireAble(input: AgentInput, defaultModelId: string): void {
  const errors = brokenRules(input, defaultModelId);
  if (errors.length > 0) throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors });
}

/** What the agent's voice model cannot do, as field and reason; empty when it can do all that is asked. */
export function beyondTheModel(agent: AskedOfModel, defaultModelId: string): BrokenRule[] {
  const { modelId = defaultModelId, voiceId, endpointing, dtmf, silence } = agent;
  const generation = generationOf(modelId);
  const problems: BrokenRule[] = [];
  const voices = voicesOf(generation);
  if (voiceId !== undefined && !voices.includes(voiceId)) {
    problems.push({ path: ['voiceId'], message: `${modelId} has no voice "${voiceId}": ${voices.join(', ')}` });
  }
  if (generation === 1) {
    if (endpointing) {
      problems.push({ path: ['endpointing'], message: `${modelId} takes no endpointing sensitivity` });
    }
    if (dtmf) {
      problems.push({ path: ['dtmf'], message: `${modelId} takes no live text, so keys cannot reach it` });
    }
    if (silence && silence.hangUpAfter > 0) {
      problems.push({
        path: ['silence'],
        message: `${modelId} takes no live text, so it cannot ask a silent caller: leave silence out, or set hangUpAfter to 0`,
      });
    }
  }
  return problems;
}

function senselessSchemas(tools: readonly Readonly<Record<string, unknown>>[]): BrokenRule[] {
  return tools.flatMap(({ inputSchema }, index): BrokenRule[] => {
    const message = isObject(inputSchema) && inputSchema.type === 'object' ? schemaProblem(inputSchema) : undefined;
    return message === undefined ? [] : [{ path: ['tools', index, 'inputSchema'], message }];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
