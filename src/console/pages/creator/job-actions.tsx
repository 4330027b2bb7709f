import { Button, Group } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { wordsOf } from '../../api/problem.ts';
import type { CreatorJob } from '../../api/types.ts';
import { useRole } from '../../parts/use-role.ts';
import { ApproveDialog } from './approve-dialog.tsx';
import type { JobState } from './stages.ts';
import { type SeenJob, tagOf } from './use-job.ts';

/** Approve and cancel; where approving is not possible, why it is not. */
export function JobActions({ seen, set }: { seen: SeenJob; set: (seen: SeenJob) => void }) {
  const { job } = seen;
  const role = useRole();
  const [isApproving, setApproving] = useState(false);
  if (job.state === 'published') return null;
  const whyNot = whyNotApproved(job.state, role);
  const isCancellable = ['queued', 'running', 'awaiting_approval'].includes(job.state);
  const askCancel = () =>
    modals.openConfirmModal({
      title: `Cancel “${job.title}”?`,
      children: 'What its stages have made so far stays to be looked at, and can never be published.',
      labels: { confirm: 'Cancel the job', cancel: 'Let it go on' },
      confirmProps: { color: 'red' },
      cancelProps: { 'data-autofocus': true },
      closeButtonProps: { 'aria-label': 'Close' },
      onConfirm: () =>
        ask<CreatorJob>(`/creator/jobs/${encodeURIComponent(job.id)}/cancel`, { method: 'POST' }).then(
          ({ answer, etag }) => set({ job: answer, etag: tagOf(etag) }),
          (reason: unknown) => notifications.show({ color: 'red', message: wordsOf(reason), autoClose: false }),
        ),
    });
  return (
    <Group gap="sm" className="creator-actions">
      {whyNot !== undefined && (
        <span id="creator-why-not" className="creator-dim">
          {whyNot}
        </span>
      )}
      {role === 'admin' && isCancellable && (
        <Button variant="outline" color="red" onClick={askCancel}>
          Cancel job…
        </Button>
      )}
      <Button
        disabled={whyNot !== undefined}
        {...(whyNot !== undefined && { 'aria-describedby': 'creator-why-not' })}
        onClick={() => setApproving(true)}
      >
        Approve and publish…
      </Button>
      {isApproving && (
        <ApproveDialog
          seen={seen}
          close={() => setApproving(false)}
          approved={(next) => {
            setApproving(false);
            set(next);
          }}
        />
      )}
    </Group>
  );
}

/** In words; undefined where it can be approved. */
function whyNotApproved(state: JobState, role: string | undefined): string | undefined {
  switch (state) {
    case 'queued':
      return 'It has not begun yet.';
    case 'running':
      return 'The stages are at work: it can be approved when all have passed.';
    case 'publishing':
      return 'It is approved and being published.';
    case 'awaiting_approval':
      return role === 'admin' ? undefined : `Only administrators approve; your role is ${role}.`;
    default:
      return 'There is nothing that can be approved.';
  }
}
