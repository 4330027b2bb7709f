import { z } from 'zod';
import { durationMs } from './duration.js';
import { expectSchema } from './expect-schema.js';
import { networkSchema, recordingName } from './network-schema.js';
import { simulatedSchema } from './simulated/schema.js';
import { e164 } from './telephone-number.js';
import { trigger } from './trigger.js';

export type { Expectations, ExpectedToolCall, ExpectedTurn } from './expect-schema.js';
export type { Network } from './network-schema.js';

const when = { at: durationMs.optional(), after: trigger.optional() };

/** One thing that the caller does. Without `at` and `after` it follows the end of the step before. */
const stepSchema = z
  .strictObject({
    say: recordingName.optional(),
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

/** How a person is met whom the carrier calls for the caller. Left out of `call.yaml`: they answer and hang up at once. */
const dialSchema = z.strictObject({
  answer: z.enum(['person', 'no-answer', 'busy', 'failed']),
  /** How long it rings before that. Nobody answers after the bridge's own limit, whatever stands here. */
  after: durationMs.optional(),
});

/** `call.yaml`. Unknown fields are refused. */
export const callSchema = z
  .strictObject({
    description: z.string().min(1),
    from: e164,
    to: e164,
    /** A file of `fixtures/agents` without `.yaml`, or an agent's id on the bridge under test. */
    agent: z.string().regex(/^[a-zA-Z0-9_-]+$/, 'must be the name of a file in fixtures/agents or the id of an agent'),
    caller: z.array(stepSchema).default([]),
    /** Somebody who answers what the agent says, in place of the steps of `caller`. */
    simulated: simulatedSchema.optional(),
    network: networkSchema.prefault({}),
    /** Whom the caller is put through to: everybody is met like this. */
    dial: dialSchema.optional(),
    /** After this the call is over, and the replay has failed. */
    timeout: durationMs.refine((ms) => ms > 0, 'must be longer than 0 ms').default(60_000),
    expect: expectSchema.prefault({}),
  })
  .superRefine(({ caller, simulated }, context) => {
    if (!simulated || caller.length === 0) return;
    context.addIssue({ code: 'custom', path: ['simulated'], message: 'must not stand beside the steps of caller' });
  });

export type CallScript = z.infer<typeof callSchema>;
export type CallerStep = CallScript['caller'][number];
