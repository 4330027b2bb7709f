import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { request } from '../api/client.ts';
import type { Page } from '../api/types.ts';

/** A paged list of the API, read on when it is asked for. `path` holds the filters. */
export function usePages<Item>(path: string) {
  const query = useInfiniteQuery({
    queryKey: ['pages', path],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
      return request<Page<Item>>(`${path}${path.includes('?') ? '&' : '?'}limit=50${cursor}`, { signal });
    },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  return {
    items: query.data?.pages.flatMap(({ items }) => items) ?? [],
    error: query.error,
    isLoading: query.isLoading,
    hasMore: query.hasNextPage,
    isReadingOn: query.isFetchingNextPage,
    readOn: () => void query.fetchNextPage(),
    again: () => void query.refetch(),
  };
}
