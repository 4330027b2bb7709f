import { BridgeError } from '../errors.js';

/** The moment that an ISO time of a filter means; undefined without one. REQUEST_INVALID, with the field, for what is none. */
export function momentOf(text: string | undefined, field: string): Date | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  const year = moment.getUTCFullYear();
  // NaN is no year either; PostgreSQL and JavaScript agree on these.
  if (year >= 0 && year <= 9999) return moment;
  throw new BridgeError('REQUEST_INVALID', 'This is no ISO time such as 2026-01-31T12:00:00Z.', { field });
}
