import { z } from 'zod';
import { END_REASONS } from '../call/record.js';
import { durationMs } from './duration.js';
import { e164 } from './telephone-number.js';
import { trigger } from './trigger.js';
import { expectedWords, patternIn } from './words.js';

/** Refuses limits that nothing can keep: `atLeast` above `atMost`, under whatever names. */
function inOrder(...pairs: readonly (readonly [least: string, most: string])[]) {
  return (value: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    for (const [least, most] of pairs) {
      const [low, high] = [value[least], value[most]];
      if (typeof low !== 'number' || typeof high !== 'number' || low <= high) continue;
      context.addIssue({ code: 'custom', path: [least], message: `is more than ${most}: nothing can be both` });
    }
  };
}

const LENGTH = ['atLeast', 'atMost'] as const;

const expectedTurn = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('caller'), text: expectedWords.optional() }),
  z.strictObject({
    role: z.literal('agent'),
    /** What the model said it would speak, and what of it was heard. */
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

const expectedToolCall = z
  .strictObject({
    name: z.string().min(1),
    kind: z.string().min(1).optional(),
    /** What input and output must hold; they may hold more. Texts may be patterns. */
    input: expectedData.optional(),
    output: expectedData.optional(),
    /** The same, but they may hold nothing more. */
    exactInput: expectedData.optional(),
    exactOutput: expectedData.optional(),
    outcome: z.enum(['answered', 'failed', 'aborted']).optional(),
    /** Whether it began before the one before it had ended. */
    atOnce: z.boolean().optional(),
    /** A moment of the call, as a step's `after`: the tool was not called before it. */
    notBefore: trigger.optional(),
  })
  .superRefine((call, context) => {
    for (const [loose, exact] of [
      ['input', 'exactInput'],
      ['output', 'exactOutput'],
    ] as const) {
      if (call[loose] === undefined || call[exact] === undefined) continue;
      context.addIssue({ code: 'custom', message: `must not have both ${loose} and ${exact}` });
    }
  });

const heardSchema = z
  .strictObject({
    /** No silence inside the agent's speech, because its audio came late, longer than this. */
    noGapOver: durationMs.optional(),
    /** How long after an interruption the agent may still be heard. */
    notAfterInterruption: durationMs.optional(),
    /** All words of the agent that were heard, one turn after the other. */
    text: expectedWords.optional(),
    /** Words that the caller must not have heard, of the agent or of the carrier. */
    not: z.array(expectedWords).optional(),
    /** How much of the agent's voice was heard in all. */
    atLeast: durationMs.optional(),
    atMost: durationMs.optional(),
    /** Of the agent's voice in every stretch of it, pauses left out: RMS in dB relative to full scale. */
    loudness: z
      .strictObject({ atLeast: z.number().min(-90).max(0).optional(), atMost: z.number().min(-90).max(0).optional() })
      .superRefine(inOrder(LENGTH))
      .optional(),
    /** At most this share of the agent's samples is as loud as the telephone can be. */
    clippingPercent: z.number().min(0).max(100).optional(),
    /** At most so many clicks in the agent's voice: places where it breaks off or begins with a jump. */
    clicks: z.int().min(0).optional(),
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
      .superRefine(inOrder(LENGTH, ['afterAtLeast', 'afterAtMost']))
      .optional(),
  })
  .superRefine(inOrder(LENGTH));

/** Exactly this text, or a `/pattern/`. */
const textOrPattern = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      patternIn(text);
    } catch {
      context.addIssue({ code: 'custom', message: `is no regular expression: ${text}` });
    }
  });

const tokens = z
  .strictObject({ atLeast: z.int().min(0).optional(), atMost: z.int().min(0).optional() })
  .superRefine(inOrder(LENGTH));
const tokensOfOneSide = z.strictObject({ speechTokens: tokens.optional(), textTokens: tokens.optional() });

/** `expect` of `call.yaml`: everything that is named must hold. */
export const expectSchema = z.strictObject({
  /** The call's turns from the first on; later ones are free unless `turnCount` says how many there are. */
  turns: z.array(expectedTurn).optional(),
  turnCount: z.int().min(0).optional(),
  /** Words that the agent must not have said, heard or not. */
  said: z.strictObject({ not: z.array(expectedWords).optional() }).optional(),
  /** All calls of tools. */
  toolCalls: z.array(expectedToolCall).optional(),
  /** Whether they come exactly in this order (`strict`, which is the default), or in any. */
  toolOrder: z.enum(['strict', 'any']).optional(),
  /** Tools that must not be called. */
  notCalled: z.array(z.string().min(1)).optional(),
  heard: heardSchema.optional(),
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
      /** From the beginning of the caller's voice over the agent's until the agent is silent. */
      interruption: durationMs.optional(),
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
    .superRefine(inOrder(['filledAtLeast', 'filledAtMost']))
    .optional(),
  /** The streams to the voice model, exactly these in this order: how each closed, where it was, and what it began with. */
  streams: z
    .array(
      z.strictObject({
        /** `ended` with the call, `renewed`, or the name of what was lost; a text or a pattern. */
        closed: textOrPattern.optional(),
        modelId: z.string().min(1).optional(),
        region: z.string().min(1).optional(),
        /** All that it was told of what was said before; empty for the first one (local stack). */
        history: z
          .array(z.strictObject({ role: z.enum(['caller', 'agent']), text: expectedWords.optional() }))
          .optional(),
      }),
    )
    .optional(),
  /** How many of them closed because another took over. */
  renewals: z.int().min(0).optional(),
  /** What the voice model counted. */
  usage: z.strictObject({ input: tokensOfOneSide.optional(), output: tokensOfOneSide.optional() }).optional(),
  /** Pressed keys are in no log line of the bridge (local stack). */
  keysNotInLog: z.boolean().optional(),
});

export type Expectations = z.infer<typeof expectSchema>;
export type ExpectedTurn = NonNullable<Expectations['turns']>[number];
export type ExpectedToolCall = NonNullable<Expectations['toolCalls']>[number];
