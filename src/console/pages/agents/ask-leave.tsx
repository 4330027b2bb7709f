import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';

/** Asks before an agent is left on which something is not saved. */
export function askLeave(leave: () => void): void {
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
