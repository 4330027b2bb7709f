import { useRole } from '../../parts/use-role.ts';

/** Why whoever is logged in can neither listen to calls, nor transfer or end them; undefined when they can. */
export function useWhyNot(): string | undefined {
  const role = useRole();
  return role === 'admin' || role === 'operator'
    ? undefined
    : 'Operators and administrators listen in, transfer and hang up.';
}
