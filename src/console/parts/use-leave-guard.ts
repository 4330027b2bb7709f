import { useEffect, useRef } from 'react';

/**
 * Keeps a page open while `isHeld`: whatever leads away from it in the console (a link, a key, the way back) calls `ask` with
 * what leaves it after all; the browser asks in its own words when the tab is closed.
 */
export function useLeaveGuard(isHeld: boolean, ask: (leave: () => void) => void): void {
  const here = useRef('');
  const asking = useRef(ask);
  useEffect(() => {
    here.current = location.pathname + location.search;
    asking.current = ask;
  });
  useEffect(() => {
    if (!isHeld) return;
    const { pathname } = location;
    const { pushState } = history;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    history.pushState = (...place) => {
      const isHere = new URL(place[2] ?? '', location.href).pathname === pathname;
      if (isHere) pushState.apply(history, place);
      else asking.current(() => pushState.apply(history, place));
    };
    // The address has changed already: it is put right before anything on the page hears of it.
    const popped = (event: PopStateEvent) => {
      if (location.pathname === pathname) return;
      event.stopImmediatePropagation();
      const target = location.href;
      pushState.call(history, null, '', here.current);
      asking.current(() => pushState.call(history, null, '', target));
    };
    addEventListener('beforeunload', warn);
    addEventListener('popstate', popped, true);
    return () => {
      removeEventListener('beforeunload', warn);
      removeEventListener('popstate', popped, true);
      history.pushState = pushState;
    };
  }, [isHeld]);
}
