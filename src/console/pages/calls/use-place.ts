import { useCallback, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import type { Player } from './player.ts';

/** The address is changed when nothing has moved for so long: browsers do not take it for every step. */
const SETTLED_MS = 300;

/** What is looked at of a call, by the address: the chosen turn, the tab, and where in the call one is. */
export function usePlace(player: Player, turnCount: number) {
  const [search, setSearch] = useSearchParams();
  const turn = Number(search.get('turn') ?? Number.NaN);
  const chosenIndex = Number.isInteger(turn) && turn >= 1 && turn <= turnCount ? turn - 1 : undefined;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const set = useCallback(
    (name: string, value: string | undefined) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === undefined) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [setSearch],
  );

  const [beginsAtS] = useState(() => Number(search.get('t') ?? Number.NaN));
  useEffect(() => {
    if (beginsAtS > 0) player.seek(beginsAtS * 1000);
    return () => clearTimeout(timer.current);
  }, [player, beginsAtS]);

  return {
    chosenIndex,
    tab: search.get('tab') ?? '',
    setTab: (tab: string) => set('tab', tab),
    choose: useCallback(
      (index: number | undefined) => set('turn', index === undefined ? undefined : String(index + 1)),
      [set],
    ),
    /** Goes to a time of the call. */
    seek: useCallback(
      (ms: number) => {
        player.seek(ms);
        // Not where it has played on to by the time that the address is changed.
        const soughtMs = player.getMs();
        clearTimeout(timer.current);
        timer.current = setTimeout(() => set('t', (soughtMs / 1000).toFixed(1)), SETTLED_MS);
      },
      [player, set],
    ),
  };
}
