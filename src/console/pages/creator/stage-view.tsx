import { SegmentedControl, Title } from '@mantine/core';
import { lazy, type ReactNode, type RefObject, Suspense } from 'react';
import type { AgentPlan, Requirements, Scenario, VoicePersonality, WrittenAgent } from '../../../creator/artefacts.ts';
import type { CreatorJob, CreatorStage } from '../../api/types.ts';
import { LineChanges } from './changes-view.tsx';
import { ClausesView } from './clauses-view.tsx';
import { Guarded } from './guarded.tsx';
import { codeOf, makerOf, planText, promptOf, requirementsIn, reviewOf, roundBefore } from './made.ts';
import { Notice } from './notice.tsx';
import type { Place } from './place.ts';
import { PlanView, ReviewView, VoiceView } from './plan-view.tsx';
import { RehearsalsView } from './rehearsals-view.tsx';
import type { Remark } from './remarks.ts';
import { ScenariosView, StoredView } from './scenarios-view.tsx';
import { counted, StageTime, shownTokens } from './stage-list.tsx';
import { stageName } from './stages.ts';

const CodeView = lazy(() => import('./code-view.tsx'));

interface StageProps {
  readonly job: CreatorJob;
  readonly stage: CreatorStage;
  readonly place: Place;
  readonly go: (place: Place) => void;
  readonly remarks: readonly Remark[];
  readonly jumps: number;
  readonly focusedJump: RefObject<number>;
}

/** One part of what a stage has made. */
interface Part {
  readonly name: string;
  readonly label: string;
  readonly show: () => ReactNode;
}

/** What a stage has made; of one that checks or reviews, what it says and what that is about. */
export function StageView(props: StageProps) {
  const { job, stage, place, go } = props;
  const subject = subjectOf(job, stage);
  const parts = subject && subject.output !== null ? partsOf(props, subject) : [];
  const part = parts.find(({ name }) => name === place.view) ?? parts[0];
  return (
    <section aria-labelledby="creator-stage-name">
      <Title order={2} id="creator-stage-name">
        {stageName(stage.stage)}
        {stage.round > 1 && `, round ${stage.round}`}
      </Title>
      <p className="creator-dim tabular creator-facts-line">
        <StageTime stage={stage} />
        {shownTokens(stage.usage) !== undefined && ` · ${shownTokens(stage.usage)}`}
        {stage.modelId !== null && ` · ${stage.modelId}`}
        {stage.promptVersion !== null && ` · prompt version ${stage.promptVersion}`}
        {stage.repairs > 0 && ` · ${counted(stage.repairs, 'answer')} sent back that did not fit`}
      </p>
      {stage.error !== null && (
        <Notice kind="danger" mb="sm" title="This stage has failed">
          {stage.error}
        </Notice>
      )}
      {stage.state === 'running' && <p role="status">It is at work. What it makes is shown here when it is done.</p>}
      <Guarded key={`${stage.seq} ${stage.state} ${part?.name}`} value={stage.output}>
        <Verdict {...props} />
        {parts.length > 1 && part && (
          <div className="creator-parts">
            <SegmentedControl
              aria-label="Part"
              data={parts.map(({ name, label }) => ({ value: name, label }))}
              value={part.name}
              onChange={(view) => go({ stage: stage.seq, view })}
            />
          </div>
        )}
        <Suspense fallback={<p className="creator-dim">Loading…</p>}>{part?.show()}</Suspense>
      </Guarded>
    </section>
  );
}

/** What is looked at: the work itself. */
function subjectOf({ stages }: CreatorJob, stage: CreatorStage): CreatorStage | undefined {
  switch (stage.stage) {
    case 'review-plan':
      return makerOf(stages, 'plan', stage.seq);
    case 'check-code':
    case 'review-code':
      return makerOf(stages, 'agent.py', stage.seq);
    case 'check-prompt':
      return makerOf(stages, 'prompt', stage.seq);
    default:
      return stage.state === 'done' ? stage : undefined;
  }
}

function Verdict({ job, stage }: StageProps) {
  if (stage.state !== 'done') return null;
  const review = stage.stage === 'review-plan' || stage.stage === 'review-code' ? reviewOf(stage) : undefined;
  if (review) return <ReviewView review={review} clauses={requirementsIn(job.stages)?.clauses ?? []} />;
  const isGate = stage.stage === 'check-code' || stage.stage === 'check-prompt';
  if (!isGate && stage.findings.length === 0) return null;
  return (
    <section className="creator-review" data-yes={stage.findings.length === 0} aria-label="What the gates say">
      <p>
        <strong>
          {stage.findings.length === 0
            ? 'The gates let it through.'
            : `The gates have ${counted(stage.findings.length, 'finding')}.`}
        </strong>
      </p>
      {stage.findings.length > 0 && (
        <ul>
          {stage.findings.map(({ rule, line, message }) => (
            <li key={`${rule} ${line} ${message}`}>
              {line !== null && `Line ${line}: `}
              {message} <span className="creator-dim">{rule}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function partsOf(props: StageProps, subject: CreatorStage): Part[] {
  const { job, place, go, stage, remarks, jumps, focusedJump } = props;
  const { stages } = job;
  const before = roundBefore(stages, subject);
  const clauses = requirementsIn(stages)?.clauses ?? [];
  const text = (name: string, words: string, file: Remark['file'], isPython = false): Part => ({
    name,
    label: name,
    show: () => (
      <CodeView
        text={words}
        label={name}
        isPython={isPython}
        remarks={remarks.filter((remark) => remark.seq === subject.seq && remark.file === file)}
        line={place.line}
        jumps={jumps}
        focusedJump={focusedJump}
      />
    ),
  });
  const changes = (textsOf: (record: CreatorStage) => Readonly<Record<string, string>>): Part[] => {
    if (!before) return [];
    const [old, next] = [textsOf(before), textsOf(subject)];
    return [
      {
        name: 'changes',
        label: 'Changes',
        show: () =>
          Object.entries(next).map(([name, words]) => (
            <LineChanges key={name} label={name} round={before.round} before={old[name] ?? ''} after={words} />
          )),
      },
    ];
  };
  const codeTexts = (record: CreatorStage) => ({
    'agent.py': codeOf(record).agentPy,
    'requirements.txt': codeOf(record).requirementsTxt,
  });
  const promptTexts = (record: CreatorStage) => ({
    'full prompt': promptOf(record).fullPrompt,
    'voice prompt': promptOf(record).voicePrompt,
  });
  const code = () => [
    text('agent.py', codeOf(subject).agentPy, 'agent.py', true),
    text('requirements.txt', codeOf(subject).requirementsTxt, 'requirements.txt'),
  ];
  const prompts = () => [
    text('full prompt', promptOf(subject).fullPrompt, 'prompt'),
    text('voice prompt', promptOf(subject).voicePrompt, 'prompt'),
  ];
  switch (subject.stage) {
    case 'parse-sop':
      return [
        part('clauses', 'Clauses', <ClausesView requirements={subject.output as Requirements} />),
        text('procedure', job.input.sop, 'sop'),
      ];
    case 'parse-voice':
      return [part('voice', 'Voice', <VoiceView voice={subject.output as VoicePersonality} />)];
    case 'draft-plan': {
      const plan = subject.output as AgentPlan;
      const planTexts = (record: CreatorStage) => ({ plan: planText(record.output as AgentPlan) });
      return [part('plan', 'Plan', <PlanView plan={plan} clauses={clauses} />), ...changes(planTexts)];
    }
    case 'write-code':
      return [...code(), ...changes(codeTexts)];
    case 'write-prompt':
      return [...prompts(), ...changes(promptTexts)];
    case 'meta-agent':
      return [...code(), ...prompts()];
    case 'write-scenarios':
      return [
        part(
          'scenarios',
          'Scenarios',
          <ScenariosView scenarios={(subject.output as { scenarios: readonly Scenario[] }).scenarios} />,
        ),
      ];
    case 'rehearse':
      return [
        part(
          'rehearsals',
          'Rehearsals',
          <RehearsalsView
            results={job.evidence?.results ?? []}
            limits={job.evidence?.limits ?? []}
            chosen={place.rehearsal}
            choose={(rehearsal) => go({ stage: stage.seq, rehearsal })}
          />,
        ),
      ];
    case 'store':
      return [part('files', 'Files', <StoredView written={subject.output as WrittenAgent} />)];
    default:
      return [];
  }
}

function part(name: string, label: string, shown: ReactNode): Part {
  return { name, label, show: () => shown };
}
