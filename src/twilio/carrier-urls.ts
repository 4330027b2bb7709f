/**
 * Has the carrier try again, as often as it may, whatever went wrong: otherwise it does so once, and takes the 502 of a proxy
 * before a dead instance for an answer. A fragment is neither sent nor signed. Source: Twilio, Webhooks connection overrides.
 */
export const TRIED_AGAIN = '#rc=5&rp=all';

/** What the carrier asks at the end of a `<Dial>`: why there was one. */
export type Dialled = 'fallback' | 'transfer';

/** The media socket's address, as Twilio and browsers see it. */
export function mediaUrlOf(publicUrl: string): string {
  return `${publicUrl.replace(/\/+$/, '').replace(/^http/, 'ws')}/twilio/media`;
}

/** Where the carrier asks in place of a page that it could not get, or not carry out. `orderId`: of an outbound call. */
export function fallbackPage(fallbackUrl: string, orderId?: string): string {
  const query = orderId === undefined ? '' : `?${new URLSearchParams({ outbound: orderId })}`;
  return `${fallbackUrl.replace(/\/+$/, '')}/twilio/fallback${query}${TRIED_AGAIN}`;
}

/** The addresses at which the carrier asks about one call. */
export interface CarrierUrls {
  media: string;
  streamStatus: string;
  /** What comes next of it. */
  after(callSid: string, dialled?: Dialled): string;
  /** The same where the media stream could not be opened. */
  unopened(callSid: string): string;
  /** What a person hears before its caller is put through. */
  whisper(callSid: string): string;
}

/** `noteOn`: what another instance must know of a call to answer when it cannot ask the store, sealed. */
export function carrierUrls(options: {
  publicUrl: string;
  noteOn?: ((callSid: string) => string | undefined) | undefined;
}): CarrierUrls {
  const { noteOn } = options;
  const base = options.publicUrl.replace(/\/+$/, '');
  const page = (path: string, query: Readonly<Record<string, string | undefined>>) => {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const text = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
    return `${base}/twilio/${path}${text}${TRIED_AGAIN}`;
  };
  return {
    media: mediaUrlOf(base),
    streamStatus: page('stream-status', {}),
    after: (callSid, dialled) => page('after', { dialled, call: noteOn?.(callSid) }),
    unopened: (callSid) => page('after', { stream: 'unopened', call: noteOn?.(callSid) }),
    whisper: (callSid) => page('whisper', { call: callSid, note: noteOn?.(callSid) }),
  };
}
