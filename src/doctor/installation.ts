import type { AwsCredentials, AwsPlace } from '../aws.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Ids } from '../ids.js';
import type { AgentNeeds } from './agent-needs.js';

/** AWS services that agents use: AgentCore, classic agents, knowledge bases, models with guardrails, S3 Vectors, secrets. */
export type AgentService = 'agentCore' | 'agents' | 'knowledgeBases' | 'models' | 'vectors' | 'secrets';

/** What the checks look at. */
export interface Installation {
  config: Config;
  /** Where the model is used. */
  region: string;
  /** Whether somebody chose that region, or the bridge had to. */
  isRegionSet: boolean;
  clock: Clock;
  ids: Ids;
  /** Where AWS is reached and by whom; left out, the AWS SDK finds both itself. */
  bedrock?: { endpoint: string; credentials?: AwsCredentials };
  s3?: { endpoint: string; region: string; credentials: AwsCredentials };
  places?: Readonly<Partial<Record<AgentService, AwsPlace>>>;
}

/** Where a service is reached: in the region of the model, unless said otherwise. */
export function placeOf(
  { region, places }: Installation,
  service: AgentService,
): AwsPlace & { readonly region: string } {
  return { region, ...places?.[service] };
}

/** What the checks tell each other. */
export interface Known {
  /** The numbers in the directory; undefined: the database could not be read. */
  numbers?: readonly string[];
  /** What agents that may answer by now ask of AWS; undefined: the database could not be read. */
  agents?: AgentNeeds;
}

export const POLICY_HINT = 'The policy is in the README, section "Doctor".';
