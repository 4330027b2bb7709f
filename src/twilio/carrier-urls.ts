/** What the carrier asks at the end of a `<Dial>`: why there was one. */
export type Dialled = 'fallback' | 'transfer';

/** The addresses at which the carrier asks about one call. */
export interface CarrierUrls {
  /** What comes next of it. */
  after(callSid: string, dialled?: Dialled): string;
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
    return `${base}/twilio/${path}${text}`;
  };
  return {
    after: (callSid, dialled) => page('after', { dialled, call: noteOn?.(callSid) }),
    whisper: (callSid) => page('whisper', { call: callSid, note: noteOn?.(callSid) }),
  };
}
