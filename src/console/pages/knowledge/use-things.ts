import { useQuery } from '@tanstack/react-query';
import { request, requestAll } from '../../api/client.ts';
import { apiPathOf, type Thing } from './thing.ts';
import type { Index, IndexSummary, KnowledgeBase, KnowledgeBaseSummary } from './types.ts';

/** Bedrock tells nobody when it is done making or deleting one: until then it is looked at again and again. */
const LOOK_MS = 2000;
const CHANGING = ['CREATING', 'UPDATING', 'DELETING'];

export const BASES_KEY = ['knowledge', 'bases'];
export const INDEXES_KEY = ['knowledge', 'indexes'];

export function useBases() {
  return useQuery({
    queryKey: BASES_KEY,
    queryFn: ({ signal }) => requestAll<KnowledgeBaseSummary>('/knowledge-bases', signal),
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => CHANGING.includes(status)) ? LOOK_MS : false),
  });
}

export function useIndexes() {
  return useQuery({
    queryKey: INDEXES_KEY,
    queryFn: ({ signal }) => requestAll<IndexSummary>('/indexes', signal),
  });
}

export function useBase(id: string) {
  const path = apiPathOf({ kind: 'base', id });
  return useQuery({
    queryKey: [...BASES_KEY, id],
    queryFn: ({ signal }) => request<KnowledgeBase>(path, { signal }),
    refetchInterval: ({ state }) => (state.data && CHANGING.includes(state.data.status) ? LOOK_MS : false),
  });
}

export function useIndex(thing: Extract<Thing, { kind: 'index' }>) {
  const path = apiPathOf(thing);
  return useQuery({
    queryKey: [...INDEXES_KEY, thing.bucket, thing.index],
    queryFn: ({ signal }) => request<Index>(path, { signal }),
  });
}
