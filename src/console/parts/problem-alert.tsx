import { Alert, Button, List } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiProblem, wordsOf } from '../api/problem.ts';

/** What went wrong, every bad field, and the way to try again. */
export function ProblemAlert({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  const fields = error instanceof ApiProblem ? Object.entries(error.fields) : [];
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />} title={wordsOf(error)}>
      {fields.length > 0 && (
        <List size="sm">
          {fields.map(([field, message]) => (
            <List.Item key={field}>
              <span className="mono">{field}</span>: {message}
            </List.Item>
          ))}
        </List>
      )}
      {again && (
        <Button size="xs" variant="default" mt="xs" onClick={again}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
