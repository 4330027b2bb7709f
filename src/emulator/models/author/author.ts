import type { ConverseRequest, ConverseScript, ConverseScripts } from '../converse.js';
import { type Brief, briefOf, playAgent } from './dialogue.js';
import { type Documents, documentsOf, Missing, needed } from './documents.js';
import { draftPlan } from './plan.js';
import { writeProgram } from './program.js';
import { writePrompts } from './prompt.js';
import { parseProcedure } from './requirements.js';
import { reviewCode, reviewPlan } from './reviews.js';
import { writeScenarios } from './scenarios.js';
import { judge } from './verdict.js';
import { chooseVoice } from './voice.js';

type Role = (documents: Documents, request: ConverseRequest) => object;

const MOST_BRIEFS = 32;

/** What it does is known by the tool that it has to call. */
const ROLES: Readonly<Record<string, Role>> = {
  submit_requirements: (documents) => parseProcedure(needed(documents, 'sop')),
  submit_voice_personality: chooseVoice,
  submit_plan: draftPlan,
  submit_plan_review: reviewPlan,
  submit_code: writeProgram,
  submit_code_review: reviewCode,
  submit_prompt: writePrompts,
  submit_scenarios: writeScenarios,
  verdict: (_, request) => judge(request),
};

/**
 * A rule-based author in place of a model: reads written procedures, plans, writes and reviews agents, judges claims, and
 * without a tool that it has to call plays the agent whose prompt it is given. It knows only what the request says; the same
 * request has the same answer. Its weaknesses are habits that a procedure brings out: see `fixtures/sop/README.md`.
 */
export function author(): ConverseScripts {
  // An agent is asked again and again with the same prompt.
  const briefs = new Map<string, Brief>();
  const briefFor = (system: string): Brief => {
    const brief = briefs.get(system) ?? briefOf(system);
    if (briefs.size >= MOST_BRIEFS) briefs.clear();
    briefs.set(system, brief);
    return brief;
  };
  return (request): ConverseScript => {
    const { forcedTool, system } = request;
    if (forcedTool === undefined) return playAgent(request, briefFor(system));
    const role = ROLES[forcedTool];
    if (!role) return { text: `I do not know how to fill ${forcedTool}.`, stopReason: 'end_turn' };
    try {
      return { toolUses: [{ name: forcedTool, input: role(documentsOf(request), request) }] };
    } catch (error) {
      if (error instanceof Missing) return { text: error.message, stopReason: 'end_turn' };
      throw error;
    }
  };
}
