import { useQuery, useQueryClient } from '@tanstack/react-query';
import { requestAll } from '../../api/client.ts';
import type { ListedNumber } from '../../api/types.ts';
import { useAgentName } from '../../parts/use-agents.ts';
import { shownTarget } from './shown-fields.ts';

export const NUMBERS_KEY = ['numbers', 'with-activity'];

/** All numbers, and those of them that the filters leave. */
export function useNumbers({ search, agentId }: { search: string; agentId: string }) {
  const queries = useQueryClient();
  const { data, error, isLoading, refetch } = useQuery({
    queryKey: NUMBERS_KEY,
    queryFn: async ({ signal }) => {
      const numbers = await requestAll<ListedNumber>('/numbers?activity=included', signal);
      return withLatestChecks(numbers, queries.getQueryData<readonly ListedNumber[]>(NUMBERS_KEY));
    },
  });
  const agentName = useAgentName();
  const nameOf = (id: string) => agentName(id, null);
  const all = data ?? [];
  const words = search.trim().toLowerCase();
  const digits = /^[\d\s()+.-]+$/.test(words) ? words.replace(/\D/g, '') : '';
  const matches = (number: ListedNumber) =>
    (digits !== '' && number.number.includes(digits)) ||
    [number.number, nameOf(number.agentId), number.notice ?? '', shownTarget(number.fallback)]
      .join('\n')
      .toLowerCase()
      .includes(words);
  return {
    all,
    shown: all.filter((number) => (agentId === '' || number.agentId === agentId) && matches(number)),
    error,
    isLoading,
    again: () => void refetch(),
    nameOf,
  };
}

/** Each instance of the bridge knows what it has found itself: what another one found later is not forgotten for it. */
function withLatestChecks(numbers: readonly ListedNumber[], before: readonly ListedNumber[] = []): ListedNumber[] {
  const known = new Map(before.map(({ number, carrier }) => [number, carrier]));
  return numbers.map((number) => {
    const carrier = known.get(number.number);
    return carrier && carrier.checkedAt > (number.carrier?.checkedAt ?? '') ? { ...number, carrier } : number;
  });
}
