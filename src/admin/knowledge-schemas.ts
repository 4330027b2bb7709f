import { z } from 'zod';
import { chunkingBody, chunkingSchema } from './chunking-schemas.js';

/** Ids as Bedrock gives them. */
const bedrockId = z.string().regex(/^[0-9A-Za-z]{10}$/, 'ten letters and digits');

export const baseParams = z.object({ id: bedrockId });
export const sourceParams = z.object({ id: bedrockId, sourceId: bedrockId });
export const ingestionParams = z.object({
  id: bedrockId,
  ingestionId: z.string().regex(/^[0-9A-Za-z]{10}-[0-9A-Za-z]{10}$/, '`<source>-<job>`, as it was given'),
});

/** Source: Amazon S3 Vectors, naming rules. */
export const vectorBucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, '3 to 63 lower-case letters, digits and "-"');
export const indexName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, '3 to 63 lower-case letters, digits, "-" and "."');

export const embeddingModelId = z
  .string()
  .min(1)
  .max(200)
  .default('amazon.titan-embed-text-v2:0')
  .describe('Titan Text Embeddings V2, or what is asked like it.');
export const dimensions = z.union([z.literal(256), z.literal(512), z.literal(1024)]).default(1024);

const name = z.string().regex(/^(?:[0-9a-zA-Z][_-]?){1,100}$/, 'letters, digits, and "_" or "-" between them');
const partition = 'aws(?:-[a-z-]+)?';

/** Names that OpenSearch takes in any index. */
const vectorIndexName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,254}$/, '1 to 255 lower-case letters, digits, "-", "_" and "."');
const field = z.string().min(1).max(2048);

const openSearchBody = z
  .strictObject({
    kind: z.literal('OPENSEARCH_SERVERLESS'),
    collectionArn: z
      .string()
      .regex(new RegExp(`^arn:${partition}:aoss:[a-z0-9-]+:\\d{12}:collection/[a-z0-9-]{3,32}$`), 'its ARN'),
    collectionEndpoint: z
      .string()
      .optional()
      .describe('As the service shows it. Left out: that of a classic collection, `<id>.<region>.aoss.amazonaws.com`.'),
    vectorIndexName: vectorIndexName.describe('Made when it is missing.'),
    vectorField: field.default('bedrock-knowledge-base-default-vector'),
    textField: field.default('AMAZON_BEDROCK_TEXT_CHUNK'),
    metadataField: field.default('AMAZON_BEDROCK_METADATA'),
  })
  .refine(({ collectionArn, collectionEndpoint: at }) => at === undefined || isEndpointOf(collectionArn, at), {
    path: ['collectionEndpoint'],
    message: "must be the collection's own, with https://",
  })
  .refine(({ vectorField, textField, metadataField }) => new Set([vectorField, textField, metadataField]).size === 3, {
    path: ['textField'],
    message: 'the three fields must have different names',
  })
  .describe(
    'The collection must be there, of the type vector search. Its data access policy must let the bridge make and ' +
      'describe the index, and `roleArn` read and write it.',
  );

/**
 * Whether a request that is signed for the collection may go there. Source: Amazon OpenSearch Service developer guide,
 * collection endpoints: `<id>.<region>.aoss.amazonaws.com` and `<id>.aoss.<region>.on.aws`, and those for FIPS.
 */
function isEndpointOf(collectionArn: string, endpoint: string): boolean {
  const [, , , region, , resource] = collectionArn.split(':');
  const [scheme, host = '', ...more] = endpoint.split('//');
  const labels = host.split('.');
  return (
    scheme === 'https:' &&
    more.length === 0 &&
    /^[a-z0-9.-]+$/.test(host) &&
    /\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/.test(host) &&
    labels[0] === resource?.replace('collection/', '') &&
    labels.includes(region ?? '') &&
    labels.some((label) => /^aoss(?:-fips)?$/.test(label))
  );
}

const storageBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('S3_VECTORS'), vectorBucketName, indexName }).describe('Made when it is missing.'),
  openSearchBody,
]);

export const knowledgeBaseBody = z.strictObject({
  name,
  description: z.string().min(1).max(200).optional(),
  roleArn: z
    .string()
    .max(2048)
    .regex(new RegExp(`^arn:${partition}:iam::\\d{12}:role/.+$`), 'the ARN of an IAM role')
    .describe('What Bedrock reads the documents and writes the vectors as.'),
  embeddingModelId,
  dimensions,
  storage: storageBody,
});

const moment = z.iso.datetime().nullable();
const summary = {
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  status: z.string().describe('As Bedrock says it: `CREATING`, `ACTIVE`, `FAILED`, `DELETING` and others.'),
  updatedAt: moment,
};

export const knowledgeBaseSummarySchema = z.strictObject(summary).meta({ id: 'KnowledgeBaseSummary' });

export const knowledgeBaseSchema = z
  .strictObject({
    ...summary,
    arn: z.string(),
    roleArn: z.string(),
    kind: z.string().describe('`VECTOR`, or one that was not made here: `MANAGED`, `KENDRA`, `SQL`.'),
    embeddingModelArn: z.string().nullable(),
    storage: z
      .strictObject({
        kind: z.string(),
        indexArn: z.string().optional(),
        collectionArn: z.string().optional(),
        vectorIndexName: z.string().optional(),
      })
      .nullable(),
    createdAt: moment,
    failureReasons: z.array(z.string()),
  })
  .meta({ id: 'KnowledgeBase' });

export const sourceBody = z.strictObject({
  name,
  bucketArn: z
    .string()
    .regex(new RegExp(`^arn:${partition}:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`), 'the ARN of an S3 bucket'),
  prefix: z.string().min(1).max(300).optional().describe('Objects whose keys begin with it; left out: all.'),
  chunking: chunkingBody
    .default({ strategy: 'FIXED_SIZE', maxTokens: 500, overlapPercentage: 20 })
    .describe('Cannot be changed later.'),
  deletion: z.enum(['DELETE', 'RETAIN']).default('DELETE').describe('Whether vectors go when their document does.'),
});

export const sourceSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    bucketArn: z.string().nullable().describe('Null when it reads from somewhere else than S3.'),
    prefix: z.string().nullable(),
    chunking: chunkingSchema.nullable().describe("Null: Bedrock's own way."),
    createdAt: moment,
    failureReasons: z.array(z.string()),
  })
  .meta({ id: 'KnowledgeSource' });

export const ingestionBody = z.strictObject({ sourceId: bedrockId });
export const ingestionsFilter = { sourceId: bedrockId.optional() };

export const ingestionSchema = z
  .strictObject({
    id: z.string().describe('`<source>-<job>`'),
    sourceId: z.string(),
    status: z.string().describe('`STARTING`, `IN_PROGRESS`, `COMPLETE`, `FAILED`, `STOPPING` or `STOPPED`.'),
    documents: z.strictObject({
      scanned: z.int(),
      added: z.int(),
      modified: z.int(),
      deleted: z.int(),
      failed: z.int(),
      skipped: z.int(),
    }),
    startedAt: moment,
    updatedAt: moment,
    failureReasons: z.array(z.string()).describe('Empty in lists.'),
  })
  .meta({ id: 'Ingestion' });

export const questionText = z.string().trim().min(1).max(1000);
const filter = z.record(z.string(), z.unknown()).default({});

export const baseQueryBody = z.strictObject({
  text: questionText,
  numberOfResults: z.int().min(1).max(100).default(5),
  filter: filter.describe("As Bedrock's Retrieve takes it."),
  searchType: z.enum(['SEMANTIC', 'HYBRID']).default('SEMANTIC').describe('`HYBRID` not with S3 Vectors.'),
  rerankingConfiguration: z
    .strictObject({
      modelArn: z
        .string()
        .regex(
          new RegExp(`^arn:${partition}:bedrock:[a-z0-9-]+::foundation-model/[^\\s]{1,200}$`),
          'the ARN of a model',
        ),
      numberOfRerankedResults: z.int().min(1).max(100).optional(),
    })
    .optional()
    .describe('A model of Bedrock puts what was found into order once more; scores are its own then.'),
});

export const indexQueryBody = z.strictObject({
  text: questionText,
  topK: z.int().min(1).max(100).default(5),
  filter: filter.describe('As QueryVectors of S3 Vectors takes it.'),
  embeddingModelId,
  textKey: z.string().min(1).max(63).default('AMAZON_BEDROCK_TEXT'),
});

export const passagesSchema = z
  .strictObject({
    passages: z.array(
      z.strictObject({
        text: z.string(),
        source: z.string().nullable(),
        score: z.number().min(0).max(1).describe('Higher is better. Not to be compared between different places.'),
        metadata: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'Passages' });
