import { z } from 'zod';
import { e164Schema } from '../directory/number.js';

/** Which page of a list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(500).optional().describe('`nextCursor` of the page before.'),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable().describe('Null on the last page.') });

/** A moment as a filter: ISO, with `Z` or an offset. */
export const momentQuery = z.iso.datetime({ offset: true }).optional();

/** A number in a query, where a raw `+` arrives as a space. */
export const numberQuery = z
  .string()
  .transform((text) => text.replace(/^ /, '+'))
  .pipe(e164Schema);

export const idParams = z.object({ id: z.string().min(1).max(100) });
export const e164Params = z.object({ e164: e164Schema });
export const callParams = z.object({ callSid: z.string().min(1).max(100) });

/** An answer without a body. */
export const noContent = z.undefined().describe('Done.');
