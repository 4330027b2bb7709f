import { Button, Loader } from '@mantine/core';
import { Link } from 'wouter';
import { ApiProblem } from '../../api/problem.ts';
import { Empty } from '../../parts/empty.tsx';
import { AwsProblem } from './aws-problem.tsx';

/** In place of what is not there: not yet, not any more, or not to be had. */
export function Missing({ what, error, again }: { what: string; error: unknown; again: () => void }) {
  if (!error) return <Loader size="sm" aria-label={`Loading ${what}`} />;
  if (!(error instanceof ApiProblem) || error.status !== 404)
    return <AwsProblem what={what} error={error} again={again} />;
  return (
    <Empty
      title="It is not there"
      action={
        <Button component={Link} href="/knowledge" variant="default">
          All knowledge
        </Button>
      }
    >
      It may have been deleted. Agents that ask it find nothing.
    </Empty>
  );
}
