import { agentCodeSchema } from '../artefacts.js';
import { jsonDocument } from '../documents.js';
import { writeCodePrompt } from '../prompts/write-code.js';
import { codeDocuments, objectionDocuments } from './context-documents.js';
import { asked, needed } from './stage.js';

/** The program of the agent. */
export const writeCode = asked({
  prompt: writeCodePrompt,
  tool: { name: 'submit_code', description: 'Gives the program of the agent.' },
  schema: () => agentCodeSchema,
  documents: ({ made, round }) => [
    jsonDocument('requirements', needed(made.requirements, 'requirements')),
    jsonDocument('plan', needed(made.plan, 'plan')),
    ...(round === 1
      ? []
      : [...codeDocuments(needed(made.code, 'code')), ...objectionDocuments('code-review', made.codeObjections)]),
  ],
});
