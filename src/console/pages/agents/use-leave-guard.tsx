import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useEffect, useRef } from 'react';

/**
 * Asks before a page is left on which something is not saved: in the console by a dialog, whatever leads away (a link, a
 * key, the way back), and by the browser's own words when the tab is closed.
 */
export function useLeaveGuard(isDirty: boolean): void {
  const here = useRef('');
  useEffect(() => {
    here.current = location.pathname + location.search;
  });
  useEffect(() => {
    if (!isDirty) return;
    const { pathname } = location;
    const { pushState } = history;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    history.pushState = (...place) => {
      const isHere = new URL(place[2] ?? '', location.href).pathname === pathname;
      if (isHere) pushState.apply(history, place);
      else askLeave(() => pushState.apply(history, place));
    };
    // The address has changed already: it is put right before anything on the page hears of it.
    const popped = (event: PopStateEvent) => {
      if (location.pathname === pathname) return;
      event.stopImmediatePropagation();
      const target = location.href;
      pushState.call(history, null, '', here.current);
      askLeave(() => pushState.call(history, null, '', target));
    };
    addEventListener('beforeunload', warn);
    addEventListener('popstate', popped, true);
    return () => {
      removeEventListener('beforeunload', warn);
      removeEventListener('popstate', popped, true);
      history.pushState = pushState;
    };
  }, [isDirty]);
}

function askLeave(leave: () => void): void {
  modals.openConfirmModal({
    title: 'Leave with unsaved changes?',
    children: (
      <Text size="sm">
        They are not saved as a version. This browser keeps them as a draft, which comes back when you open the agent
        again; secrets that you typed are not kept.
      </Text>
    ),
    labels: { confirm: 'Leave', cancel: 'Stay' },
    cancelProps: { 'data-autofocus': true },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: leave,
  });
}
