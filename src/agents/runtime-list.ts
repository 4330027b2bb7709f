import { type AwsPlace, awsSettings } from '../aws.js';
import { lazyClient } from '../lazy-client.js';
import { failureOf } from './failure.js';

/** A runtime of the account, to pick from. */
export interface RuntimeSummary {
  readonly arn: string;
  readonly name: string;
  readonly version: string;
  /** `READY` when it can be asked. */
  readonly status: string;
  readonly description?: string;
}

const PAGE_ITEMS = 100;
/** An account has at most 1000 runtimes. Source: AgentCore quotas. */
const MAX_PAGES = 20;
const WHO = 'the list of AgentCore runtimes';

/** The runtimes of an account. Source: AgentCore control plane, ListAgentRuntimes. */
export function runtimeList(place: AwsPlace) {
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-agentcore-control'),
    (sdk) => new sdk.BedrockAgentCoreControlClient(awsSettings(place, { maxAttempts: 3 })),
  );
  return {
    async list(signal: AbortSignal = new AbortController().signal): Promise<RuntimeSummary[]> {
      const { sdk, client } = await aws.open();
      const found: RuntimeSummary[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < MAX_PAGES; page++) {
        const command = new sdk.ListAgentRuntimesCommand({ maxResults: PAGE_ITEMS, nextToken });
        const answer = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
          throw failureOf(error, WHO, signal);
        });
        for (const runtime of answer.agentRuntimes ?? []) {
          const { agentRuntimeArn, agentRuntimeName, agentRuntimeVersion, status, description } = runtime;
          if (agentRuntimeArn === undefined) continue;
          found.push({
            arn: agentRuntimeArn,
            name: agentRuntimeName ?? agentRuntimeArn,
            version: agentRuntimeVersion ?? '',
            status: status ?? '',
            ...(description && { description }),
          });
        }
        nextToken = answer.nextToken;
        if (!nextToken) break;
      }
      return found;
    },
    close() {
      aws.close();
    },
  };
}
