import { type Clock, realClock } from '../../clock.js';
import { createPhone, type Phone } from '../../emulator/phone/phone.js';
import { BridgeError } from '../../errors.js';

/** A Twilio voice webhook, and what its requests are signed with. */
export interface WebhookSite {
  /** Where it really listens. Without a path `/twilio/voice`; with one, even `/`, exactly there. */
  url: string;
  /** Scheme and host that the world knows it by, when others: these are signed, and its TwiML may refer to them. */
  publicUrl?: string | undefined;
  /** Null: nothing is signed. */
  authToken: string | null;
  /** Default: `AC` and zeros. */
  accountSid?: string | undefined;
  /** Where the call's end is reported. Default: `/twilio/status` when `url` has no path, else nowhere. */
  statusUrl?: string | undefined;
}

/** A phone at one voice webhook. */
export interface SitePhone {
  readonly phone: Phone;
  /** What each of its calls is placed with. */
  readonly at: {
    readonly voiceUrl: string;
    readonly statusUrl: string | null;
    readonly signWebhookWith?: null;
    readonly signUpgradeWith?: null;
  };
}

export const NO_ACCOUNT = `AC${'0'.repeat(32)}`;

/** A phone that calls a voice webhook. Throws `REQUEST_INVALID` for addresses that are none. */
export function phoneAt(site: WebhookSite, clock: Clock = realClock()): SitePhone {
  const { url, publicUrl = url, authToken, accountSid = NO_ACCOUNT } = site;
  const real = webAddress(url);
  const known = webAddress(publicUrl);
  if (site.publicUrl !== undefined && `${known.pathname}${known.search}` !== '/') {
    throw new BridgeError('REQUEST_INVALID', `the public URL is scheme and host only, not ${site.publicUrl}`);
  }
  const isBare = /^https?:\/\/[^/?#]+$/i.test(url);
  const path = isBare ? '/twilio/voice' : `${real.pathname}${real.search}`;
  const phone = createPhone({
    bridgeUrl: real.origin,
    publicUrl: known.origin,
    accountSid,
    authToken: authToken ?? '',
    clock,
    // Twilio wants TLS; what is called on the same machine has none.
    allowInsecureStream: known.protocol === 'http:',
  });
  return {
    phone,
    at: {
      voiceUrl: `${known.origin}${path}`,
      statusUrl: site.statusUrl ?? (isBare ? `${known.origin}/twilio/status` : null),
      ...(authToken === null && { signWebhookWith: null, signUpgradeWith: null }),
    },
  };
}

function webAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new BridgeError('REQUEST_INVALID', `${text} is no address that begins with http:// or https://`);
}
