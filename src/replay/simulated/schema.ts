import { z } from 'zod';
import { durationMs } from '../fixture/duration.js';
import { recordingName } from '../fixture/network-schema.js';
import { patternIn } from '../fixture/words.js';

/** Something that the caller can bring forward: a recording with its words, words put together from clips, or keys. */
const factSchema = z
  .strictObject({
    say: recordingName.optional(),
    /** What is really said in the recording. */
    text: z.string().min(1).optional(),
    /** Spoken by the clips of `fixtures/voice`. */
    words: z.string().min(1).optional(),
    press: z
      .string()
      .regex(/^[0-9*#A-D]+$/, 'must be keys: 0 to 9, *, #, A to D, in quotes')
      .optional(),
  })
  .transform(({ say, text, words, press }, context) => {
    if (say !== undefined && text !== undefined && words === undefined && press === undefined) {
      return { kind: 'recorded' as const, file: say, words: text };
    }
    if (say === undefined && text === undefined) {
      if (words !== undefined && press === undefined) return { kind: 'composed' as const, words };
      if (press !== undefined && words === undefined) return { kind: 'keys' as const, words: press };
    }
    context.addIssue({ code: 'custom', message: 'must have either say and text, or words, or press' });
    return z.NEVER;
  });

const PATTERN = 'must be a /pattern/ that the words of the agent are searched for';

const pattern = z.string({ error: PATTERN }).transform((text, context) => {
  try {
    const found = patternIn(text);
    if (found) return found;
    context.addIssue({ code: 'custom', message: PATTERN });
  } catch {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${text}` });
  }
  return z.NEVER;
});

/** What a model can choose besides the facts. */
export const CHOICES = ['wait', 'goodbye'] as const;

const FACT_NAME = /^[a-zA-Z][a-zA-Z0-9_-]*$/;
const factName = z.string().min(1);

const INTERRUPTS = 'must be never, { always: 600ms }, or { sometimes: 600ms, chance: 0.5, seed: 1 }';

/** When the caller speaks over the agent: so long after the agent has begun, with this chance. */
const interrupts = z
  .union(
    [
      z.literal('never'),
      z.strictObject({ always: durationMs }),
      z.strictObject({
        sometimes: durationMs,
        chance: z.number().min(0).max(1).default(0.5),
        seed: z.int().min(0).default(1),
      }),
    ],
    { error: INTERRUPTS },
  )
  .transform((how) => {
    if (how === 'never') return undefined;
    if ('always' in how) return { afterMs: how.always, chance: 1, seed: 1 };
    return { afterMs: how.sometimes, chance: how.chance, seed: how.seed };
  });

const positiveMs = durationMs.refine((ms) => ms > 0, 'must be longer than 0 ms');

/** `simulated` of `call.yaml`, in place of `caller`: someone who answers what the agent says. */
export const simulatedSchema = z
  .strictObject({
    /** What the caller wants, in words: for people, and for a model that plays the caller. */
    goal: z.string().min(1),
    facts: z.record(z.string(), factSchema),
    /** Said first, without waiting for the agent. */
    opening: factName.optional(),
    /** What is said to which words; the first that fits counts. */
    answers: z
      .array(
        z.strictObject({
          when: pattern,
          /** Not when this is found as well. */
          unless: pattern.optional(),
          say: factName,
          /** The first time only. */
          once: z.boolean().default(false),
        }),
      )
      .default([]),
    /** The agent's words by which the caller has got what they want: they say this, if anything, and hang up. */
    goodbye: z.strictObject({ when: pattern, say: factName.optional() }),
    patience: z
      .strictObject({
        /** Silence after which the caller says the last thing again. */
        repeat: positiveMs.default(8000),
        /** Time without a word of the agent after which the caller hangs up. */
        hangUp: positiveMs.default(25_000),
      })
      .prefault({}),
    /** From the end of the agent's turn to the caller's answer; 300 ms of it tell that the turn is over. */
    pause: durationMs.default(600),
    interrupts: interrupts.prefault('never'),
  })
  .superRefine(({ facts, opening, answers, goodbye }, context) => {
    const check = (name: string | undefined, path: (string | number)[]) => {
      if (name === undefined || Object.hasOwn(facts, name)) return;
      context.addIssue({ code: 'custom', path, message: `names ${name}, which is none of the facts` });
    };
    check(opening, ['opening']);
    for (const [index, { say }] of answers.entries()) check(say, ['answers', index, 'say']);
    check(goodbye.say, ['goodbye', 'say']);
    const seen = new Map<string, string>();
    for (const [name, { words }] of Object.entries(facts)) {
      if (!FACT_NAME.test(name) || CHOICES.some((choice) => choice === name)) {
        const message = `must be named with letters, digits, - and _, and not ${CHOICES.join(' or ')}`;
        context.addIssue({ code: 'custom', path: ['facts', name], message });
      }
      const other = seen.get(words);
      if (other !== undefined) {
        context.addIssue({ code: 'custom', path: ['facts', name], message: `says the same as ${other}` });
      }
      seen.set(words, name);
    }
  });

export type Simulated = z.infer<typeof simulatedSchema>;
export type Fact = Simulated['facts'][string];
