import { createHmac } from 'node:crypto';

export type FormParams = Readonly<Record<string, string | readonly string[]>>;

/**
 * Signs a URL exactly as given, followed by the form fields sorted by name. Repeated fields are signed once per distinct value.
 * Source: Twilio, Webhooks security.
 */
export function sign(authToken: string, url: string, params: FormParams = {}): string {
  let text = url;
  for (const name of Object.keys(params).sort()) {
    const value = params[name] as string | readonly string[];
    if (typeof value === 'string') text += name + value;
    else for (const one of [...new Set(value)].sort()) text += name + one;
  }
  return createHmac('sha1', authToken).update(text, 'utf8').digest('base64');
}

/**
 * The form of a URL that Twilio signs: without fragment and user:password, and for https without port (http keeps it).
 * Source: Twilio, Webhooks security.
 */
export function signedForm(url: string): string {
  const bare = url.replace(/#.*$/s, '').replace(/^([a-z]+:\/\/)[^/?@]*@/i, '$1');
  return /^https:/i.test(bare) ? bare.replace(/^(https:\/\/(?:\[[^\]]*\]|[^/?:]*)):\d+/i, '$1') : bare;
}
