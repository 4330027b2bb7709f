import { codeReviewSchema } from '../artefacts.js';
import { jsonDocument } from '../documents.js';
import { reviewCodePrompt } from '../prompts/review-code.js';
import { codeDocuments } from './context-documents.js';
import { asked, needed } from './stage.js';

/** Whether the program does what the plan says. */
export const reviewCode = asked({
  prompt: reviewCodePrompt,
  tool: { name: 'submit_code_review', description: 'Gives the review of the program.' },
  schema: () => codeReviewSchema,
  documents: ({ made }) => [
    jsonDocument('requirements', needed(made.requirements, 'requirements')),
    jsonDocument('plan', needed(made.plan, 'plan')),
    ...codeDocuments(needed(made.code, 'code')),
    ...(made.codeReview ? [jsonDocument('code-review', made.codeReview)] : []),
  ],
});
