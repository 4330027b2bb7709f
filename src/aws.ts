import type { Agent } from 'node:http';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { EarlyHandler } from './early-connections.js';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they stop working; left out, they do not. */
  readonly expiration?: Date;
}

/**
 * Where an AWS service is reached and by whom. What is left out the AWS SDK finds itself: `AWS_ENDPOINT_URL_…`,
 * `AWS_REGION`, its chain of credentials.
 */
export interface AwsPlace {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: AwsCredentials;
  /** Makes connections without TLS; left out: sockets that are kept alive. */
  readonly httpAgent?: Agent;
}

const CONNECT_LIMIT_MS = 2000;
const SOCKETS = 100;

/**
 * Settings of an SDK client for short requests within a call. HTTP/1.1 with connections kept alive: the Bedrock clients'
 * own HTTP/2 opens one for each request, and hides that an answer was cut off. Nothing is repeated unless `maxAttempts`
 * says so, because the caller is waiting. `opensEarly`: the client can be `readied` before its first
 * request. `maxAnswerBytes` of an answer are read at most.
 */
export function awsSettings(
  place: AwsPlace,
  options: {
    maxAttempts?: number;
    maxSockets?: number;
    inactivityLimitMs?: number;
    opensEarly?: boolean;
    maxAnswerBytes?: number;
  } = {},
) {
  const { endpoint, region, credentials, httpAgent } = place;
  const { maxAttempts = 1, maxSockets = SOCKETS, inactivityLimitMs, opensEarly = false, maxAnswerBytes } = options;
  const sockets = { keepAlive: true, maxSockets };
  const limits = {
    connectionTimeout: CONNECT_LIMIT_MS,
    ...(inactivityLimitMs !== undefined && { socketTimeout: inactivityLimitMs }),
  };
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials && { credentials }),
    maxAttempts,
    requestHandler:
      opensEarly || maxAnswerBytes !== undefined
        ? new EarlyHandler({ ...limits, ...(httpAgent && { httpAgent }) }, sockets, { maxAnswerBytes })
        : new NodeHttpHandler({ ...limits, httpAgent: httpAgent ?? sockets, httpsAgent: sockets }),
  };
}
