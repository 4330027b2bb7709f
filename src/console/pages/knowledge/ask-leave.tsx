import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';

/** Asks before documents are left behind that have not been sent yet. */
export function askLeave(leave: () => void): void {
  modals.openConfirmModal({
    title: 'Leave while documents are being sent?',
    children: (
      <Text size="sm">
        Those that have not arrived are not put in: you would have to drop them again. Those in the list are worked on
        without this page.
      </Text>
    ),
    labels: { confirm: 'Leave', cancel: 'Stay' },
    cancelProps: { 'data-autofocus': true },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: leave,
  });
}
