import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useEffect } from 'react';

/**
 * Asks before a page is left on which a call goes on: in the console by a dialog, whatever leads away (a link, a key, the
 * list of pages), and by the browser's own words when the tab is closed.
 */
export function useLeaveWarning(isCalling: boolean, hangUp: () => void): void {
  useEffect(() => {
    if (!isCalling) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    const { pushState } = history;
    history.pushState = (...place) => {
      modals.openConfirmModal({
        title: 'Hang up and leave?',
        children: <Text size="sm">The call goes on as long as this page is open. What was said stays on record.</Text>,
        labels: { confirm: 'Hang up and leave', cancel: 'Stay' },
        confirmProps: { color: 'red' },
        cancelProps: { 'data-autofocus': true },
        closeButtonProps: { 'aria-label': 'Close' },
        onConfirm() {
          hangUp();
          pushState.apply(history, place);
        },
      });
    };
    return () => {
      removeEventListener('beforeunload', warn);
      history.pushState = pushState;
    };
  }, [isCalling, hangUp]);
}
