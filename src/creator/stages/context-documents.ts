import type { AgentCode } from '../artefacts.js';
import { type Document, jsonDocument, textDocument } from '../documents.js';
import type { CreatorJob } from '../job.js';
import type { Objections } from '../made.js';

/** What the agent can fall back on, as far as the job says so. */
export function surroundings({ input }: CreatorJob): Document[] {
  return [
    ...textDocument('knowledge-base', input.knowledgeBaseDescription),
    ...textDocument('human-handoff', input.humanHandoffDescription),
  ];
}

export function codeDocuments({ agentPy, requirementsTxt }: AgentCode): Document[] {
  return [
    { name: 'agent.py', body: agentPy },
    { name: 'requirements.txt', body: requirementsTxt },
  ];
}

/** What is held against the last draft: findings of a check, or a review by its name. */
export function objectionDocuments<Review>(reviewName: string, objections: Objections<Review> | undefined): Document[] {
  if (!objections) return [];
  return 'findings' in objections
    ? [jsonDocument('findings', objections.findings)]
    : [jsonDocument(reviewName, objections.review)];
}
