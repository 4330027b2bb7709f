import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import type { PhoneNumber } from '../../api/types.ts';
import { shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';

/** Asks before nobody answers a number any more. */
export function UnassignDialog(props: { number: PhoneNumber; cancel: () => void; unassigned: () => void }) {
  const { number, cancel, unassigned } = props;
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);
  const unassign = async () => {
    setAsking(true);
    setError(undefined);
    try {
      await request(`/numbers/${encodeURIComponent(number.number)}`, { method: 'DELETE', ifMatch: number.version });
      unassigned();
    } catch (reason) {
      setError(reason);
      setAsking(false);
    }
  };
  return (
    <Modal
      opened
      onClose={cancel}
      title={`Unassign ${shownNumber(number.number)}?`}
      closeButtonProps={{ 'aria-label': 'Cancel' }}
    >
      <Stack gap="sm">
        <Text size="sm">
          Who calls it from now on hears that the number is not in service. What is set here is gone; calls on record
          stay, and the number stays yours at Twilio.
        </Text>
        {error !== undefined && <ProblemAlert error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={cancel} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={isAsking} onClick={() => void unassign()}>
            Unassign
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
