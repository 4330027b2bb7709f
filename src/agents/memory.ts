import type { MemoryRecordSummary } from '@aws-sdk/client-bedrock-agentcore';
import { type AwsPlace, awsSettings } from '../aws.js';
import { lazyClient } from '../lazy-client.js';
import { failureOf } from './failure.js';
import { type Forgotten, forgetActor } from './memory-forgetting.js';

export interface MemoryTarget {
  readonly memoryId: string;
  /** Where a strategy of the memory keeps its records; `{actorId}` stands for the caller. */
  readonly namespace?: string;
}

export interface AgentMemory {
  /**
   * What earlier calls left about this person, best first. Only records below the namespace come back, although the
   * service compares prefixes: `/actors/1` must not give what is known of `/actors/12`. Empty for an actor without a
   * usable id. Throws TOOL_FAILED.
   */
  recall(
    memory: MemoryTarget,
    actorId: string,
    options: { readonly query: string; readonly maxResults: number; readonly signal: AbortSignal },
  ): Promise<string[]>;
  /** Adds one turn. What the memory learns from it can be recalled minutes later, not within the same call. Throws TOOL_FAILED. */
  remember(
    memory: MemoryTarget,
    event: {
      readonly actorId: string;
      readonly sessionId: string;
      readonly role: 'caller' | 'agent';
      readonly text: string;
      readonly atMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<void>;
  /**
   * Deletes what is kept of this person: all events, and records below the namespace. Nothing for an actor without a usable id.
   * Throws TOOL_FAILED; what was deleted by then stays deleted.
   */
  forget(memory: MemoryTarget, actorId: string, signal: AbortSignal): Promise<Forgotten>;
  /** Loads what the first question would have to wait for. No connection: the first question is asked when it rings. */
  load(): Promise<void>;
  close(): void;
}

/** Used without a namespace of its own: below it nothing belongs to another caller. */
const DEFAULT_NAMESPACE = '/actors/{actorId}/';
/** Source: AgentCore, CreateEvent: content.text. */
const MAX_TEXT_LENGTH = 100_000;
const MAX_ACTOR_LENGTH = 255;
const WRITE_ATTEMPTS = 3;
/**
 * Twenty of the longest records, with each letter escaped, are a little less: as many as a caller's facts are, and a page of
 * those to be forgotten. Source: AgentCore, MemoryContent (16,000 characters).
 */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
const WHO = 'the memory of the agent';

/** Memory of AgentCore. Source: AgentCore, RetrieveMemoryRecords and CreateEvent. */
export function agentMemory({ place }: { place: AwsPlace }): AgentMemory {
  // What was read is written over the same connections.
  const settings = awsSettings(place, { maxAnswerBytes: MAX_ANSWER_BYTES });
  const clientWith = (maxAttempts: number) =>
    lazyClient(
      () => import('@aws-sdk/client-bedrock-agentcore'),
      (sdk) => new sdk.BedrockAgentCoreClient({ ...settings, maxAttempts }),
    );
  const reading = clientWith(1);
  // Nobody waits for what is written, and the SDK marks its attempts as one event.
  const writing = clientWith(WRITE_ATTEMPTS);

  return {
    async recall({ memoryId, namespace = DEFAULT_NAMESPACE }, actorId, { query, maxResults, signal }) {
      const actor = actorName(actorId);
      if (actor === '' || query.trim() === '') return [];
      const { sdk, client } = await reading.open();
      const place = namespace.replaceAll('{actorId}', actor);
      const command = new sdk.RetrieveMemoryRecordsCommand({
        memoryId,
        namespace: place,
        searchCriteria: { searchQuery: query, topK: maxResults },
        maxResults,
      });
      const { memoryRecordSummaries = [] } = await client
        .send(command, { abortSignal: signal })
        .catch((error: unknown) => {
          throw failureOf(error, WHO, signal);
        });
      return memoryRecordSummaries
        .filter((record) => isBelow(record, place))
        .map(({ content }) => content?.text?.trim() ?? '')
        .filter((text) => text !== '')
        .slice(0, maxResults);
    },

    async remember({ memoryId }, { actorId, sessionId, role, text, atMs, signal }) {
      const actor = actorName(actorId);
      const said = text.trim().slice(0, MAX_TEXT_LENGTH);
      if (actor === '' || said === '') return;
      const { sdk, client } = await writing.open();
      const command = new sdk.CreateEventCommand({
        memoryId,
        actorId: actor,
        sessionId,
        eventTimestamp: new Date(atMs),
        payload: [{ conversational: { content: { text: said }, role: role === 'caller' ? 'USER' : 'ASSISTANT' } }],
      });
      await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        throw failureOf(error, WHO, signal);
      });
    },

    async forget({ memoryId, namespace = DEFAULT_NAMESPACE }, actorId, signal) {
      const actor = actorName(actorId);
      if (actor === '') return { events: 0, records: 0 };
      const place = namespace.replaceAll('{actorId}', actor);
      // A namespace that names no actor is everybody's.
      const isTheirs = (namespaces: readonly string[]) =>
        place !== namespace && namespaces.length > 0 && isBelow({ namespaces: [...namespaces] }, place);
      const about = { memoryId, actorId: actor, namespace: place, isTheirs };
      return forgetActor(await writing.open(), about, signal).catch((error: unknown) => {
        throw failureOf(error, WHO, signal);
      });
    },

    async load() {
      await Promise.all([reading.open(), writing.open()]);
    },

    close() {
      reading.close();
      writing.close();
    },
  };
}

/** A telephone number without its plus sign: AgentCore takes letters, digits, "-", "_", "/" and ":" only. */
export function actorName(actorId: string): string {
  return actorId
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/[^A-Za-z0-9_/-]/g, '-')
    .slice(0, MAX_ACTOR_LENGTH);
}

function isBelow({ namespaces = [] }: Pick<MemoryRecordSummary, 'namespaces'>, place: string): boolean {
  const folder = place.endsWith('/') ? place : `${place}/`;
  return namespaces.length === 0 || namespaces.some((each) => `${each}/`.startsWith(folder));
}
