import { BridgeError } from '../errors.js';
import type { Page, PageRequest } from '../page.js';
import { type ChunkingInput, chunkingConfiguration } from './chunking.js';
import type { ControlClient } from './control-client.js';
import { cursorOf, positionOf } from './cursor.js';
import {
  type Ingestion,
  ingestionOf,
  type KnowledgeSource,
  type KnownDocument,
  knownDocumentOf,
  sourceOf,
} from './knowledge-base-shapes.js';
import { nestedPage } from './nested-lists.js';

export interface SourceInput {
  readonly name: string;
  readonly bucketArn: string;
  /** Objects whose keys begin with it; left out: all of the bucket. */
  readonly prefix?: string | undefined;
  /** Cannot be changed later. */
  readonly chunking: ChunkingInput;
  /** Whether vectors go when the source or a document does. */
  readonly deletion: 'DELETE' | 'RETAIN';
}

/** What knowledge bases are filled from, and their filling. Fails as their administration does. */
export interface KnowledgeSources {
  /** S3 alone. The knowledge base must be ACTIVE, or becomes so while this waits. */
  create(knowledgeBaseId: string, input: SourceInput): Promise<KnowledgeSource>;
  list(knowledgeBaseId: string, page: PageRequest): Promise<Page<KnowledgeSource>>;
  get(knowledgeBaseId: string, sourceId: string): Promise<KnowledgeSource>;
  delete(knowledgeBaseId: string, sourceId: string): Promise<void>;
  /** The documents that Bedrock knows, with what has become of them: those of its ingestions so far. */
  documents(knowledgeBaseId: string, sourceId: string, page: PageRequest): Promise<Page<KnownDocument>>;
  /** Reads the source and brings the vectors up to date, in the background. One at a time for a source, or CONFLICT. */
  ingest(knowledgeBaseId: string, sourceId: string): Promise<Ingestion>;
  ingestion(knowledgeBaseId: string, ingestionId: string, signal?: AbortSignal): Promise<Ingestion>;
  /** Newest first, by source. Pages may be short. */
  ingestions(knowledgeBaseId: string, page: PageRequest & { sourceId?: string | undefined }): Promise<Page<Ingestion>>;
}

/** Most on one page of the service. */
const MAX_PAGE = 1000;
/** Each source takes a request of its own to be shown. */
const MAX_SOURCES = 10;

export function knowledgeSources(options: {
  control: ControlClient;
  untilActive: (knowledgeBaseId: string) => Promise<void>;
}): KnowledgeSources {
  const { control, untilActive } = options;

  const idsOf = (knowledgeBaseId: string, maxResults: number, nextToken: string | undefined) =>
    control.ask(async ({ sdk, client }) => {
      const page = await client.send(
        new sdk.ListDataSourcesCommand({
          knowledgeBaseId,
          maxResults,
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      const items = (page.dataSourceSummaries ?? []).map(({ dataSourceId = '' }) => dataSourceId);
      return { items, nextToken: page.nextToken };
    });

  return {
    async create(knowledgeBaseId, { name, bucketArn, prefix, chunking, deletion }) {
      await untilActive(knowledgeBaseId);
      return control.ask(async ({ sdk, client }) => {
        const { dataSource } = await client.send(
          new sdk.CreateDataSourceCommand({
            knowledgeBaseId,
            name,
            dataSourceConfiguration: {
              type: 'S3',
              s3Configuration: { bucketArn, ...(prefix !== undefined && { inclusionPrefixes: [prefix] }) },
            },
            vectorIngestionConfiguration: { chunkingConfiguration: chunkingConfiguration(chunking) },
            dataDeletionPolicy: deletion,
          }),
        );
        return sourceOf(dataSource!);
      });
    },

    async list(knowledgeBaseId, { limit, cursor }) {
      const { token } = positionOf(cursor);
      const { items, nextToken } = await idsOf(knowledgeBaseId, Math.min(limit, MAX_SOURCES), token);
      const sources = await control.ask(({ sdk, client }) =>
        Promise.all(
          items.map(async (dataSourceId) => {
            const command = new sdk.GetDataSourceCommand({ knowledgeBaseId, dataSourceId });
            return sourceOf((await client.send(command)).dataSource!);
          }),
        ),
      );
      return { items: sources, nextCursor: cursorOf(nextToken === undefined ? undefined : { token: nextToken }) };
    },

    get: (knowledgeBaseId, dataSourceId) =>
      control.ask(async ({ sdk, client }) => {
        const command = new sdk.GetDataSourceCommand({ knowledgeBaseId, dataSourceId });
        return sourceOf((await client.send(command)).dataSource!);
      }),

    delete: (knowledgeBaseId, dataSourceId) =>
      control.ask(async ({ sdk, client }) => {
        await client.send(new sdk.DeleteDataSourceCommand({ knowledgeBaseId, dataSourceId }));
      }),

    async documents(knowledgeBaseId, dataSourceId, { limit, cursor }) {
      const { token } = positionOf(cursor);
      return control.ask(async ({ sdk, client }) => {
        const { documentDetails = [], nextToken } = await client.send(
          new sdk.ListKnowledgeBaseDocumentsCommand({
            knowledgeBaseId,
            dataSourceId,
            maxResults: Math.min(limit, MAX_PAGE),
            ...(token !== undefined && { nextToken: token }),
          }),
        );
        const nextCursor = cursorOf(nextToken === undefined ? undefined : { token: nextToken });
        return { items: documentDetails.map(knownDocumentOf), nextCursor };
      });
    },

    ingest: (knowledgeBaseId, dataSourceId) =>
      control.ask(async ({ sdk, client }) => {
        const command = new sdk.StartIngestionJobCommand({ knowledgeBaseId, dataSourceId });
        return ingestionOf((await client.send(command)).ingestionJob!);
      }),

    ingestion: (knowledgeBaseId, ingestionId, signal) =>
      control.ask(async ({ sdk, client }) => {
        const [dataSourceId, ingestionJobId] = ingestionId.split('-');
        if (!dataSourceId || !ingestionJobId)
          throw new BridgeError('NOT_FOUND', `There is no ingestion ${ingestionId}.`);
        const command = new sdk.GetIngestionJobCommand({ knowledgeBaseId, dataSourceId, ingestionJobId });
        return ingestionOf((await client.send(command, { ...(signal && { abortSignal: signal }) })).ingestionJob!);
      }),

    async ingestions(knowledgeBaseId, { limit, cursor, sourceId }) {
      const { items, next } = await nestedPage(
        { limit, position: positionOf(cursor) },
        async (nextToken) => (sourceId === undefined ? idsOf(knowledgeBaseId, 1, nextToken) : { items: [sourceId] }),
        (dataSourceId, room, nextToken) =>
          control.ask(async ({ sdk, client }) => {
            const page = await client.send(
              new sdk.ListIngestionJobsCommand({
                knowledgeBaseId,
                dataSourceId,
                maxResults: Math.min(room, MAX_PAGE),
                sortBy: { attribute: 'STARTED_AT', order: 'DESCENDING' },
                ...(nextToken !== undefined && { nextToken }),
              }),
            );
            return { items: (page.ingestionJobSummaries ?? []).map(ingestionOf), nextToken: page.nextToken };
          }),
      );
      return { items, nextCursor: cursorOf(next && { ...next }) };
    },
  };
}
