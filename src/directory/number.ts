import { parsePhoneNumberWithError } from 'libphonenumber-js';
import { z } from 'zod';

/** A number in E.164 form (`+14155550100`), checked against the numbering plan of its country. */
export const e164Schema = z.string().refine(isE164, { message: 'not a valid E.164 number such as +14155550100' });

function isE164(text: string): boolean {
  if (!/^\+[1-9]\d{6,14}$/.test(text)) return false;
  try {
    return parsePhoneNumberWithError(text).isValid();
  } catch {
    return false;
  }
}

/** What happens to a caller whom no agent can serve. */
const fallbackSchema = z.union([
  z.strictObject({ dial: e164Schema }),
  z.strictObject({ say: z.string().trim().min(1).max(1000) }),
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
  agentVersion: z.int().min(1).optional(),
  fallback: fallbackSchema.optional(),
  /** Exact words before the agent (recording and AI disclosure). */
  notice: z.string().trim().min(1).max(1000).optional(),
  recording: z.literal(false, { message: 'recording is not available yet' }).default(false),
  timeZone: timeZoneSchema.default('UTC'),
});

export type NumberInput = z.infer<typeof numberInputSchema>;
export type Fallback = z.infer<typeof fallbackSchema>;

/** A dialled number and what answers it. */
export type PhoneNumber = NumberInput & { readonly number: string; readonly updatedAt: string };
