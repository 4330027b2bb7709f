import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { dropDrafts } from './kept-drafts.ts';

interface Doomed {
  readonly agentId: string;
  readonly name: string;
  readonly version: number;
  readonly navigate: (path: string, options: { replace: boolean }) => void;
}

/** Asks before an agent is deleted; one that numbers are answered by stays, and they are named. */
export function askDelete(agent: Doomed): void {
  modals.open({
    title: `Delete “${agent.name}”?`,
    children: <DeleteForm {...agent} />,
    closeButtonProps: { 'aria-label': 'Close' },
  });
}

function DeleteForm({ agentId, name, version, navigate }: Doomed) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);
  const inUse = error instanceof ApiProblem && error.status === 409 ? (error.problem?.numbers ?? []) : [];
  const remove = async () => {
    setAsking(true);
    setError(undefined);
    try {
      await request(`/agents/${encodeURIComponent(agentId)}`, { method: 'DELETE', ifMatch: version });
      dropDrafts(agentId);
      modals.closeAll();
      notifications.show({ message: `${name} is deleted.` });
      await queries.invalidateQueries({ queryKey: ['agents'] });
      navigate('/agents', { replace: true });
    } catch (reason) {
      setError(reason);
    } finally {
      setAsking(false);
    }
  };
  return (
    <Stack gap="sm">
      <Text size="sm">
        All its versions go with it, which cannot be undone. Calls that it has answered stay on record. An agent that
        answers a number cannot be deleted.
      </Text>
      {inUse.length > 0 && (
        <Alert color="red" variant="light" role="alert" title="It is not deleted: numbers are answered by it">
          <List size="sm">
            {inUse.map((number) => (
              <List.Item key={number} className="number">
                {shownNumber(number)}
              </List.Item>
            ))}
          </List>
          <Text size="sm" mt="xs">
            Give them another agent under Numbers first.
          </Text>
        </Alert>
      )}
      {error !== undefined && inUse.length === 0 && <ProblemAlert error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={() => modals.closeAll()} data-autofocus>
          Cancel
        </Button>
        <Button color="red" loading={isAsking} onClick={remove}>
          Delete agent
        </Button>
      </Group>
    </Stack>
  );
}
