import { type Documents, neededJson } from './documents.js';
import { topicOf } from './speech.js';
import { isSuspicious } from './suspicious.js';
import { actionsOf } from './tools.js';
import type { Clause, Parameter, Plan, PlannedTool, Requirements } from './types.js';
import { plainText, shortened } from './words.js';

const MOST_TOOLS = 20;
/** From so many on, the first draft is careless with the last of them. */
const MANY_ESCALATIONS = 6;

/** What the reviewer looks for in the action of an escalation. */
export const HANDS_OVER = /\btransfer_to_human\b/;

/** The plan. Weakness: the first draft of a procedure with six escalations or more does not hand over at the last of them. */
export function draftPlan(documents: Documents): Plan {
  const requirements = neededJson<Requirements>(documents, 'requirements');
  const isFirst = !documents.has('plan-review') && !documents.has('findings');
  const tools = toolsOf(requirements.clauses);
  const escalations = requirements.clauses.filter(({ kind }) => kind === 'escalation');
  const careless = isFirst && escalations.length >= MANY_ESCALATIONS ? escalations.at(-1) : undefined;
  return {
    agentName: shortened(plainText(requirements.title), 78),
    description: shortened(requirements.purpose, 590),
    tools,
    handling: requirements.clauses.map((clause) => ({ clauseId: clause.id, approach: approachTo(clause, tools) })),
    escalations: escalations.map((clause) => ({
      clauseId: clause.id,
      trigger: shortened(topicOf(clause), 590),
      action:
        clause === careless
          ? 'Take a message and tell the caller to call back later.'
          : 'Say that the call is passed on, and call transfer_to_human with the reason at once.',
    })),
    awsServices: [],
    environment: [],
  };
}

/** The tools of all clauses. What clauses of one tool do not all name can be left out when it is called. */
function toolsOf(clauses: readonly Clause[]): PlannedTool[] {
  const tools = new Map<string, PlannedTool>();
  for (const clause of clauses) {
    for (const { name, words, parameters } of toolsFor(clause)) {
      const known = tools.get(name);
      if (!known && tools.size === MOST_TOOLS) continue;
      tools.set(name, {
        name,
        description: known?.description ?? `Use it to ${shortened(words, 200)}.`,
        parameters: known ? joined(known.parameters, parameters) : parameters,
        clauseIds: [...(known?.clauseIds ?? []), clause.id],
      });
    }
  }
  return [...tools.values()];
}

/** What a clause asks of the systems of the business. */
export function toolsFor({ kind, quote }: Clause) {
  return (kind === 'step' || kind === 'rule') && !isSuspicious(quote) ? actionsOf(quote) : [];
}

function joined(known: readonly Parameter[], more: readonly Parameter[]): Parameter[] {
  const isIn = (name: string, parameters: readonly Parameter[]) => parameters.some((other) => other.name === name);
  return [
    ...known.map((parameter) => ({ ...parameter, required: parameter.required && isIn(parameter.name, more) })),
    ...more.filter(({ name }) => !isIn(name, known)).map((parameter) => ({ ...parameter, required: false })),
  ];
}

function approachTo(clause: Clause, tools: readonly PlannedTool[]): string {
  if (isSuspicious(clause.quote)) return 'Not followed: it speaks to whoever makes the agent, not of its work.';
  const summary = shortened(plainText(clause.summary), 600);
  const own = tools.filter(({ clauseIds }) => clauseIds.includes(clause.id)).map(({ name }) => name);
  switch (clause.kind) {
    case 'escalation':
      return `Hand the call to a person with transfer_to_human: ${summary}`;
    case 'prohibition':
      return `Refuse politely when the caller asks for it: ${summary}`;
    case 'step':
      return own.length > 0 ? `Call ${own.join(', then ')}: ${summary}` : `Do so in the conversation: ${summary}`;
    case 'rule':
      return `Keep to it and explain it when it matters: ${summary}`;
    case 'information':
      return `Tell it when the caller asks: ${summary}`;
  }
}
