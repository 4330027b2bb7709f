import type {
  AgentCode,
  AgentPlan,
  AgentPrompt,
  CodeReview,
  Finding,
  PlanReview,
  Requirements,
} from '../../../creator/artefacts.ts';
import type { CreatorStage } from '../../api/types.ts';
import type { StageName } from './stages.ts';

/** Which stage makes what a finding is about. */
const MAKERS: Readonly<Record<Finding['file'], readonly StageName[]>> = {
  sop: ['parse-sop'],
  plan: ['draft-plan'],
  'agent.py': ['write-code', 'meta-agent'],
  'requirements.txt': ['write-code', 'meta-agent'],
  prompt: ['write-prompt', 'meta-agent'],
  scenarios: ['write-scenarios'],
};

/** The stage that made what `file` was when the stage `seq` had to do with it. */
export function makerOf(stages: readonly CreatorStage[], file: Finding['file'], seq: number): CreatorStage | undefined {
  return stages.findLast(
    (record) => record.seq <= seq && record.state === 'done' && MAKERS[file].includes(record.stage),
  );
}

export function requirementsIn(stages: readonly CreatorStage[]): Requirements | undefined {
  const record = stages.findLast(({ stage, state }) => stage === 'parse-sop' && state === 'done');
  return (record?.output ?? undefined) as Requirements | undefined;
}

export function planIn(stages: readonly CreatorStage[]): AgentPlan | undefined {
  const record = stages.findLast(({ stage, state }) => stage === 'draft-plan' && state === 'done');
  return (record?.output ?? undefined) as AgentPlan | undefined;
}

/** Code of one that writes it, or of the agent that makes all. */
export function codeOf({ stage, output }: CreatorStage): AgentCode {
  return stage === 'meta-agent' ? (output as { code: AgentCode }).code : (output as AgentCode);
}

export function promptOf({ stage, output }: CreatorStage): AgentPrompt {
  return stage === 'meta-agent' ? (output as { prompt: AgentPrompt }).prompt : (output as AgentPrompt);
}

export function reviewOf({ output }: CreatorStage): PlanReview | CodeReview | undefined {
  return (output ?? undefined) as PlanReview | CodeReview | undefined;
}

/** The same stage as it was made the round before. */
export function roundBefore(stages: readonly CreatorStage[], { seq, stage }: CreatorStage): CreatorStage | undefined {
  return stages.findLast((record) => record.seq < seq && record.stage === stage && record.state === 'done');
}

/** A plan as text, so that two can be laid beside each other. */
export function planText({ agentName, description, tools, handling, escalations, ...plan }: AgentPlan): string {
  return [
    `name: ${agentName}`,
    `description: ${description}`,
    ...tools.flatMap(({ name, description: says, parameters }) => [
      `tool ${name}: ${says}`,
      ...parameters.map(
        (each) => `  ${each.name} (${each.type}${each.required ? '' : ', optional'}): ${each.description}`,
      ),
    ]),
    ...handling.map(({ clauseId, approach }) => `${clauseId}: ${approach}`),
    ...escalations.map(({ clauseId, trigger, action }) => `escalation ${clauseId}: ${trigger} -> ${action}`),
    ...plan.awsServices.map((name) => `AWS service: ${name}`),
    ...plan.environment.map((name) => `environment: ${name}`),
  ].join('\n');
}
