import { z } from 'zod';
import { END_REASONS } from '../call/record.js';
import { durationMs } from './duration.js';
import { trigger } from './trigger.js';
import { expectedWords, patternIn } from './words.js';

const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number such as "+14155550100", in quotes');
const fileName = z
  .string()
  .regex(/^[^/\\]+\.wav$/i, 'must be the name of a .wav file beside this one or in fixtures/speech');

const when = { at: durationMs.optional(), after: trigger.optional() };

/** One thing that the caller does. Without `at` and `after` it follows the end of the step before. */
const stepSchema = z
  .strictObject({
    say: fileName.optional(),
    /** What is really said in the recording. */
    text: z.string().min(1).optional(),
    press: z
      .string()
      .regex(/^[0-9*#A-D]+$/, 'must be keys: 0 to 9, *, #, A to D, in quotes')
      .optional(),
    'hang-up': z.literal(true).optional(),
    ...when,
  })
  .transform(({ say, text, press, 'hang-up': hangUp, at, after }, context) => {
    const fault = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if ([say, press, hangUp].filter((each) => each !== undefined).length !== 1) {
      return fault('must have exactly one of say, press and hang-up');
    }
    if (at !== undefined && after !== undefined) return fault('must not have both at and after');
    if (text !== undefined && say === undefined) return fault('has text but says nothing');
    const start = { ...(at !== undefined && { atMs: at }), ...(after && { after }) };
    if (say !== undefined) return { kind: 'say' as const, file: say, text: text ?? '', ...start };
    if (press !== undefined) return { kind: 'press' as const, keys: press, ...start };
    return { kind: 'hang-up' as const, ...start };
  });

/** What goes wrong on the line. Times count from the start of the media stream. */
const networkSchema = z.strictObject({
  /** Each frame of the caller comes up to this much late. */
  jitterMs: z.number().min(0).max(5000).optional(),
  lossPercent: z.number().min(0).max(100).optional(),
  /** No frames for a while: `lost` for good, or `late` and then all at once. */
  gaps: z
    .array(z.strictObject({ at: durationMs, for: durationMs, kind: z.enum(['lost', 'late']).default('lost') }))
    .optional(),
  /** How fast the caller's clock runs against ours. */
  driftPpm: z.number().min(-10_000).max(10_000).optional(),
  lateMarksMs: z.number().min(0).max(10_000).optional(),
  /** The media connection breaks without a word, once. */
  cutAt: durationMs.optional(),
  duplicateCallbacks: z.boolean().optional(),
  reorderCallbacks: z.boolean().optional(),
  /** The same seed gives the same line. */
  seed: z.int().min(0).optional(),
});

const expectedTurn = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('caller'), text: expectedWords.optional() }),
  z.strictObject({
    role: z.literal('agent'),
    text: expectedWords.optional(),
    heardText: expectedWords.optional(),
    interrupted: z.boolean().optional(),
  }),
]);

/** What data must hold. Texts between slashes are patterns. */
const expectedData = z.record(z.string(), z.unknown()).superRefine((data, context) => {
  JSON.stringify(data, (_key, value: unknown) => {
    try {
      if (typeof value === 'string') patternIn(value);
    } catch {
      context.addIssue({ code: 'custom', message: `holds no regular expression: ${String(value)}` });
    }
    return value;
  });
});

const expectedToolCall = z.strictObject({
  name: z.string().min(1),
  kind: z.string().min(1).optional(),
  /** What input and output must hold; they may hold more. Texts may be patterns. */
  input: expectedData.optional(),
  output: expectedData.optional(),
  outcome: z.enum(['answered', 'failed', 'aborted']).optional(),
  /** Whether it began before the one before it had ended. */
  atOnce: z.boolean().optional(),
});

const expectSchema = z.strictObject({
  /** The call's turns from the first on; later ones are free unless `turnCount` says how many there are. */
  turns: z.array(expectedTurn).optional(),
  turnCount: z.int().min(0).optional(),
  /** All calls of tools, in order. */
  toolCalls: z.array(expectedToolCall).optional(),
  heard: z
    .strictObject({
      /** No silence inside the agent's speech, because its audio came late, longer than this. */
      noGapOver: durationMs.optional(),
      /** How long after an interruption the agent may still be heard. */
      notAfterInterruption: durationMs.optional(),
      /** All words of the agent that were heard, one turn after the other. */
      text: expectedWords.optional(),
      /** How much of the agent's voice was heard in all. */
      atLeast: durationMs.optional(),
      atMost: durationMs.optional(),
      /** The sound of waiting for tools. */
      waiting: z
        .strictObject({
          /** From the first call of a tool to its first note. */
          afterAtLeast: durationMs.optional(),
          afterAtMost: durationMs.optional(),
          /** For how long it was on in all. */
          atLeast: durationMs.optional(),
          atMost: durationMs.optional(),
        })
        .optional(),
    })
    .optional(),
  /** What the carrier itself said (`<Say>`), in order. */
  spoken: z.array(expectedWords).optional(),
  /** Whom the carrier called for the caller, in order, and what they heard before they were put through. */
  dialled: z.array(z.strictObject({ to: e164, whisper: expectedWords.optional() })).optional(),
  /** Words that the model was told before the call began (local stack). */
  known: z.array(expectedWords).optional(),
  limits: z
    .strictObject({
      /** From the end of the caller's voice to the beginning of the agent's, in every turn. */
      responseGap: durationMs.optional(),
      /** The longest time in which neither is heard. */
      deadAir: durationMs.optional(),
    })
    .optional(),
  endReason: z.enum(END_REASONS).optional(),
  /** How often the carrier's buffer was emptied. */
  clears: z.int().min(0).optional(),
  /** Caller audio that was missing and replaced by silence, and audio that was given up. */
  audio: z
    .strictObject({
      filledAtLeast: durationMs.optional(),
      filledAtMost: durationMs.optional(),
      droppedAtMost: durationMs.optional(),
    })
    .optional(),
  /** Pressed keys are in no log line of the bridge (local stack). */
  keysNotInLog: z.boolean().optional(),
});

/** `call.yaml`. Unknown fields are refused. */
export const callSchema = z.strictObject({
  description: z.string().min(1),
  from: e164,
  to: e164,
  /** A file of `fixtures/agents` without `.yaml`, or an agent's id on the bridge under test. */
  agent: z.string().regex(/^[a-zA-Z0-9_-]+$/, 'must be the name of a file in fixtures/agents or the id of an agent'),
  caller: z.array(stepSchema).default([]),
  network: networkSchema.prefault({}),
  /** After this the call is over, and the replay has failed. */
  timeout: durationMs.default(60_000),
  expect: expectSchema.prefault({}),
});

export type CallScript = z.infer<typeof callSchema>;
export type CallerStep = CallScript['caller'][number];
export type Expectations = CallScript['expect'];
export type ExpectedTurn = NonNullable<Expectations['turns']>[number];
export type ExpectedToolCall = NonNullable<Expectations['toolCalls']>[number];
