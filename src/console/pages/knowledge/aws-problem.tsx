import { Alert, Button, Text } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { ApiProblem } from '../../api/problem.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';

const TITLES: Readonly<Record<string, string>> = {
  AWS_REFUSED: 'AWS does not let the bridge do this',
  AWS_UNREACHABLE: 'AWS gives no answer to the bridge',
};

/** What went wrong; where it lies with the account at AWS, what to do about it. `what` is what is not there now. */
export function AwsProblem({ what, error, again }: { what: string; error: unknown; again?: () => void }) {
  const title = error instanceof ApiProblem ? TITLES[error.code] : undefined;
  if (!(error instanceof ApiProblem) || title === undefined) return <ProblemAlert error={error} again={again} />;
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconPlugConnectedX size={18} />} title={title}>
      <Text size="sm">
        {what}:{' '}
        {error.code === 'AWS_REFUSED'
          ? 'its credentials are missing, have ended, or lack a right.'
          : 'the region may not have the service, or the way to it is closed.'}{' '}
        <span className="mono">npm run doctor</span> on the bridge’s machine says which of it, and what to do.
      </Text>
      <Text size="sm" mt={4} className="knowledge-words">
        In its words: {error.message}
      </Text>
      {again && (
        <Button size="xs" variant="default" mt="xs" onClick={again}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
