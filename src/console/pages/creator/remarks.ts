import type { CodeReview, Finding, PlanReview } from '../../../creator/artefacts.ts';
import type { CreatorStage } from '../../api/types.ts';
import { makerOf, reviewOf } from './made.ts';

/** Something that is held against what a stage has made, by a gate or by the reviewer. */
export interface Remark {
  readonly key: string;
  readonly from: 'gate' | 'reviewer';
  readonly file: Finding['file'];
  readonly rule: string | undefined;
  readonly line: number | undefined;
  readonly message: string;
  readonly suggestion: string | undefined;
  readonly clauseId: string | undefined;
  readonly round: number;
  /** The stage whose work it is about. */
  readonly seq: number;
  /** A later round has made another one since. */
  readonly isAnswered: boolean;
}

/** What was held against the work, in the order of the stages. */
export function remarksOf(stages: readonly CreatorStage[]): Remark[] {
  return stages.flatMap((record) => [
    ...record.findings.map((finding, index) => ({
      ...placed(stages, record, finding.file as Finding['file']),
      key: `${record.seq}-gate-${index}`,
      from: 'gate' as const,
      rule: finding.rule,
      line: finding.line ?? undefined,
      message: finding.message,
      suggestion: undefined,
      clauseId: undefined,
    })),
    ...issuesOf(record).map((issue, index) => ({
      ...placed(stages, record, record.stage === 'review-plan' ? 'plan' : 'agent.py'),
      key: `${record.seq}-reviewer-${index}`,
      from: 'reviewer' as const,
      rule: undefined,
      line: 'line' in issue ? issue.line : undefined,
      message: issue.problem,
      suggestion: issue.suggestion,
      clauseId: 'clauseId' in issue ? issue.clauseId : undefined,
    })),
  ]);
}

/** The words of a review. */
export function issuesOf(record: CreatorStage): PlanReview['issues'] | CodeReview['issues'] {
  const isReview = record.stage === 'review-plan' || record.stage === 'review-code';
  return (isReview && record.state === 'done' && reviewOf(record)?.issues) || [];
}

function placed(stages: readonly CreatorStage[], record: CreatorStage, file: Finding['file']) {
  const maker = makerOf(stages, file, record.seq);
  return {
    file,
    round: record.round,
    seq: maker?.seq ?? record.seq,
    isAnswered: maker !== undefined && makerOf(stages, file, Number.POSITIVE_INFINITY)?.seq !== maker.seq,
  };
}
