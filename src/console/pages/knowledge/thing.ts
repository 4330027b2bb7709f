import type { Agent } from '../../api/types.ts';

/** What agents look passages up in: a knowledge base, or an index by itself. */
export type Thing =
  | { readonly kind: 'base'; readonly id: string }
  | { readonly kind: 'index'; readonly bucket: string; readonly index: string };

/** A tool of an agent that looks passages up. */
export type SearchTool = Extract<Agent['tools'][number], { kind: 'knowledge-base' | 's3-vectors' }>;

/** An agent with a tool of its own that asks a thing. */
export interface Asker {
  readonly agentId: string;
  readonly agentName: string;
  readonly tool: SearchTool;
}

const ROOT = '/knowledge';

/** Where it is in the console. */
export function addressOf(thing: Thing): string {
  return `${ROOT}${apiPathOf(thing).replace('/knowledge-bases', '/bases')}`;
}

/** Where it is in the API. */
export function apiPathOf(thing: Thing): string {
  if (thing.kind === 'base') return `/knowledge-bases/${encodeURIComponent(thing.id)}`;
  return `/indexes/${encodeURIComponent(thing.bucket)}/${encodeURIComponent(thing.index)}`;
}

/** What an address of the console opens; undefined when it opens nothing. */
export function thingAt(location: string): Thing | undefined {
  const [kind, first, second, ...more] = location.slice(ROOT.length + 1).split('/');
  if (kind === 'bases' && first && second === undefined) return { kind: 'base', id: decoded(first) };
  if (kind !== 'indexes' || !first || !second || more.length > 0) return undefined;
  return { kind: 'index', bucket: decoded(first), index: decoded(second) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The tools, of the latest versions of all agents, that ask a thing. */
export function askersOf(agents: readonly Agent[], thing: Thing): Asker[] {
  return agents.flatMap(({ id: agentId, name: agentName, tools }) =>
    tools.flatMap((tool) => (asks(tool, thing) ? [{ agentId, agentName, tool }] : [])),
  );
}

function asks(tool: Agent['tools'][number], thing: Thing): tool is SearchTool {
  if (tool.kind === 'knowledge-base') return thing.kind === 'base' && tool.knowledgeBaseId === thing.id;
  if (tool.kind !== 's3-vectors' || thing.kind !== 'index') return false;
  return tool.vectorBucketName === thing.bucket && tool.indexName === thing.index;
}

/** `Orders, FAQ`: each agent once. */
export function namesOf(askers: readonly Asker[]): string {
  return [...new Map(askers.map(({ agentId, agentName }) => [agentId, agentName])).values()].join(', ');
}
