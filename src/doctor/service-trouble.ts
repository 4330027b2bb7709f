import { asAwsError, awsTrouble } from './aws-trouble.js';
import type { Trouble } from './check.js';
import { POLICY_HINT } from './installation.js';
import { networkTrouble } from './network-trouble.js';

/** What was tried, in the words of a line. */
export interface Attempt {
  /** `the knowledge base KB12345678` */
  readonly thing: string;
  /** What the credentials would not be allowed: `ask`, `list`. */
  readonly verb: string;
  /** The IAM actions, `bedrock:Retrieve`, and on what. */
  readonly actions: readonly string[];
  readonly resource: string;
  readonly region: string;
  /** What to do when there is no such thing. */
  readonly absent: string;
  /** Where it was sent. */
  readonly host: string | undefined;
}

/** What an AWS service that agents use refuses, or why it is not there. Source: common errors of the services' references. */
export function serviceTrouble(error: unknown, attempt: Attempt): Trouble {
  const { thing, verb, actions, resource, region, absent } = attempt;
  const { name, message, cause } = asAwsError(error);
  const status = statusOf(error);
  const host = attempt.host ?? 'AWS';
  // The SDK adds advice for programmers to what it could not read.
  const words = message
    .split(/\s+Deserialization error:/)[0]!
    .replace(/\s+/g, ' ')
    .trim();
  const failed = (says: string, advice: string): Trouble => ({ state: 'failed', says, advice });

  if (/authorization method mismatch/i.test(words)) {
    return failed(
      `${thing} does not take signatures: ${words}`,
      'It was deployed with an inbound authorizer: give the tool `auth` of the kind "oauth" or "agentcore-identity".',
    );
  }
  if (/^AccessDenied/.test(name) || (status === 403 && name === 'UnknownError')) {
    if (/access to the model|model access|marketplace|use case details/i.test(words)) {
      return failed(
        `${thing} is not enabled for this account in ${region}: ${words}`,
        `Enable it in the Bedrock console of ${region} (Model access), with an identity that may subscribe to models.`,
      );
    }
    if (/explicit deny/i.test(words)) {
      return failed(
        `a policy forbids to ${verb} ${thing}: ${words}`,
        'An explicit deny beats every allow: look at service control policies, permissions boundaries and region restrictions.',
      );
    }
    const named = /perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(words)?.[1];
    const missing = [...new Set([...(named === undefined ? [] : [named]), ...actions])].join(' and ');
    return failed(
      `these credentials may not ${verb} ${thing}: ${words}`,
      `Allow ${missing} on ${resource}. ${POLICY_HINT}`,
    );
  }
  if (/^UnknownOperation/.test(name) || (status === 404 && !/NotFound/.test(name))) {
    return failed(
      `what answers at ${host} is not the service (HTTP ${status ?? 404})`,
      'Check AWS_ENDPOINT_URL and the AWS_ENDPOINT_URL_… of the service: usually none of them is set.',
    );
  }
  if (/NotFound/.test(name) || /model identifier is invalid/i.test(words)) {
    return failed(`there is no such thing as ${thing} in ${region}: ${words}`, absent);
  }
  const silent = name === 'TimeoutError' ? networkTrouble({ code: 'ETIMEDOUT' }, host) : undefined;
  const trouble = silent ?? awsTrouble({ name, message: words, cause }, host);
  if (trouble) return trouble;
  return failed(
    `${thing}: ${name}${status === undefined ? '' : ` (HTTP ${status})`}: ${words}`,
    'Ask again in a minute; if it stays, AWS support knows these words.',
  );
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}
