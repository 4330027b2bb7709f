import type { CreatorJobSummary } from '../../api/types.ts';

export type JobState = CreatorJobSummary['state'];
export type StageName = CreatorJobSummary['stages'][number]['stage'];
type Job = Pick<CreatorJobSummary, 'state'> & {
  readonly stages: readonly Pick<CreatorJobSummary['stages'][number], 'seq' | 'stage' | 'round' | 'state'>[];
};

const NAMES: Readonly<Record<StageName, string>> = {
  'parse-sop': 'Read the procedure',
  'parse-voice': 'Choose the voice',
  'draft-plan': 'Plan',
  'review-plan': 'Review of the plan',
  'write-code': 'Code',
  'check-code': 'Gates: code',
  'review-code': 'Review of the code',
  'write-prompt': 'Prompts',
  'check-prompt': 'Gates: prompts',
  'write-scenarios': 'Scenarios',
  rehearse: 'Rehearsals',
  store: 'Stored files',
  'meta-agent': 'Made by AgentCreator',
};

export function stageName(stage: StageName): string {
  return NAMES[stage];
}

const STATE_WORDS: Readonly<Record<JobState, string>> = {
  queued: 'queued',
  running: 'at work',
  awaiting_approval: 'awaits approval',
  publishing: 'being published',
  published: 'published',
  needs_attention: 'needs attention',
  failed: 'failed',
  cancelled: 'cancelled',
};
export const JOB_STATES = Object.keys(STATE_WORDS) as JobState[];

export function stateWords(state: JobState): string {
  return STATE_WORDS[state];
}

/** Whether something happens by itself. */
export function isMoving(state: JobState): boolean {
  return state === 'queued' || state === 'running' || state === 'publishing';
}

/** The way of a job in its large steps; rounds stay within one. */
const STEPS: readonly { readonly name: string; readonly stages: readonly StageName[] }[] = [
  { name: 'Read', stages: ['parse-sop', 'parse-voice'] },
  { name: 'Plan', stages: ['draft-plan', 'review-plan'] },
  { name: 'Code', stages: ['write-code', 'check-code', 'review-code', 'meta-agent'] },
  { name: 'Prompts', stages: ['write-prompt', 'check-prompt'] },
  { name: 'Rehearse', stages: ['write-scenarios', 'rehearse'] },
  { name: 'Store', stages: ['store'] },
];

export interface ShownStep {
  readonly name: string;
  readonly state: 'to come' | 'at work' | 'done' | 'stopped here' | 'your turn';
  /** The highest there was; 0 before. */
  readonly round: number;
  /** Of its latest stage. */
  readonly seq: number | undefined;
}

export function stepsOf({ state, stages }: Job): ShownStep[] {
  const last = stages.at(-1);
  const isStopped = state === 'needs_attention' || state === 'failed' || state === 'cancelled';
  // With all files stored, the only thing left to stop at is the publishing.
  const isStored = last?.stage === 'store' && last.state === 'done';
  const steps = STEPS.map(({ name, stages: own }): ShownStep => {
    const mine = stages.filter(({ stage }) => own.includes(stage));
    const latest = mine.at(-1);
    const round = Math.max(0, ...mine.map((record) => record.round));
    if (!latest) return { name, state: 'to come', round, seq: undefined };
    const isLast = latest.seq === last?.seq && !isStored;
    const now = isStopped ? 'stopped here' : 'at work';
    return { name, state: isLast ? now : 'done', round, seq: latest.seq };
  });
  const publish = isStopped && isStored ? 'stopped here' : publishing(state);
  return [...steps, { name: 'Publish', state: publish, round: 0, seq: undefined }];
}

function publishing(state: JobState): ShownStep['state'] {
  if (state === 'awaiting_approval') return 'your turn';
  if (state === 'publishing') return 'at work';
  return state === 'published' ? 'done' : 'to come';
}

/** What is shown while nobody has chosen a stage: what happens now, or what the decision depends on. */
export function shownFirst({ state, stages }: Job): number | undefined {
  const isApprovable = state === 'awaiting_approval' || state === 'publishing' || state === 'published';
  const rehearsed = stages.findLast(({ stage }) => stage === 'rehearse');
  return (isApprovable ? rehearsed : undefined)?.seq ?? stages.at(-1)?.seq;
}
