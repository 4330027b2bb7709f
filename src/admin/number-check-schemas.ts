import { z } from 'zod';
import { numberSchema } from './directory-schemas.js';

export const numberCheckSchema = z
  .strictObject({
    state: z
      .enum(['in-order', 'differs', 'overridden', 'not-owned'])
      .describe('`overridden`: a trunk or an application has its calls. `not-owned`: the account does not have it.'),
    fields: z.array(z.string()).describe("Settings that are other than this bridge needs: Twilio's names."),
    checkedAt: z.iso.datetime(),
  })
  .meta({ id: 'NumberCheck' });

export const listedNumberSchema = z
  .strictObject({
    ...numberSchema.shape,
    lastCallAt: z.iso.datetime().optional().describe('When the last call from or to it began that is on record.'),
    lastCallSid: z.string().optional(),
    carrier: numberCheckSchema
      .optional()
      .describe('What Twilio had when this instance last looked; left out as long as it has not.'),
  })
  .meta({ id: 'ListedNumber' });

export type NumberCheck = z.output<typeof numberCheckSchema>;
