import { useSearchParams } from 'wouter';

/** Filters that stand in the address: a link to a page is a link to what is seen on it. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [search, setSearch] = useSearchParams();
  const filters = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<Name, string>;
  return {
    filters,
    hasFilters: names.some((name) => filters[name] !== ''),
    setFilter(name: Name, value: string | null) {
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === null || value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      );
    },
    clear: () => setSearch({}, { replace: true }),
  };
}

/** As the API takes it: `?state=live&number=…`, without what is empty. */
export function queryOf(filters: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ''));
  return search.size === 0 ? '' : `?${search}`;
}
