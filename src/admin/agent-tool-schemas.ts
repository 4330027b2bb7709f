import { z } from 'zod';
import { failureWhySchema, variablesSchema, wantedRunSchema } from './call-schemas.js';
import { pageOf } from './pages.js';

const json = z.record(z.string(), z.unknown());

export const givenToolSchema = z
  .strictObject({
    name: z.string().describe('As the model calls it.'),
    kind: z.string(),
    description: z.string(),
    inputSchema: json.describe('JSON Schema.'),
    waits: z
      .strictObject({ count: z.int(), p50Ms: z.number(), p95Ms: z.number() })
      .nullable()
      .describe(
        'The last 200 runs in calls, on all instances: how long it has kept callers waiting. Null when it has not run yet.',
      ),
  })
  .meta({ id: 'GivenTool' });

/** The tools of an agent: all of them, on one page. */
export const givenToolsSchema = pageOf(givenToolSchema).extend({
  problems: z
    .array(
      z.strictObject({
        url: z.string().describe('Of the MCP server, as the tool of the agent has it.'),
        ...failureWhySchema.shape,
        message: z.string(),
        sinceMs: z.int().describe('For how long already.'),
      }),
    )
    .describe('MCP servers whose tools could not be listed: the model is given none of theirs, or those known before.'),
});

export const askBody = z.strictObject({
  tool: z.string().min(1).max(64).describe('Its name, as the model is given it.'),
  input: json.default({}),
  agentVersion: z.int().min(1).max(2_147_483_647).optional().describe('Left out: the latest.'),
  from: z.string().trim().min(1).max(60).default('anonymous').describe('Whom the tool believes to be calling.'),
  variables: variablesSchema,
});

export const trialSchema = z
  .strictObject({
    outcome: z.enum(['answered', 'failed', 'hang-up', 'handoff', 'sensitive']),
    output: json.describe('What the model would be told.'),
    code: z.string().optional().describe('Of a failure; stable: programs match on it.'),
    why: failureWhySchema.optional(),
    wanted: z
      .array(wantedRunSchema)
      .optional()
      .describe(
        'What the agent that was asked wanted done first, by other tools, and what came of it, as it would be on the record of ' +
          'a call; `startMs` counts from the beginning of the trial.',
      ),
    to: z.string().optional().describe('Whom a hand-off would have put the caller through to.'),
    warm: z.boolean().optional().describe('Whether that person would have heard first what it is about.'),
    durationMs: z.int(),
  })
  .meta({ id: 'ToolTrial' });
