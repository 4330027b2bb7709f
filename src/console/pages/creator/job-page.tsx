import { Anchor, Group, Loader, Title } from '@mantine/core';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { shownAgo, shownMoment, shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useNow } from '../../parts/use-now.ts';
import { JobActions } from './job-actions.tsx';
import { JobNotices } from './job-notices.tsx';
import { JobStateBadge } from './job-state.tsx';
import { planIn } from './made.ts';
import { Notice } from './notice.tsx';
import { usePlace } from './place.ts';
import { remarksOf } from './remarks.ts';
import { SidePanel } from './side-panel.tsx';
import { SideSheet } from './side-sheet.tsx';
import { StageList } from './stage-list.tsx';
import { StageView } from './stage-view.tsx';
import { shownFirst, stepsOf } from './stages.ts';
import { StepsBar } from './steps-bar.tsx';
import { type SeenJob, useJob } from './use-job.ts';

/** One job: how far it is, what each stage has made, what is held against it, and the decision. */
export function JobPage({ id }: { id: string }) {
  const { seen, error, connection, heardAtMs, again, set } = useJob(id);
  return (
    <>
      <Anchor component={Link} href="/creator" size="sm" className="creator-link">
        ← Creator
      </Anchor>
      {error !== undefined && <ProblemAlert error={error} again={again} />}
      {!seen && error === undefined && <Loader aria-label="Loading" mt="md" />}
      {connection === 'lost' && <Lost heardAtMs={heardAtMs} />}
      {seen && <OpenJob seen={seen} set={set} />}
    </>
  );
}

function Lost({ heardAtMs }: { heardAtMs: number }) {
  const nowMs = useNow(1000);
  return (
    <Notice kind="warning" role="status" my="xs">
      The connection was cut; it is being opened again. Last heard {Math.max(0, Math.round((nowMs - heardAtMs) / 1000))}{' '}
      s ago.
    </Notice>
  );
}

function OpenJob({ seen, set }: { seen: SeenJob; set: (seen: SeenJob) => void }) {
  const { job } = seen;
  const { stages } = job;
  const { place, addressOf, go } = usePlace(job.id);
  const [jumps, setJumps] = useState(0);
  const focusedJump = useRef(0);
  const nowMs = useNow(60_000);
  const remarks = useMemo(() => remarksOf(stages), [stages]);
  const shownSeq = stages.some(({ seq }) => seq === place.stage) ? place.stage : shownFirst(job);
  const stage = stages.find(({ seq }) => seq === shownSeq);
  const followed = (hasLine: boolean) => setJumps((count) => (hasLine ? count + 1 : count));
  const side = { job, place, remarks, addressOf, go, followed };
  const name = planIn(stages)?.agentName ?? job.title;
  return (
    <>
      <Group justify="space-between" align="start" gap="sm" mb="xs">
        <div className="creator-head">
          <Title order={1} className="creator-name">
            {name}
          </Title>
          <p className="creator-dim tabular creator-facts-line">
            <JobStateBadge state={job.state} /> {job.baseVersion === null ? 'new agent' : `after v${job.baseVersion}`} ·
            started <span title={shownMoment(job.createdAt)}>{shownAgo(job.createdAt, nowMs)}</span> by {job.actor.name}
            {job.number !== null && (
              <>
                {' '}
                · for <span className="number">{shownNumber(job.number)}</span>
                {job.canaryPercent !== null && `, ${job.canaryPercent} %`}
              </>
            )}
          </p>
        </div>
        <JobActions seen={seen} set={set} />
      </Group>
      <StepsBar steps={stepsOf(job)} addressOf={addressOf} />
      <JobNotices job={job} set={set} />
      <div className="creator-columns">
        {stages.length > 0 && <StageList job={job} shownSeq={shownSeq} addressOf={addressOf} />}
        <div className="creator-middle">
          {stage ? (
            <StageView
              job={job}
              stage={stage}
              place={place}
              go={go}
              remarks={remarks}
              jumps={jumps}
              focusedJump={focusedJump}
            />
          ) : (
            <p role="status">It waits for its turn. The first stage begins within seconds.</p>
          )}
        </div>
        <aside className="creator-side" aria-label="Findings and coverage">
          <SidePanel {...side} />
        </aside>
      </div>
      {stage && <SideSheet {...side} />}
    </>
  );
}
