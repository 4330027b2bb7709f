import { z } from 'zod';
import { END_REASONS } from '../call/record.js';

const json = z.record(z.string(), z.unknown());
const ms = z.number();

/** What a call, or what stands for one, is given to speak about. */
export const variablesSchema = z
  .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'use 1 to 64 letters, digits, "_" or "-"'), z.string().max(2000))
  .refine((variables) => Object.keys(variables).length <= 50, { message: 'at most 50 variables' })
  .default({})
  .describe('What `{{variables.<name>}}` stands for in prompt, greeting and payloads of tools.');

const turnSchema = z.union([
  z.strictObject({
    role: z.literal('caller'),
    text: z.string(),
    startMs: ms,
    endMs: ms,
    sensitive: z.literal(true).optional(),
    filtered: z
      .literal(true)
      .optional()
      .describe(
        "The content filter of the model's service does not take it, as far as is known: no stream is given it again.",
      ),
  }),
  z.strictObject({
    role: z.literal('agent'),
    text: z.string().describe('What the model said it would speak.'),
    sentText: z
      .string()
      .optional()
      .describe(
        'What of it was given to the line so far, as of the last change of the turn. Absent in calls that were kept before it was counted.',
      ),
    heardText: z.string().describe('What of it the caller heard so far: `sentText` begins with it.'),
    interrupted: z.boolean(),
    startMs: ms,
    endMs: ms,
    heardMs: ms.describe('How much of it was heard; 0 until the turn is over.'),
    responseGapMs: ms.optional().describe("From the caller's last speech to the first agent sample heard."),
    responseGapFromTurnEndMs: ms.optional().describe("The same from the model's word that the turn is over."),
    responseGapParts: z.strictObject({ endpointing: ms, model: ms, tools: ms, bridge: ms, playout: ms }).optional(),
    sensitive: z.literal(true).optional(),
    filtered: z.literal(true).optional(),
  }),
]);

/** Why a tool failed; on record and in trials. */
export const failureWhySchema = z
  .strictObject({
    reason: z
      .string()
      .describe(
        'In one word: `throttled`, `credentials`, `not-found`, `unavailable`, `bad-answer`, `truncated`, `circuit-open`, `interrupted` (nobody knows whether it was done), `agent-error` (its own words are in `output`) and the like.',
      ),
    service: z.string().optional().describe('What the service itself said, without secrets.'),
    problem: z
      .string()
      .optional()
      .describe('What is known besides: the HTTP status, what the token server answered, what is not set up.'),
  })
  .describe('Why it failed, as far as whoever was asked said so. Callers and the voice model hear nothing of it.');

/** A tool that an agent had run before it answered; on record and in trials. */
export const wantedRunSchema = z.strictObject({
  name: z.string(),
  kind: z.string(),
  input: json,
  output: json,
  startMs: ms,
  durationMs: ms,
  outcome: z.enum(['answered', 'failed', 'aborted']),
  code: z.string().optional(),
  why: failureWhySchema.optional(),
});

const toolCallSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  input: json.describe('What the model sent; `{ text }` with its words, cut, when that was no JSON object.'),
  output: json,
  startMs: ms,
  durationMs: ms,
  outcome: z.enum(['running', 'answered', 'failed', 'aborted']),
  code: z
    .string()
    .optional()
    .describe('Of the failure, when it failed: `TOOL_TIMEOUT`, `DIAL_NOT_ALLOWED` and the like.'),
  why: failureWhySchema.optional(),
  wanted: z
    .array(wantedRunSchema)
    .optional()
    .describe('What the agent that was asked wanted done first, by other tools, and what came of it.'),
  sensitive: z.literal(true).optional(),
});

const streamSchema = z.strictObject({
  modelId: z.string(),
  region: z.string(),
  openedMs: ms,
  closedMs: ms.nullable(),
  closed: z
    .string()
    .nullable()
    .describe(
      '`ended` with the call, `handed-over` to another instance, `instance-lost` with one that died (`closedMs` is then the last time known of), `renewed`, or what was lost.',
    ),
});

const recordingSchema = z.strictObject({
  state: z.enum(['recording', 'ready', 'failed']),
  channels: z.literal(2).describe('The caller left, the agent as heard right.'),
  rateHz: z.literal(8000),
  durationMs: ms,
  byteLength: z.number(),
  url: z.string(),
});

const tokens = z.strictObject({ speechTokens: z.number(), textTokens: z.number() });

const shared = {
  callSid: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  from: z.string(),
  to: z.string(),
  agentId: z.string().nullable(),
  agentVersion: z.int().nullable(),
  state: z.enum(['ringing', 'live', 'ended']),
  endReason: z.enum(END_REASONS).nullable(),
  startedAt: z.iso.datetime().describe('When it rang.'),
  mediaStartedAt: z.iso
    .datetime()
    .nullable()
    .describe('When its first media stream started: its times count from here.'),
  endedAt: z.iso.datetime().nullable(),
  durationMs: ms.nullable(),
  usage: z.strictObject({ input: tokens, output: tokens }),
  audio: z.strictObject({ deadAirMs: ms, filledMs: ms, droppedMs: ms, clears: z.number() }),
  recording: recordingSchema.nullable(),
  variables: z.record(z.string(), z.string()),
  test: z.boolean(),
  answeredBy: z.string().nullable(),
  carrierStatus: z.string().nullable(),
  transferredTo: z.string().nullable(),
  reconnections: z
    .array(
      z.strictObject({ at: z.iso.datetime(), why: z.enum(['line-interrupted', 'nobody-answered', 'handed-over']) }),
    )
    .describe('When and why the call was connected to its agent again.'),
  faults: z.record(z.string(), z.number()),
};

/** A call in a list. */
export const callSummarySchema = z
  .strictObject({ ...shared, turnCount: z.int(), toolCallCount: z.int() })
  .meta({ id: 'CallSummary' });

export const callSchema = z
  .strictObject({
    ...shared,
    turns: z.array(turnSchema),
    toolCalls: z.array(toolCallSchema),
    streams: z.array(streamSchema),
    cost: z
      .strictObject({ currency: z.string(), amount: z.number() })
      .nullable()
      .describe('Of the voice model, in the prices of NOVA_PRICES; null without them.'),
  })
  .meta({ id: 'Call' });

export const testCallSchema = z
  .strictObject({
    callSid: z.string(),
    url: z.string().describe("WebSocket that speaks Twilio's Media Streams."),
    ticket: z.string().describe('Opens it, as sub-protocols `oratio.ticket, <ticket>`.'),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'TestCall' });
