import { IconAlertTriangle, IconCheck, IconCircleX, IconLoader } from '@tabler/icons-react';
import { Link } from 'wouter';
import type { CreatorJob, CreatorStage } from '../../api/types.ts';
import { shownDuration, shownMs } from '../../parts/format.ts';
import { useNow } from '../../parts/use-now.ts';
import type { Place } from './place.ts';
import { issuesOf } from './remarks.ts';
import { stageName } from './stages.ts';

/** Every stage as it was run, round by round, with what it took. */
export function StageList(props: {
  job: CreatorJob;
  shownSeq: number | undefined;
  addressOf: (place: Place) => string;
}) {
  const { job, shownSeq, addressOf } = props;
  const { stages, usage } = job;
  const spentMs = stages.reduce((sum, stage) => sum + (tookMs(stage) ?? 0), 0);
  return (
    <nav className="creator-stages" aria-label="Stages">
      <ol>
        {stages.map((stage) => (
          <li key={stage.seq}>
            <Link
              href={addressOf({ stage: stage.seq })}
              className="creator-stage"
              data-state={looksOf(stage)}
              {...(stage.seq === shownSeq && { 'aria-current': 'true' as const })}
            >
              <StageIcon stage={stage} />
              <span>
                {stageName(stage.stage)}
                {stage.round > 1 && `, round ${stage.round}`}
                <span className="creator-stage-more tabular">
                  <StageTime stage={stage} />
                  {shownTokens(stage.usage) !== undefined && <> · {shownTokens(stage.usage)}</>}
                  {objections(stage) > 0 && <> · {counted(objections(stage), 'finding')}</>}
                  {stage.state === 'failed' && <> · failed</>}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ol>
      <p className="creator-stage-more creator-sum tabular">
        All: {shownMs(spentMs)} · {shownTokens(usage) ?? 'no tokens'}
      </p>
    </nav>
  );
}

/** How long a stage took, or takes so far. */
export function StageTime({ stage }: { stage: Pick<CreatorStage, 'startedAt' | 'endedAt'> }) {
  const ms = tookMs(stage);
  return ms === undefined ? <RunningTime startedAt={stage.startedAt} /> : shownMs(ms);
}

function RunningTime({ startedAt }: { startedAt: string }) {
  const nowMs = useNow(1000);
  return `${shownDuration(nowMs - Date.parse(startedAt))} so far`;
}

function tookMs({ startedAt, endedAt }: Pick<CreatorStage, 'startedAt' | 'endedAt'>): number | undefined {
  return endedAt === null ? undefined : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
}

/** `4,733 + 1,810 tokens`: read and written; undefined where no model was asked. */
export function shownTokens({ inputTokens, outputTokens }: CreatorStage['usage']): string | undefined {
  if (inputTokens === 0 && outputTokens === 0) return undefined;
  return `${inputTokens.toLocaleString()} + ${outputTokens.toLocaleString()} tokens`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function objections(stage: CreatorStage): number {
  return stage.findings.length + issuesOf(stage).length;
}

function looksOf(stage: CreatorStage): 'running' | 'failed' | 'objected' | 'done' {
  if (stage.state !== 'done') return stage.state;
  return objections(stage) > 0 ? 'objected' : 'done';
}

function StageIcon({ stage }: { stage: CreatorStage }) {
  switch (looksOf(stage)) {
    case 'running':
      return <IconLoader size={16} aria-label="at work" />;
    case 'failed':
      return <IconCircleX size={16} aria-label="failed" />;
    case 'objected':
      return <IconAlertTriangle size={16} aria-label="with findings" />;
    case 'done':
      return <IconCheck size={16} aria-label="done" />;
  }
}
