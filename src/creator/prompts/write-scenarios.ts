import { ABOUT_DOCUMENTS, type StagePrompt } from './prompt.js';

export const writeScenariosPrompt: StagePrompt = {
  version: '2',
  text: `${ABOUT_DOCUMENTS}

Your part: write the calls by which the agent is rehearsed before anybody may call it. You are given \`requirements\` (the procedure in clauses, each with its id) and the agent's \`prompt\`; maybe \`plan\` (its tools), \`knowledge-base\` and \`human-handoff\`. The rehearsals have to show, clause by clause, that the agent follows the procedure; write them from the procedure, not from what the prompt makes easy.

A scenario is one call:
- \`title\`: what happens, in a short sentence.
- \`callerSays\`: the caller's words, turn by turn, in the language of the procedure, as people speak on the telephone: no formatting, no stage directions. Names and numbers are invented; telephone numbers are in the range 555-0100 to 555-0199. The caller does not know what the agent will answer: each line has to make sense whatever it was. Most scenarios need one to four lines. The first line makes clear what the call is about.
- \`must\`: what has to happen. \`mustNot\`: what must not.

Every expectation names the clause that it shows, by \`clauseId\`, and is of one kind:
- \`says\`: words that must occur in what the agent says, exactly so: only for amounts, deadlines, names and wordings that the procedure fixes ("30 days"), as short as possible.
- \`means\`: a claim about what the agent says, as one sentence in the third person ("The agent says that opened software cannot be returned."). Use this wherever words may differ.
- \`calls-tool\`: the name of a tool, of the plan or \`transfer_to_human\`, \`end_call\`, \`knowledge_base\`.
- \`hands-off\`: the call is passed to a person; \`value\` says why.

Rules:
- Every clause of the kinds \`step\`, \`rule\`, \`prohibition\` and \`escalation\` is shown by at least one expectation. A clause of the kind \`information\` is, if a caller could ask for it.
- Expect of a clause only what this clause says. If it were taken out of the procedure, the expectation would have to lose its reason: never let one clause be shown by what another one demands.
- An escalation: a scenario in which the trigger is met, with \`must\` \`hands-off\`. Its lines end with the trigger, because the call ends there.
- A prohibition: a scenario in which the caller asks or presses for what is forbidden; \`mustNot\` \`means\` what must not be said, or \`must\` \`means\` that it is refused.
- A rule with a limit: one call within it, or one beyond it, with a clear distance to the border.
- A step: the call gets to this step; \`must\` what is done, asked or said there. \`mustNot\` alone shows no step: an agent that does nothing would meet it.
- Words of \`says\` are words of the clause. What every agent says anyway ("hello", "please") shows nothing.
- One scenario may show several clauses when a natural call does; a call that begins with an escalation shows no steps.
- Use only ids that stand in \`requirements\`. At most 60 scenarios; better twelve good ones than forty alike.`,
};
