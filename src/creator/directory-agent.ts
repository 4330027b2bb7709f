import { type AgentInput, agentInputSchema } from '../directory/agent.js';
import { BridgeError } from '../errors.js';
import { personFor } from './handoff.js';
import type { CreatorJob } from './job.js';
import type { MadeAgent } from './ports.js';
import { END_TOOL, KNOWLEDGE_TOOL, TRANSFER_TOOL } from './rehearsal/tools.js';

/** The tool by which the voice model asks the agent that does the work. */
export const BUSINESS_TOOL = 'business_agent';

/** That agent may use tools of its own before it answers. */
const BUSINESS_LIMIT_MS = 20_000;
const LONGEST_DESCRIPTION = 4096;

/**
 * The agent as it enters the directory: speaks with the voice prompt, and asks the deployed agent for all else. REQUEST_INVALID,
 * with the fields, when what was made is no agent (a prompt with a variable that no call can fill).
 */
export function directoryAgent(
  { input }: Pick<CreatorJob, 'input'>,
  { requirements, voice, plan, prompt }: MadeAgent,
  { runtimeArn, payload }: { runtimeArn: string; payload: Readonly<Record<string, unknown>> },
): AgentInput {
  const { knowledgeBaseDescription, knowledgeBaseId } = input;
  const person = personFor(input, requirements);
  const parsed = agentInputSchema.safeParse({
    name: plan?.agentName ?? requirements.title,
    systemPrompt: prompt.voicePrompt,
    voiceId: voice.voiceId,
    greeting: `Greet the caller with: "${voice.greeting}"`,
    tools: [
      {
        kind: 'agentcore',
        name: BUSINESS_TOOL,
        description: described(plan?.description ?? requirements.purpose),
        agentRuntimeArn: runtimeArn,
        payload,
        timeoutMs: BUSINESS_LIMIT_MS,
      },
      ...(knowledgeBaseId === undefined
        ? []
        : [
            {
              kind: 'knowledge-base',
              name: KNOWLEDGE_TOOL,
              description: described(knowledgeBaseDescription ?? 'Looks passages up in the documents of the company.'),
              knowledgeBaseId,
            },
          ]),
      ...(person === undefined
        ? []
        : [{ kind: 'handoff', name: TRANSFER_TOOL, description: described(person.description), to: person.number }]),
      { kind: 'hang-up', name: END_TOOL, description: 'Ends the call once everything is said.' },
    ],
  });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const words = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new BridgeError('REQUEST_INVALID', `What was made is no agent of the directory: ${words}.`, { errors });
}

function described(text: string): string {
  return text.slice(0, LONGEST_DESCRIPTION);
}
