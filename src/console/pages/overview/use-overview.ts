import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useSearchParams } from 'wouter';
import { request } from '../../api/client.ts';
import type { Overview } from '../../api/types.ts';
import { queryOf } from '../../parts/use-filters.ts';
import { DEFAULT_LAST, LAST, type LastName, lastRange } from './range.ts';

const FILTERS = ['agentId', 'version', 'number', 'tests'] as const;
export type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;

/** What is looked at, as the address says it. */
export function useAsked() {
  const [search, setSearch] = useSearchParams();
  const read = (name: string) => search.get(name) ?? '';
  const filters = Object.fromEntries(FILTERS.map((name) => [name, read(name)])) as Filters;
  const [from, to] = [read('from'), read('to')];
  const named = read('range');
  const last: LastName | undefined =
    from !== '' || to !== '' ? undefined : Object.hasOwn(LAST, named) ? (named as LastName) : DEFAULT_LAST;

  /** Empty takes a part out of the address. With `isStep` the way back leads to what was seen before. */
  const change = (parts: Readonly<Record<string, string>>, isStep = false) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(parts)) {
          if (value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: !isStep },
    );
  const tables = new Set(read('tables').split(',').filter(Boolean));

  return {
    filters,
    hasFilters: FILTERS.some((name) => filters[name] !== ''),
    from,
    to,
    last,
    tables,
    change,
    clearFilters: () => change(Object.fromEntries(FILTERS.map((name) => [name, '']))),
    showLast: (name: LastName) => change({ from: '', to: '', range: name === DEFAULT_LAST ? '' : name }, true),
    showRange: (range: { from: string; to: string }) => change({ range: '', from: range.from, to: range.to }, true),
    showTable(id: string, isTable: boolean) {
      const next = new Set(tables);
      if (isTable) next.add(id);
      else next.delete(id);
      change({ tables: [...next].join(',') });
    },
  };
}

export type Asked = ReturnType<typeof useAsked>;

/** The figures, counted anew when the page is looked at again. */
export function useOverview({ filters, from, to, last }: Pick<Asked, 'filters' | 'from' | 'to' | 'last'>) {
  const query = useQuery({
    queryKey: ['overview', last, from, to, filters],
    queryFn({ signal }) {
      const range = last === undefined ? { from, to } : lastRange(last, Date.now());
      return request<Overview>(`/overview${queryOf({ ...range, ...filters })}`, { signal });
    },
    placeholderData: keepPreviousData,
  });
  const { refetch } = query;
  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === 'visible') void refetch();
    };
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, [refetch]);
  return query;
}

/** Where the calls behind figures are listed. Left out, test calls are not counted; the list would show them. */
export function callsHref(filters: Filters, { from, to }: { from: string; to: string }): string {
  return `/calls${queryOf({ from, to, ...filters, tests: filters.tests || 'excluded' })}`;
}
