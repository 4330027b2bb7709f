import type { SearchTool, Thing } from './thing.ts';

/** A question as it stands in the address. */
export interface Asked {
  readonly q: string;
  /** Most passages; empty: as the tool has it. */
  readonly n: string;
  /** JSON; empty: as the tool has it. */
  readonly filter: string;
}

export const MAX_QUESTION_LENGTH = 1000;
export const MAX_PASSAGES = 100;

/** What the API is asked: as a tool asks it where there is one, with what was set here instead. */
export function queryBody(thing: Thing, { q, n, filter }: Asked, tool: SearchTool | undefined): object {
  const most = countOf(n);
  const chosen = filterOf(filter);
  const common = { text: q, ...((chosen ?? tool?.filter) && { filter: chosen ?? tool?.filter }) };
  if (thing.kind === 'base') {
    const base = tool?.kind === 'knowledge-base' ? tool : undefined;
    return {
      ...common,
      ...((most ?? base?.numberOfResults) && { numberOfResults: most ?? base?.numberOfResults }),
      ...(base && { searchType: base.searchType }),
      ...(base?.rerankingConfiguration && { rerankingConfiguration: base.rerankingConfiguration }),
    };
  }
  const index = tool?.kind === 's3-vectors' ? tool : undefined;
  return {
    ...common,
    ...((most ?? index?.topK) && { topK: most ?? index?.topK }),
    ...(index && { embeddingModelId: index.embeddingModelId, textKey: index.textKey }),
  };
}

function countOf(text: string): number | undefined {
  const count = Number(text);
  return text !== '' && Number.isInteger(count) && count >= 1 && count <= MAX_PASSAGES ? count : undefined;
}

/** Undefined where nothing was typed, or no filter. */
function filterOf(text: string): object | undefined {
  return filterProblem(text) === undefined && text.trim() !== '' ? (JSON.parse(text) as object) : undefined;
}

/** Why what was typed is no filter, in words. */
export function filterProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return 'A filter is an object in braces, such as {"product": "hammer"}.';
  } catch {
    return 'This is not JSON: write it such as {"product": "hammer"}.';
  }
}
