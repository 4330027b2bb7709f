import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { request } from '../../api/client.ts';
import { shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { PhoneField } from '../numbers/phone-field.tsx';
import { loadPhones } from '../numbers/phones.ts';

interface Target {
  readonly callSid: string;
  readonly from: string;
}

/** Asks before the line of somebody goes dead. */
export function askHangUp({ callSid, from }: Target): void {
  modals.openConfirmModal({
    title: `Hang up on ${shownNumber(from)}?`,
    children: <Text size="sm">The caller hears the line go dead, in the middle of whatever is being said.</Text>,
    labels: { confirm: 'Hang up', cancel: 'Cancel' },
    confirmProps: { color: 'red' },
    cancelProps: { 'data-autofocus': true },
    onConfirm: () =>
      request(`/calls/${encodeURIComponent(callSid)}/hangup`, { method: 'POST' }).then(
        () => notifications.show({ message: `The call of ${shownNumber(from)} has been ended.` }),
        (error: unknown) => told(error),
      ),
  });
}

/** Asks whom the caller is to be put through to. */
export function askTransfer(call: Target): void {
  modals.open({
    title: `Transfer ${shownNumber(call.from)}`,
    children: <TransferForm {...call} />,
  });
}

function TransferForm({ callSid }: Target) {
  const [to, setTo] = useState('');
  const [whisper, setWhisper] = useState('');
  const [unread, setUnread] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setAsking(true);
    setError(undefined);
    try {
      const { e164 } = await loadPhones();
      const target = e164(to);
      if (target === undefined) {
        setUnread('Write a whole telephone number.');
        return;
      }
      await request(`/calls/${encodeURIComponent(callSid)}/transfer`, {
        method: 'POST',
        body: { to: target, ...(whisper.trim() !== '' && { whisper }) },
      });
      notifications.show({
        message: `${shownNumber(target)} is being dialled. The caller comes back when nobody answers.`,
      });
      modals.closeAll();
    } catch (reason) {
      setError(reason);
    } finally {
      setAsking(false);
    }
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="sm">
        <PhoneField
          label="To"
          value={to}
          error={unread}
          change={(text) => {
            setTo(text);
            setUnread(undefined);
          }}
          isFirst
        />
        <TextInput
          label="What the person hears first"
          description="Left empty: a sentence made of what was said."
          value={whisper}
          onChange={(event) => setWhisper(event.currentTarget.value)}
        />
        {error !== undefined && <ProblemAlert error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => modals.closeAll()}>
            Cancel
          </Button>
          <Button type="submit" loading={isAsking}>
            Transfer
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function told(error: unknown): void {
  notifications.show({
    color: 'red',
    message: error instanceof Error ? error.message : String(error),
    autoClose: false,
  });
}
