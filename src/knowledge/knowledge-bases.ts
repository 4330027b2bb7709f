import type { KnowledgeBaseRetrievalResult, RetrievalFilter } from '@aws-sdk/client-bedrock-agent-runtime';
import { type AwsPlace, awsSettings } from '../aws.js';
import { readied } from '../early-connections.js';
import { lazyClient } from '../lazy-client.js';
import { reasonOf, searchFailure } from './failure.js';
import { boundedScore, type Passage } from './passage.js';
import { answeredShortly, BEFORE_PARSING } from './short-answer.js';
import { shortResults } from './short-passages.js';

export interface KnowledgeBaseTarget {
  readonly knowledgeBaseId: string;
  readonly numberOfResults: number;
  /** As Bedrock takes it; empty: none. */
  readonly filter: object;
  /** HYBRID only where the store of the knowledge base can do it: not S3 Vectors. */
  readonly searchType: 'SEMANTIC' | 'HYBRID';
  /** What was found is put into order once more; scores are that model's then. It takes its time. */
  readonly rerankingConfiguration?: Reranking | undefined;
}

/** A reranking model of Bedrock, and how many of the passages it leaves; left out: as it pleases. */
export interface Reranking {
  readonly modelArn: string;
  readonly numberOfRerankedResults?: number | undefined;
}

export interface KnowledgeBases {
  /** The passages that answer a text, best first; pictures and sounds are left out. Fails with TOOL_FAILED. */
  retrieve(target: KnowledgeBaseTarget, text: string, signal?: AbortSignal): Promise<Passage[]>;
  /** Loads what the first question would have to wait for, and opens its connection. Rejects when there can be none. */
  load(): Promise<void>;
  close(): void;
}

const INACTIVITY_LIMIT_MS = 15_000;
const WHO = 'the document search';
/** A hundred passages of the longest kind have about a tenth of it. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
/** Longer questions are refused. Source: Amazon Bedrock user guide, quotas of knowledge bases. */
const MAX_QUERY_CHARACTERS = 1000;

/** Asks Bedrock knowledge bases; `isManaged` says of one whether Bedrock itself chooses how it is searched. */
export function knowledgeBases(options: {
  place: AwsPlace;
  isManaged: (knowledgeBaseId: string, signal: AbortSignal | undefined) => Promise<boolean>;
}): KnowledgeBases {
  const { place, isManaged } = options;
  const runtime = lazyClient(
    () => import('@aws-sdk/client-bedrock-agent-runtime'),
    (sdk) =>
      // Whoever runs tools asks again.
      new sdk.BedrockAgentRuntimeClient(
        awsSettings(place, {
          inactivityLimitMs: INACTIVITY_LIMIT_MS,
          opensEarly: true,
          maxAnswerBytes: MAX_ANSWER_BYTES,
        }),
      ),
  );
  const managed = new Set<string>();

  const retrieve = async (target: KnowledgeBaseTarget, text: string, signal: AbortSignal | undefined) => {
    const { knowledgeBaseId, numberOfResults, filter, searchType, rerankingConfiguration } = target;
    const { sdk, client } = await runtime.open();
    const common = {
      numberOfResults,
      // A union whose members Bedrock checks: it came as JSON.
      ...(Object.keys(filter).length > 0 && { filter: filter as RetrievalFilter }),
    };
    const reranking = rerankingConfiguration && rerankingBy(rerankingConfiguration);
    const retrievalConfiguration = managed.has(knowledgeBaseId)
      ? {
          managedSearchConfiguration: {
            ...common,
            ...(reranking && { rerankingModelType: 'CUSTOM' as const, rerankingConfiguration: reranking }),
          },
        }
      : {
          vectorSearchConfiguration: {
            ...common,
            overrideSearchType: searchType,
            ...(reranking && { rerankingConfiguration: reranking }),
          },
        };
    const command = new sdk.RetrieveCommand({
      knowledgeBaseId,
      retrievalQuery: { text: queryOf(text) },
      retrievalConfiguration,
    });
    command.middlewareStack.add(answeredShortly(shortResults), BEFORE_PARSING);
    const { retrievalResults = [] } = await client.send(command, { ...(signal && { abortSignal: signal }) });
    return retrievalResults
      .map(passageOf)
      .filter((passage) => passage !== undefined)
      .sort((a, b) => b.score - a.score);
  };

  return {
    async retrieve(target, text, signal) {
      const { knowledgeBaseId } = target;
      try {
        try {
          return await retrieve(target, text, signal);
        } catch (error) {
          // A managed one takes another configuration. Which it is, is asked only now: most are not, and callers wait.
          if (reasonOf(error) !== 'refused' || managed.has(knowledgeBaseId)) throw error;
          const isOther = await isManaged(knowledgeBaseId, signal).catch(() => false);
          if (!isOther) throw error;
          managed.add(knowledgeBaseId);
          return await retrieve(target, text, signal);
        }
      } catch (error) {
        throw searchFailure(error, WHO, signal);
      }
    },

    async load() {
      const { sdk, client } = await runtime.open();
      await readied(client, sdk.RetrieveCommand);
    },

    close: () => runtime.close(),
  };
}

/** The beginning of a question that is too long: a worse search than of the whole, and better than none. */
function queryOf(text: string): string {
  if (text.length <= MAX_QUERY_CHARACTERS) return text;
  const cut = text.slice(0, MAX_QUERY_CHARACTERS);
  const lastSpace = cut.lastIndexOf(' ');
  // Neither within a word nor, where there are none, within a character.
  return lastSpace > 0 ? cut.slice(0, lastSpace) : cut.replace(/[\uD800-\uDBFF]$/, '');
}

function rerankingBy({ modelArn, numberOfRerankedResults }: Reranking) {
  return {
    type: 'BEDROCK_RERANKING_MODEL' as const,
    bedrockRerankingConfiguration: {
      modelConfiguration: { modelArn },
      ...(numberOfRerankedResults !== undefined && { numberOfRerankedResults }),
    },
  };
}

/** Undefined when there is nothing in it that can be said. */
export function passageOf(result: KnowledgeBaseRetrievalResult): Passage | undefined {
  const { content, score, metadata = {} } = result;
  const row = content?.row?.map(({ columnName, columnValue }) => `${columnName}: ${columnValue}`).join('\n');
  const text = content?.text ?? row ?? '';
  if (text.trim() === '') return undefined;
  return { text, source: sourceOf(result), score: boundedScore(score), metadata };
}

function sourceOf({ location, metadata, documentId }: KnowledgeBaseRetrievalResult): string | null {
  const named = metadata?.['x-amz-bedrock-kb-source-uri'];
  return (
    location?.s3Location?.uri ??
    location?.webLocation?.url ??
    location?.confluenceLocation?.url ??
    location?.salesforceLocation?.url ??
    location?.sharePointLocation?.url ??
    location?.kendraDocumentLocation?.uri ??
    location?.customDocumentLocation?.id ??
    (typeof named === 'string' ? named : undefined) ??
    documentId ??
    null
  );
}
