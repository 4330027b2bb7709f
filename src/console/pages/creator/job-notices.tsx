import { Alert, Anchor, Button, Group } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ask } from '../../api/client.ts';
import { wordsOf } from '../../api/problem.ts';
import type { CreatorJob } from '../../api/types.ts';
import { shownNumber } from '../../parts/format.ts';
import { useAgentName } from '../../parts/use-agents.ts';
import { useRole } from '../../parts/use-role.ts';
import { formOf } from './job-form.ts';
import { findKept, keepForm, newRequestKey } from './kept-form.ts';
import { Notice } from './notice.tsx';
import { PointNumber } from './point-number.tsx';
import { stageName } from './stages.ts';
import { type SeenJob, tagOf } from './use-job.ts';

/** How a job has ended, and what can be done now. */
export function JobNotices({ job, set }: { job: CreatorJob; set: (seen: SeenJob) => void }) {
  const mayStart = useRole() === 'admin';
  const again = mayStart && <BeginAgain job={job} />;
  switch (job.state) {
    case 'published':
      return <Published job={job} />;
    case 'needs_attention':
      return (
        <Notice kind="warning" icon={<IconAlertTriangle size={18} />} title="No agent came of it: somebody has to look">
          <p className="creator-reason">{job.reason}</p>
          {again}
        </Notice>
      );
    case 'failed':
      return (
        <Notice kind="danger" icon={<IconCircleX size={18} />} title="The job has failed">
          <p className="creator-reason">{job.reason}</p>
          {mayStart && (
            <Group gap="xs">
              <GoOn job={job} set={set} />
              {again}
            </Group>
          )}
        </Notice>
      );
    case 'cancelled':
      return (
        <Alert variant="light" title="The job was cancelled">
          <p className="creator-reason">{job.reason ?? 'Nothing of it was published.'}</p>
          {again}
        </Alert>
      );
    default:
      return job.reason === null ? null : (
        <Notice kind="warning" icon={<IconAlertTriangle size={18} />} title="It was not published">
          <p className="creator-reason">{job.reason}</p>
        </Notice>
      );
  }
}

function Published({ job }: { job: CreatorJob }) {
  const [isPointing, setPointing] = useState(false);
  const agentName = useAgentName();
  const isAdmin = useRole() === 'admin';
  const { agentId, published, canaryPercent } = job;
  if (!published) return null;
  const name = agentName(agentId, null);
  return (
    <Notice
      kind="agent"
      icon={<IconCircleCheck size={18} />}
      title={`Published: ${agentName(agentId, published.agentVersion)}`}
    >
      <p className="creator-reason">
        {published.number === null ? (
          'No number is pointed to it yet.'
        ) : (
          <>
            <Anchor component={Link} href={`/numbers/${published.number}`} className="creator-link" underline="always">
              {shownNumber(published.number)}
            </Anchor>{' '}
            {canaryPercent === null ? 'is answered by it.' : `is answered by it for ${canaryPercent} % of the callers.`}
          </>
        )}
        {job.approvedBy && ` Approved by ${job.approvedBy.name}.`}
      </p>
      <Group gap="xs">
        <Button component={Link} href={`/agents/${agentId}`} size="xs" variant="default">
          Open the agent
        </Button>
        <Button component={Link} href={`/test?agent=${encodeURIComponent(agentId)}`} size="xs" variant="default">
          Test call
        </Button>
        {isAdmin && (
          <Button size="xs" variant="default" onClick={() => setPointing(true)}>
            Point a number…
          </Button>
        )}
      </Group>
      {isPointing && <PointNumber agentId={agentId} name={name} close={() => setPointing(false)} />}
    </Notice>
  );
}

/** From where it failed; what is finished stays as it is. */
function GoOn({ job, set }: { job: CreatorJob; set: (seen: SeenJob) => void }) {
  const [isAsking, setAsking] = useState(false);
  const last = job.stages.at(-1);
  const goOn = async () => {
    setAsking(true);
    try {
      const path = `/creator/jobs/${encodeURIComponent(job.id)}/retry`;
      const { answer, etag } = await ask<CreatorJob>(path, { method: 'POST' });
      set({ job: answer, etag: tagOf(etag) });
    } catch (reason) {
      notifications.show({ color: 'red', message: wordsOf(reason), autoClose: false });
      setAsking(false);
    }
  };
  return (
    <Button size="xs" loading={isAsking} onClick={() => void goOn()}>
      {last ? `Try again from “${stageName(last.stage)}”` : 'Try again'}
    </Button>
  );
}

/** The same form with the same words, to be changed and sent again. */
function BeginAgain({ job }: { job: CreatorJob }) {
  const [, navigate] = useLocation();
  const begin = () => {
    keepForm(formOf(job.input), newRequestKey());
    navigate('/creator/new');
  };
  const askFirst = () => {
    if (!findKept()) return begin();
    modals.openConfirmModal({
      title: 'Replace the draft that is kept?',
      children: 'There is a draft of another new agent in this browser. It is replaced by the procedure of this job.',
      labels: { confirm: 'Replace it', cancel: 'Cancel' },
      cancelProps: { 'data-autofocus': true },
      closeButtonProps: { 'aria-label': 'Close' },
      onConfirm: begin,
    });
  };
  return (
    <Button size="xs" variant="default" onClick={askFirst}>
      Change it and begin again…
    </Button>
  );
}
