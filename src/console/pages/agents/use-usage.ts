import { useQuery } from '@tanstack/react-query';
import { requestAll } from '../../api/client.ts';
import type { PhoneNumber } from '../../api/types.ts';

/** All numbers, by which agents are used. */
export function useUsage() {
  const { data, error } = useQuery({
    queryKey: ['numbers', 'all'],
    queryFn: ({ signal }) => requestAll<PhoneNumber>('/numbers', signal),
  });
  return {
    error,
    /** Numbers that an agent answers; undefined while it is not known. */
    numbersOf: (agentId: string) => data?.filter((number) => number.agentId === agentId),
  };
}

/** How a number uses a version: `pinned`, `canary 10 %`, `latest`; undefined when it does not. */
export function useOfVersion(number: PhoneNumber, version: number, latest: number): string | undefined {
  if (number.canary?.agentVersion === version) return `canary ${number.canary.percent} %`;
  if (number.agentVersion === version) return 'pinned';
  return number.agentVersion === undefined && version === latest ? 'latest' : undefined;
}
