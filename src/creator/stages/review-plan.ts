import { planReviewSchema } from '../artefacts.js';
import { jsonDocument } from '../documents.js';
import { reviewPlanPrompt } from '../prompts/review-plan.js';
import { surroundings } from './context-documents.js';
import { asked, needed } from './stage.js';

/** Whether the plan does what the procedure demands. */
export const reviewPlan = asked({
  prompt: reviewPlanPrompt,
  tool: { name: 'submit_plan_review', description: 'Gives the review of the plan.' },
  schema: () => planReviewSchema,
  documents: ({ job, made }) => [
    { name: 'sop', body: job.input.sop },
    jsonDocument('requirements', needed(made.requirements, 'requirements')),
    jsonDocument('plan', needed(made.plan, 'plan')),
    ...surroundings(job),
    ...(made.planReview ? [jsonDocument('plan-review', made.planReview)] : []),
  ],
});
