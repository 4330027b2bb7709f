import type { AwsCredentials, AwsPlace } from '../aws.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Ids } from '../ids.js';
import type { RegionalEndpoint } from '../sonic/bedrock-client.js';
import type { AgentNeeds } from './agent-needs.js';

/** AWS services that agents use: AgentCore, classic agents, knowledge bases, models with guardrails, S3 Vectors, secrets. */
export type AgentService = 'agentCore' | 'agents' | 'knowledgeBases' | 'models' | 'vectors' | 'secrets';

/** What the checks look at. */
export interface Installation {
  config: Config;
  /** Where AWS is used, and the model unless it is said otherwise. */
  region: string;
  /** Whether somebody chose that region, or the bridge had to. */
  isRegionSet: boolean;
  clock: Clock;
  ids: Ids;
  /** Where AWS is reached and by whom; left out, the AWS SDK finds both itself. */
  bedrock?: { endpoint: RegionalEndpoint; credentials?: AwsCredentials };
  s3?: { endpoint: string; region: string; credentials: AwsCredentials };
  places?: Readonly<Partial<Record<AgentService, AwsPlace>>>;
}

/** Where the voice model is reached, in the order of preference; at least one. */
export function voiceRegionsOf({ config, region }: Installation): readonly [string, ...string[]] {
  const [first = region, ...others] = config.voiceRegions ?? [];
  return [first, ...others];
}

/** Where a service is reached: in the region of the bridge, unless said otherwise. */
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
