import { agentPromptSchema } from '../artefacts.js';
import { jsonDocument } from '../documents.js';
import { writePromptPrompt } from '../prompts/write-prompt.js';
import { surroundings } from './context-documents.js';
import { asked, needed } from './stage.js';

/** What both models of the agent are told. */
export const writePrompt = asked({
  prompt: writePromptPrompt,
  tool: { name: 'submit_prompt', description: 'Gives both prompts of the agent.' },
  schema: () => agentPromptSchema,
  documents: ({ job, made, round }) => [
    jsonDocument('requirements', needed(made.requirements, 'requirements')),
    jsonDocument('plan', needed(made.plan, 'plan')),
    jsonDocument('voice', needed(made.voice, 'voice')),
    ...surroundings(job),
    ...(round === 1
      ? []
      : [jsonDocument('prompt', needed(made.prompt, 'prompt')), jsonDocument('prompt-findings', made.promptFindings)]),
  ],
});
