import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';

/** Asks before a page is left on which a call goes on. */
export function askLeave(leave: () => void): void {
  modals.openConfirmModal({
    title: 'Hang up and leave?',
    children: <Text size="sm">The call goes on as long as this page is open. What was said stays on record.</Text>,
    labels: { confirm: 'Hang up and leave', cancel: 'Stay' },
    confirmProps: { color: 'red' },
    cancelProps: { 'data-autofocus': true },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: leave,
  });
}
