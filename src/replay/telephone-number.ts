import { z } from 'zod';

/** A number of a fixture. Unquoted, YAML would read another one. */
export const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number such as "+14155550100", in quotes');
