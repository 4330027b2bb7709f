import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Ids } from '../ids.js';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

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
}

/** What the checks tell each other. */
export interface Known {
  /** The numbers in the directory; undefined: the database could not be read. */
  numbers?: readonly string[];
}

export const POLICY_HINT = 'The policy is in the README, section "Doctor".';
