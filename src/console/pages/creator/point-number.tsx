import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { request, requestAll } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { PhoneNumber } from '../../api/types.ts';
import { shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgentName } from '../../parts/use-agents.ts';
import { PhoneField } from '../numbers/phone-field.tsx';
import { usePhones } from '../numbers/phones.ts';

/** Lets an agent answer a number: one that nobody has assigned, or one that another agent answers so far. */
export function PointNumber(props: { agentId: string; name: string; close: () => void }) {
  const { agentId, name, close } = props;
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);
  const queries = useQueryClient();
  const agentName = useAgentName();
  const e164 = usePhones()?.e164(typed);
  const numbers = useQuery({
    queryKey: ['numbers', 'to-point'],
    queryFn: ({ signal }) => requestAll<PhoneNumber>('/numbers', signal),
    staleTime: 0,
  });
  /** Null: nobody has assigned it. Undefined while that is not known. */
  const number = numbers.data && (numbers.data.find((each) => each.number === e164) ?? null);
  const point = async () => {
    if (e164 === undefined) return;
    setAsking(true);
    setError(undefined);
    try {
      await request(`/numbers/${encodeURIComponent(e164)}`, { method: 'PUT', ...bodyOf(number ?? null, agentId) });
      await queries.invalidateQueries({ queryKey: ['numbers'] });
      notifications.show({ message: `${shownNumber(e164)} is answered by “${name}”.` });
      close();
    } catch (reason) {
      setError(reason);
      setAsking(false);
      // Somebody has changed the number meanwhile: what it is now is shown before it is written.
      void numbers.refetch();
    }
  };
  return (
    <Modal opened onClose={close} title={`Point a number at “${name}”`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void point();
        }}
      >
        <Stack gap="sm">
          <PhoneField
            label="Number"
            value={typed}
            error={error instanceof ApiProblem ? error.fields.number : undefined}
            change={setTyped}
            isFirst
          />
          <Text size="sm" role="status">
            {e164 !== undefined && number !== undefined && consequence(e164, number, agentId, agentName)}
          </Text>
          {numbers.error && <ProblemAlert error={numbers.error} again={() => void numbers.refetch()} />}
          {error !== undefined && <ProblemAlert error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={isAsking}
              disabled={e164 === undefined || numbers.isFetching || number === undefined || number?.agentId === agentId}
            >
              Point it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function consequence(
  e164: string,
  number: PhoneNumber | null,
  agentId: string,
  agentName: ReturnType<typeof useAgentName>,
): string {
  const shown = shownNumber(e164);
  if (!number)
    return `${shown} is not assigned yet: it is from now on. Its hours and fallback can be set under Numbers.`;
  if (number.agentId === agentId) return `${shown} is answered by this agent already.`;
  return `${shown} is answered by “${agentName(number.agentId, null)}” now, and by this agent from the next call on. Its other settings stay.`;
}

/** Another agent's version and canary mean nothing for this one. */
function bodyOf(number: PhoneNumber | null, agentId: string) {
  if (!number) return { body: { agentId }, headers: { 'If-None-Match': '*' } };
  const { number: _number, version, updatedAt: _updatedAt, agentVersion: _pinned, canary: _canary, ...kept } = number;
  return { body: { ...kept, agentId }, ifMatch: version };
}
