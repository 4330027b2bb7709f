import { type Documents, needed, neededJson } from './documents.js';
import { HANDS_OVER } from './plan.js';
import type { Plan, Requirements } from './types.js';
import { shortened } from './words.js';

interface PlanIssue {
  readonly clauseId?: string;
  readonly problem: string;
  readonly suggestion: string;
}

/** Looks whether every clause is handled, every escalation hands over, and every tool serves a clause. */
export function reviewPlan(documents: Documents): { strengths: string[]; issues: PlanIssue[]; approved: boolean } {
  const { clauses } = neededJson<Requirements>(documents, 'requirements');
  const plan = neededJson<Plan>(documents, 'plan');
  const issues: PlanIssue[] = [];
  const shown = (quote: string) => shortened(quote, 300);
  for (const { id, quote, kind } of clauses) {
    if (!plan.handling.some(({ clauseId }) => clauseId === id)) {
      issues.push({
        clauseId: id,
        problem: `Nothing says how "${shown(quote)}" is followed.`,
        suggestion: 'Add it to handling.',
      });
    }
    if (kind !== 'escalation') continue;
    const escalation = plan.escalations.find(({ clauseId }) => clauseId === id);
    if (!escalation || !HANDS_OVER.test(escalation.action)) {
      issues.push({
        clauseId: id,
        problem: `The caller does not get to a person, though "${shown(quote)}" demands it.`,
        suggestion: 'Call transfer_to_human at once.',
      });
    }
  }
  for (const { name, clauseIds } of plan.tools) {
    if (!clauseIds.some((clauseId) => clauses.some(({ id }) => id === clauseId))) {
      issues.push({ problem: `The tool ${name} serves no clause.`, suggestion: 'Leave it out.' });
    }
  }
  const listed = issues.slice(0, 50);
  return {
    strengths: [`${plan.handling.length} of ${clauses.length} clauses are handled, with ${plan.tools.length} tools.`],
    issues: listed,
    approved: listed.length === 0,
  };
}

interface CodeIssue {
  readonly problem: string;
  readonly suggestion: string;
}

/** Reads the program only superficially: what matters is checked by programs. */
export function reviewCode(documents: Documents): { qualityScore: number; issues: CodeIssue[]; approved: boolean } {
  const { tools } = neededJson<Plan>(documents, 'plan');
  const program = needed(documents, 'agent.py');
  const issues = tools
    .filter(({ name }) => !program.includes(`def ${name}(`))
    .map(({ name }) => ({
      problem: `There is no function ${name}.`,
      suggestion: `Write the function of the tool ${name}.`,
    }));
  if (!/@\w+\.entrypoint/.test(program)) {
    issues.push({ problem: 'Nothing answers a request.', suggestion: 'Write a function with @app.entrypoint.' });
  }
  return { qualityScore: issues.length === 0 ? 8 : 4, issues, approved: issues.length === 0 };
}
