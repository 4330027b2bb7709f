import { Alert, Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { CreatorJob } from '../../api/types.ts';
import { shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgents } from '../../parts/use-agents.ts';
import { planIn } from './made.ts';
import { type SeenJob, tagOf } from './use-job.ts';

/** Asks before an agent is published: names it, its version, its number, and what comes of it. */
export function ApproveDialog(props: { seen: SeenJob; close: () => void; approved: (seen: SeenJob) => void }) {
  const { close, approved } = props;
  // What is approved is what was there when the dialog opened, not what has come since.
  const [{ job, etag }] = useState(props.seen);
  const { data: agents = [] } = useAgents();
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);
  const known = agents.find(({ id }) => id === job.agentId);
  const name = known?.name ?? planIn(job.stages)?.agentName ?? job.title;
  const version = (job.baseVersion ?? 0) + 1;
  const isStale = error instanceof ApiProblem && (error.status === 412 || error.status === 409);
  const approve = async () => {
    setAsking(true);
    setError(undefined);
    try {
      const path = `/creator/jobs/${encodeURIComponent(job.id)}/approve`;
      const { answer, etag: next } = await ask<CreatorJob>(path, { method: 'POST', ifMatch: etag });
      approved({ job: answer, etag: tagOf(next) });
    } catch (reason) {
      setError(reason);
      setAsking(false);
    }
  };
  return (
    <Modal
      opened
      onClose={close}
      title={`Publish “${name}” v${version}?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
    >
      <Stack gap="sm">
        <List size="sm" spacing={4}>
          <List.Item>
            {job.baseVersion === null
              ? `A new agent, “${name}”, comes into being at version 1, and its program is deployed.`
              : `“${name}” gets version ${version} after v${job.baseVersion}, and its program is deployed.`}
          </List.Item>
          <List.Item>{numberWords(job, version, name)}</List.Item>
          {job.baseVersion !== null && job.canaryPercent === null && (
            <List.Item>Numbers that follow the latest version of “{name}” are answered by it as well.</List.Item>
          )}
          <List.Item>It can be taken back: roll the agent back, or point the number elsewhere.</List.Item>
        </List>
        {error !== undefined && <ProblemAlert error={error} />}
        {isStale && (
          <Alert variant="light">
            Somebody was faster. Close this, look at the job as it is now, and decide again.
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button loading={isAsking} disabled={isStale} onClick={() => void approve()}>
            Approve and publish
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          Your approval is entered in the audit trail.
        </Text>
      </Stack>
    </Modal>
  );
}

function numberWords({ number, canaryPercent, baseVersion }: CreatorJob, version: number, name: string): string {
  if (number === null) return 'No number is pointed to it: nobody reaches it before you point one.';
  const shown = shownNumber(number);
  if (canaryPercent === null) return `Whoever calls ${shown} from then on is answered by “${name}” v${version}.`;
  return `Of those who call ${shown}, ${canaryPercent} % are answered by v${version}, the others by v${baseVersion} as now.`;
}
