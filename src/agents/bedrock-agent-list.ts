import { type AwsPlace, awsSettings } from '../aws.js';
import { lazyClient } from '../lazy-client.js';
import { failureOf } from './failure.js';

/** A Bedrock agent of the account, to pick from. */
export interface AgentSummary {
  readonly agentId: string;
  readonly name: string;
  /** `PREPARED` when it can be asked. */
  readonly status: string;
  readonly description?: string;
  readonly aliases: readonly { readonly agentAliasId: string; readonly name: string; readonly status: string }[];
}

const PAGE_ITEMS = 100;
const MAX_PAGES = 20;
/** The control plane allows a few requests a second. */
const PARALLEL = 5;
const WHO = 'the list of Bedrock agents';

type Page = { nextToken?: string | undefined };

/** The agents of an account. Source: Amazon Bedrock, ListAgents and ListAgentAliases. */
export function agentList(place: AwsPlace) {
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-agent'),
    (sdk) => new sdk.BedrockAgentClient(awsSettings(place, { maxAttempts: 3 })),
  );
  return {
    async list(signal: AbortSignal = new AbortController().signal): Promise<AgentSummary[]> {
      const { sdk, client } = await aws.open();
      const options = { abortSignal: signal };
      const withAliases = async (agent: Omit<AgentSummary, 'aliases'>): Promise<AgentSummary> => {
        const { agentId } = agent;
        const pages = await pagesOf((page) =>
          client.send(new sdk.ListAgentAliasesCommand({ agentId, maxResults: PAGE_ITEMS, ...page }), options),
        );
        const aliases = pages.flatMap(({ agentAliasSummaries = [] }) => agentAliasSummaries);
        return {
          ...agent,
          aliases: aliases.map(({ agentAliasId = '', agentAliasName = '', agentAliasStatus = '' }) => ({
            agentAliasId,
            name: agentAliasName,
            status: agentAliasStatus,
          })),
        };
      };
      try {
        const pages = await pagesOf((page) =>
          client.send(new sdk.ListAgentsCommand({ maxResults: PAGE_ITEMS, ...page }), options),
        );
        const agents = pages
          .flatMap(({ agentSummaries = [] }) => agentSummaries)
          .map(({ agentId = '', agentName = '', agentStatus = '', description }) => ({
            agentId,
            name: agentName,
            status: agentStatus,
            ...(description && { description }),
          }));
        const found: AgentSummary[] = [];
        for (let from = 0; from < agents.length; from += PARALLEL) {
          found.push(...(await Promise.all(agents.slice(from, from + PARALLEL).map(withAliases))));
        }
        return found;
      } catch (error) {
        throw failureOf(error, WHO, signal);
      }
    },
    close() {
      aws.close();
    },
  };
}

async function pagesOf<Answer extends Page>(ask: (page: Page) => Promise<Answer>): Promise<Answer[]> {
  const pages: Answer[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ask(nextToken === undefined ? {} : { nextToken });
    pages.push(page);
    nextToken = page.nextToken;
  } while (nextToken && pages.length < MAX_PAGES);
  return pages;
}
