import type { VersionName } from './agent-files.js';
import type {
  AgentCode,
  AgentPlan,
  AgentPrompt,
  Finding,
  Requirements,
  Scenario,
  ScenarioResult,
  VoicePersonality,
  WrittenAgent,
} from './artefacts.js';
import type { CreatorJob } from './job.js';

/** All that a finished pipeline knows of the agent. */
export interface MadeAgent {
  readonly requirements: Requirements;
  readonly voice: VoicePersonality;
  /** Absent when the meta-agent made it: it tells code and prompts only. */
  readonly plan: AgentPlan | undefined;
  readonly code: AgentCode;
  readonly prompt: AgentPrompt;
}

/** Plays scenarios with the agent. A scenario that cannot be run is a result with `error`, not a rejection. */
export interface Rehearsal {
  readonly how: 'text' | 'phone';
  run(
    job: CreatorJob,
    agent: MadeAgent,
    scenarios: readonly Scenario[],
    signal: AbortSignal,
  ): Promise<{ results: ScenarioResult[]; usage: { inputTokens: number; outputTokens: number } }>;
}

/** The bucket. Files of a version are written once; what is there already with the same content is as good as written. */
export interface AgentWriter {
  write(
    job: CreatorJob,
    agent: MadeAgent,
    manifest: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<WrittenAgent>;
  /** Points `latest` to the version. CONFLICT when another approval has moved it meanwhile. */
  point(version: VersionName, signal: AbortSignal): Promise<void>;
  /** Sets `latest` back to what it was before it was pointed to the version. False when it still names it: it was the first. */
  unpoint(version: VersionName, signal: AbortSignal): Promise<boolean>;
}

/** Makes the written agent answer on AgentCore. Rejects with AWS_REFUSED or AWS_UNREACHABLE, in words. */
export interface Deployment {
  /** The runtime, what its tool has to send (with `{{input.prompt}}` and the like), once it has answered a smoke invocation. */
  deploy(
    job: CreatorJob,
    agent: MadeAgent,
    written: WrittenAgent,
    signal: AbortSignal,
  ): Promise<{ runtimeArn: string; payload: Readonly<Record<string, unknown>> }>;
}

/** Checks of the generated program and prompt: no model has a say. An empty list accepts. */
export interface Gates {
  checkCode(code: AgentCode, plan: AgentPlan | undefined): Promise<Finding[]>;
  checkPrompt(prompt: AgentPrompt, requirements: Requirements): Finding[];
}
