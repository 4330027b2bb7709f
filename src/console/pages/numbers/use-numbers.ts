import { useQuery } from '@tanstack/react-query';
import { requestAll } from '../../api/client.ts';
import type { PhoneNumber } from '../../api/types.ts';
import { useAgentName } from '../../parts/use-agents.ts';
import { shownTarget } from './shown-fields.ts';

/** All numbers, and those of them that the filters leave. */
export function useNumbers({ search, agentId }: { search: string; agentId: string }) {
  const { data, error, isLoading, refetch } = useQuery({
    queryKey: ['numbers', 'all'],
    queryFn: ({ signal }) => requestAll<PhoneNumber>('/numbers', signal),
  });
  const agentName = useAgentName();
  const nameOf = (id: string) => agentName(id, null);
  const all = data ?? [];
  const words = search.trim().toLowerCase();
  const digits = /^[\d\s()+.-]+$/.test(words) ? words.replace(/\D/g, '') : '';
  const matches = (number: PhoneNumber) =>
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
