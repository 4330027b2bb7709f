import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import type { Agent } from '../../api/types.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Comparison } from './comparison.tsx';
import { draftOf } from './draft.ts';

/** Makes an earlier version the latest again, after showing what that changes. */
export function RollBackDialog(props: {
  agentId: string;
  latest: Agent;
  target: Agent | undefined;
  /** How many numbers answer with the latest version, whichever that is. */
  followers: number;
  isDirty: boolean;
  close: () => void;
  rolledBack: (agent: Agent) => void;
}) {
  const { agentId, latest, target, followers, isDirty, rolledBack } = props;
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);
  const close = () => {
    setError(undefined);
    props.close();
  };
  if (!target) return null;
  const next = latest.version + 1;
  const rollBack = async () => {
    setAsking(true);
    setError(undefined);
    try {
      const path = `/agents/${encodeURIComponent(agentId)}/rollback`;
      const agent = await request<Agent>(path, {
        method: 'POST',
        body: { version: target.version },
        ifMatch: latest.version,
      });
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['agents'] }),
        queries.invalidateQueries({ queryKey: ['pages'] }),
      ]);
      notifications.show({ message: `v${target.version} is the latest again, as v${agent.version}.` });
      rolledBack(agent);
      close();
    } catch (reason) {
      setError(reason);
    } finally {
      setAsking(false);
    }
  };
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      title={`Roll ${latest.name} back to v${target.version}?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text size="sm">
          {`v${target.version} is saved again as v${next}. ${shownFollowers(followers)} Calls that go on now are not changed.`}
        </Text>
        {isDirty && (
          <Alert color="yellow" variant="light">
            You have unsaved changes: save or discard them first.
          </Alert>
        )}
        <Comparison
          before={draftOf(latest)}
          after={draftOf(target)}
          names={[`v${latest.version}, now`, `v${next}, then`]}
        />
        {error !== undefined && <ProblemAlert error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={isAsking} disabled={isDirty} onClick={rollBack}>
            {`Roll back to v${target.version}`}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function shownFollowers(count: number): string {
  if (count === 0) return 'No number follows the latest version.';
  const words = count === 1 ? 'One number follows' : `${count} numbers follow`;
  return `${words} the latest version: from the next call on this one answers there.`;
}
