import type { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore';

type Sdk = typeof import('@aws-sdk/client-bedrock-agentcore');

/** Source: AgentCore, BatchDeleteMemoryRecords; ListMemoryRecords, ListEvents and ListSessions. */
const MOST_AT_ONCE = 100;
const PAGE = 100;
/** They come with their texts: more of the longest than these would be a larger answer than is read. */
const RECORDS_PAGE = 20;

/** What was deleted of one actor. */
export interface Forgotten {
  readonly events: number;
  readonly records: number;
}

/**
 * Deletes every event of an actor, in every session, and every record that was learnt of them. Records that the memory is
 * making of events at this moment may still come afterwards. Rejects with the error of the SDK, having deleted what it could
 * until then: asked again, it goes on.
 */
export async function forgetActor(
  { sdk, client }: { sdk: Sdk; client: BedrockAgentCoreClient },
  about: { memoryId: string; actorId: string; namespace: string; isTheirs: (namespaces: readonly string[]) => boolean },
  abortSignal: AbortSignal,
): Promise<Forgotten> {
  const { memoryId, actorId, namespace, isTheirs } = about;

  /** All pages before anything is deleted: a page that shrinks meanwhile would let some be left out. */
  const all = async <Thing>(
    ask: (nextToken: string | undefined) => Promise<{ things: readonly Thing[]; nextToken: string | undefined }>,
  ): Promise<Thing[]> => {
    const found: Thing[] = [];
    let next: string | undefined;
    do {
      const { things, nextToken } = await ask(next);
      found.push(...things);
      next = nextToken;
    } while (next !== undefined);
    return found;
  };
  const pageOf = (nextToken: string | undefined, maxResults = PAGE) => ({
    maxResults,
    ...(nextToken !== undefined && { nextToken }),
  });

  const sessions = await all(async (from) => {
    const command = new sdk.ListSessionsCommand({ memoryId, actorId, ...pageOf(from) });
    const { sessionSummaries = [], nextToken } = await client.send(command, { abortSignal }).catch(noneIfUnknown);
    return { things: sessionSummaries.flatMap(({ sessionId }) => sessionId ?? []), nextToken };
  });
  let events = 0;
  for (const sessionId of sessions) {
    const eventIds = await all(async (from) => {
      const command = new sdk.ListEventsCommand({
        memoryId,
        actorId,
        sessionId,
        includePayloads: false,
        ...pageOf(from),
      });
      const { events: found = [], nextToken } = await client.send(command, { abortSignal });
      return { things: found.flatMap(({ eventId }) => eventId ?? []), nextToken };
    });
    for (const eventId of eventIds) {
      await client.send(new sdk.DeleteEventCommand({ memoryId, actorId, sessionId, eventId }), { abortSignal });
      events++;
    }
  }

  const recordIds = await all(async (from) => {
    const command = new sdk.ListMemoryRecordsCommand({ memoryId, namespace, ...pageOf(from, RECORDS_PAGE) });
    const { memoryRecordSummaries = [], nextToken } = await client.send(command, { abortSignal });
    const theirs = memoryRecordSummaries.filter(({ namespaces = [] }) => isTheirs(namespaces));
    return { things: theirs.flatMap(({ memoryRecordId }) => memoryRecordId ?? []), nextToken };
  });
  let records = 0;
  for (let from = 0; from < recordIds.length; from += MOST_AT_ONCE) {
    const some = recordIds.slice(from, from + MOST_AT_ONCE).map((memoryRecordId) => ({ memoryRecordId }));
    const command = new sdk.BatchDeleteMemoryRecordsCommand({ memoryId, records: some });
    const { successfulRecords = [], failedRecords = [] } = await client.send(command, { abortSignal });
    records += successfulRecords.length;
    const [first] = failedRecords;
    if (first)
      throw new Error(`${failedRecords.length} records were not deleted: ${first.errorMessage ?? first.errorCode}`);
  }
  return { events, records };
}

/** An actor of whom nothing is known is nobody's error; of a memory that is not there, the list of records tells. */
function noneIfUnknown(error: unknown): { sessionSummaries?: never; nextToken?: never } {
  if (error instanceof Error && error.name === 'ResourceNotFoundException') return {};
  throw error;
}
