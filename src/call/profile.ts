import type { AgentVersion } from '../directory/agent.js';
import { takesLiveText } from '../directory/model-generation.js';
import { fillPrompt, type PromptValues } from '../directory/prompt.js';
import type { VoiceProfile } from './ports.js';

/** A tool without a schema takes any object. */
const ANY_INPUT = { type: 'object', properties: {} } as const;

/** What a model stream is opened with to serve as this agent. */
export function profileOf(agent: AgentVersion, values: PromptValues, history: VoiceProfile['history']): VoiceProfile {
  const { voiceId, modelId, inference, audio, endpointing } = agent;
  const greeted = carrierGreeting(agent, values);
  const prompt = fillPrompt(agent.systemPrompt, values);
  return {
    modelId,
    systemPrompt:
      greeted === undefined ? prompt : `${prompt}\n\nThe caller has already heard this greeting: ${greeted}`,
    voiceId,
    endpointing,
    inference,
    audio,
    tools: agent.tools.map(({ name, description, inputSchema, kind }) => ({
      name,
      description,
      inputSchema: inputSchema ?? (kind === 'sensitive' ? SENSITIVE_INPUT : ANY_INPUT),
    })),
    history,
  };
}

/** What the agent is told to greet with; undefined when it waits for the caller, or cannot be told. */
export function liveGreeting(agent: AgentVersion, values: PromptValues): string | undefined {
  if (agent.greeting === undefined || !takesLiveText(agent.modelId)) return undefined;
  return fillPrompt(agent.greeting, values);
}

/** The greeting of a model that cannot speak first, as the carrier says it: without the words that instruct. */
export function carrierGreeting(agent: AgentVersion, values: PromptValues): string | undefined {
  if (agent.greeting === undefined || takesLiveText(agent.modelId)) return undefined;
  return fillPrompt(agent.greeting.replace(/^greet the caller (with|by saying):?\s*/i, ''), values);
}

/** What the model gives with a `sensitive` tool. */
const SENSITIVE_INPUT = {
  type: 'object',
  properties: {
    active: { type: 'boolean', description: 'true before secret data is spoken or keyed in, false once it is over' },
  },
  required: ['active'],
} as const;
