import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import { AwsProblem } from './aws-problem.tsx';

interface Doomed {
  /** `the index manuals`. */
  readonly what: string;
  readonly consequences: readonly string[];
  readonly path: string;
  readonly deleted: () => void;
}

/** Asks before something is deleted, and says what goes with it. */
export function askDelete(doomed: Doomed): void {
  modals.open({
    title: `Delete ${doomed.what}?`,
    children: <DeleteForm {...doomed} />,
    closeButtonProps: { 'aria-label': 'Close' },
  });
}

function DeleteForm({ what, consequences, path, deleted }: Doomed) {
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);
  const remove = async () => {
    setAsking(true);
    setError(undefined);
    try {
      await request(path, { method: 'DELETE' });
      modals.closeAll();
      deleted();
    } catch (reason) {
      setError(reason);
      setAsking(false);
    }
  };
  return (
    <Stack gap="sm">
      {consequences.map((consequence) => (
        <Text key={consequence} size="sm" className="knowledge-words">
          {consequence}
        </Text>
      ))}
      {error !== undefined && <AwsProblem what={`Deleting ${what}`} error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={() => modals.closeAll()} data-autofocus>
          Cancel
        </Button>
        <Button color="red" loading={isAsking} onClick={() => void remove()}>
          Delete
        </Button>
      </Group>
    </Stack>
  );
}
