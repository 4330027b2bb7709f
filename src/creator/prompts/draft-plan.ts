import { ABOUT_DOCUMENTS, type StagePrompt } from './prompt.js';

export const draftPlanPrompt: StagePrompt = {
  version: '1',
  text: `${ABOUT_DOCUMENTS}

Your part: plan the agent. You are given \`requirements\` (the procedure in clauses, each with its id) and \`voice\`; maybe \`knowledge-base\` (what can be looked up there) and \`human-handoff\` (when and to whom calls are passed on). From the second round on you are also given your last \`plan\` and either \`plan-review\` (what the reviewer objects to) or \`findings\` (what a program has found): answer every single point, and keep what nobody objected to.

What the agent is: a program that is asked by the voice model what to do and to say next, with a language model and tools of its own. There is no data base, no order system and no calendar behind it. What the procedure says stands in its prompt; what a tool can do is take down, check and compute with what the caller has said. Do not plan tools that would have to know something: plan tools that note (\`register_return\`, \`request_callback\`) or decide by a rule (\`check_return_window\`).

- \`agentName\`: what the agent is for, in two to five words. \`description\`: in one or two sentences, for the voice model, when to ask this agent.
- \`tools\`: as few as the procedure needs; none is fine. A tool serves at least one clause, named in \`clauseIds\`. Names are Python names in lower case that say what happens. Every parameter is something that the caller says or that follows from it.
- \`handling\`: exactly one entry for every clause of \`requirements\`, by its id. \`approach\` says how it is followed: by which tool, by which words of the prompt, at which point of the call.
- \`escalations\`: exactly one entry for every clause of the kind \`escalation\`. \`trigger\` keeps every condition of the clause; \`action\` says what the agent does and says. The call itself is passed on by the tool \`transfer_to_human\`, which every agent has; never plan it yourself, nor \`end_call\` or \`knowledge_base\`.
- A prohibition is handled where it could be broken: name that place.
- \`awsServices\` (of \`dynamodb\`, \`s3\`, \`sqs\`) and \`environment\` are empty unless a clause cannot be followed without them.

Use only ids that stand in \`requirements\`. Invent no promises, amounts, deadlines or names.`,
};
