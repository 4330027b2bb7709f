import { personFor } from '../handoff.js';
import type { CreatorJob } from '../job.js';
import type { MadeAgent } from '../ports.js';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The tools that the agent will have on the telephone beside its own; see `directoryAgent`. */
export const TRANSFER_TOOL = 'transfer_to_human';
export const END_TOOL = 'end_call';
export const KNOWLEDGE_TOOL = 'knowledge_base';

/** A tool as Converse takes it. */
export interface RehearsalTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly json: Json };
}

/** After these the caller is not on the line any more. */
export const ENDING_TOOLS: readonly string[] = [TRANSFER_TOOL, END_TOOL];

const text = (description: string) => ({ type: 'string', description });
const object = (properties: Record<string, Json>, required: string[]) => ({
  json: { type: 'object', properties, required },
});

/**
 * What a rehearsed agent may call: the tools of its plan, the end of the call, and a person and the knowledge base if the job
 * names them. What a meta-agent has programmed is not known here: its own tools are missing.
 */
export function rehearsalTools({ input }: CreatorJob, { requirements, plan }: MadeAgent): RehearsalTool[] {
  const planned = (plan?.tools ?? []).map(({ name, description, parameters }) => ({
    name,
    description,
    inputSchema: object(
      Object.fromEntries(parameters.map(({ name, type, description }) => [name, { type, description }])),
      parameters.filter(({ required }) => required).map(({ name }) => name),
    ),
  }));
  const person = personFor(input, requirements);
  const common: RehearsalTool[] = [
    ...(person === undefined
      ? []
      : [
          {
            name: TRANSFER_TOOL,
            description: person.description,
            inputSchema: object({ reason: text('Why, for the person who takes over.') }, ['reason']),
          },
        ]),
    { name: END_TOOL, description: 'Ends the call once everything is said.', inputSchema: object({}, []) },
  ];
  const knowledge: RehearsalTool[] =
    input.knowledgeBaseId === undefined
      ? []
      : [
          {
            name: KNOWLEDGE_TOOL,
            description: input.knowledgeBaseDescription ?? 'Looks passages up in the documents of the company.',
            inputSchema: object({ query: text('What is looked for.') }, ['query']),
          },
        ];
  // A plan may name a tool as one of these: then the plan's own stands.
  const names = new Set(planned.map(({ name }) => name));
  return [...planned, ...[...common, ...knowledge].filter(({ name }) => !names.has(name))];
}

/**
 * What a tool answers in a rehearsal. There is no business behind it: what was asked is noted, nothing is looked up, nobody
 * is called, and the model is told so.
 */
export function rehearsalAnswer(name: string, input: unknown): Json {
  if (name === TRANSFER_TOOL) return { status: 'transferring' };
  if (name === END_TOOL) return { status: 'ending' };
  if (name === KNOWLEDGE_TOOL) return { passages: [], note: 'This is a rehearsal: no documents are looked up.' };
  return { status: 'noted', received: input as Json, note: 'This is a rehearsal: assume that it worked.' };
}
