import { z } from 'zod';
import { isValidE164 } from './dialling.js';
import { hoursSchema } from './hours.js';
import { isWebUrl, LOCAL_URL_MESSAGE } from './web-url.js';

/** A number in E.164 form (`+14155550100`), checked against the numbering plan of its country. */
export const e164Schema = z.string().refine(isValidE164, { message: 'not a valid E.164 number such as +14155550100' });

const spokenWords = z.string().trim().min(1).max(1000);

/** What happens to a caller whom no agent can serve. */
export const fallbackSchema = z.union([
  z.strictObject({
    dial: e164Schema,
    /** Spoken before the person is rung; left out, a caller who has lost their agent hears an apology in English. */
    sayFirst: spokenWords.optional(),
  }),
  z.strictObject({ say: spokenWords }),
]);

const timeZoneSchema = z.string().refine(
  (timeZone) => {
    try {
      new Intl.DateTimeFormat('en-US', { timeZone });
      return true;
    } catch {
      return false;
    }
  },
  { message: 'not an IANA time zone such as Europe/Berlin' },
);

/** A number as administrators write it. */
export const numberInputSchema = z.strictObject({
  agentId: z.string().min(1).max(120),
  /** Pinned; else the latest version answers. */
  agentVersion: z.int().min(1).max(2_147_483_647).optional(),
  /** Another version of the agent for so many callers in a hundred; the same caller always gets the same. */
  canary: z
    .strictObject({ agentVersion: z.int().min(1).max(2_147_483_647), percent: z.number().min(0).max(100) })
    .optional(),
  fallback: fallbackSchema.optional(),
  /** For callers for whom there is no room at the moment; left out, they get the fallback. */
  overflow: fallbackSchema.optional(),
  /** Exact words before the agent (recording and AI disclosure). */
  notice: spokenWords.optional(),
  recording: z.boolean().default(false),
  /** When calls are answered, in the number's time zone; without it always. */
  hours: hoursSchema(fallbackSchema).optional(),
  timeZone: timeZoneSchema.default('UTC'),
  /** How long calls and their recordings are kept; without it for ever. */
  retentionDays: z.int().min(1).max(3650).optional(),
  /** Calls at once over this number, on all instances. */
  maxConcurrent: z.int().min(1).max(100_000).optional(),
  /** Minutes of calls a day (of the number's time zone), on all instances. */
  maxMinutesPerDay: z.int().min(1).max(1_000_000).optional(),
  /** Is sent the record of every ended call. */
  webhookUrl: z.string().max(2000).refine(isWebUrl, { message: LOCAL_URL_MESSAGE }).optional(),
});

export type NumberInput = z.infer<typeof numberInputSchema>;
export type Fallback = z.infer<typeof fallbackSchema>;

/** A dialled number and what answers it. */
export type PhoneNumber = NumberInput & {
  readonly number: string;
  readonly version: number;
  readonly updatedAt: string;
};

/** A number in a list, with the last call from or to it that is on record. */
export type ListedNumber = PhoneNumber & {
  readonly lastCallAt?: string;
  readonly lastCallSid?: string;
};
