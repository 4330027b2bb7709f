/** What the carrier says, when it asks its fallback, of the page that it could not get, or not carry out. */
export interface FailedPage {
  /** The last word of its path, `after`; undefined: it is none of ours. */
  readonly name: string | undefined;
  /** What the carrier would have asked there. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Of Twilio's error dictionary. */
  readonly errorCode: string | undefined;
}

/** Source: Twilio, Availability and Reliability (Fallback URLs), `ErrorCode` and `ErrorUrl`. */
export function failedPage(
  { ErrorCode, ErrorUrl }: Readonly<Record<string, unknown>>,
  publicUrls: readonly string[],
): FailedPage {
  const errorCode = typeof ErrorCode === 'string' && /^\d{1,6}$/.test(ErrorCode) ? ErrorCode : undefined;
  const address = String(ErrorUrl);
  const base = publicUrls.map((url) => `${url.replace(/\/+$/, '')}/twilio/`).find((start) => address.startsWith(start));
  if (base === undefined || !URL.canParse(address)) return { name: undefined, query: {}, errorCode };
  const { pathname, searchParams } = new URL(address);
  return { name: pathname.split('/').at(-1), query: Object.fromEntries(searchParams), errorCode };
}
