import { z } from 'zod';

/** Of Bedrock. Source: Amazon Bedrock API reference, ChunkingConfiguration and its members; errors of CreateDataSource. */
const maxTokens = z.int().min(1).max(8192);

const whole = z.strictObject({ strategy: z.literal('NONE') }).describe('A document is one chunk.');

const fixedSize = z.strictObject({
  strategy: z.literal('FIXED_SIZE'),
  maxTokens: maxTokens.default(500),
  overlapPercentage: z.int().min(1).max(99).default(20),
});

const hierarchical = z
  .strictObject({
    strategy: z.literal('HIERARCHICAL'),
    levelConfigurations: z
      .tuple([z.strictObject({ maxTokens }), z.strictObject({ maxTokens })])
      .default([{ maxTokens: 1500 }, { maxTokens: 300 }])
      .describe('First what is answered with, then the smaller parts of it that are searched.'),
    overlapTokens: z.int().min(1).default(60),
  })
  .refine(({ levelConfigurations: [parent, child] }) => parent.maxTokens > child.maxTokens, {
    path: ['levelConfigurations'],
    message: 'the first level must have more tokens than the second',
  })
  .refine(({ levelConfigurations: [, child], overlapTokens }) => overlapTokens < child.maxTokens, {
    path: ['overlapTokens'],
    message: 'must be less than the tokens of the second level',
  })
  .describe('S3 Vectors keeps no more than 40 KB beside a vector, the larger part included: keep that small there.');

const semantic = z
  .strictObject({
    strategy: z.literal('SEMANTIC'),
    maxTokens: maxTokens.default(300),
    bufferSize: z.int().min(0).max(1).default(0).describe('Sentences on each side that are compared together.'),
    breakpointPercentileThreshold: z
      .int()
      .min(50)
      .max(99)
      .default(95)
      .describe('Sentences that differ more than so many percent of all neighbours are parted.'),
  })
  .describe('Where the meaning changes. Bedrock asks a model for it, which is charged for.');

/** How Bedrock is to cut documents, in its own words but for the level of nesting. */
export const chunkingBody = z.discriminatedUnion('strategy', [fixedSize, hierarchical, semantic, whole]);

/** How it cuts them, also where the source was made elsewhere: what Bedrock says is shown as it is. */
export const chunkingSchema = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('FIXED_SIZE'), maxTokens: z.int(), overlapPercentage: z.int() }),
  z.strictObject({
    strategy: z.literal('HIERARCHICAL'),
    levelConfigurations: z.array(z.strictObject({ maxTokens: z.int() })),
    overlapTokens: z.int(),
  }),
  z.strictObject({
    strategy: z.literal('SEMANTIC'),
    maxTokens: z.int(),
    bufferSize: z.int(),
    breakpointPercentileThreshold: z.int(),
  }),
  whole,
  z.strictObject({ strategy: z.literal('OTHER') }),
]);
