// The SDK's root loads all of Twilio's products; the validator alone is a file of its own.
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js';

/** Checks requests that claim to come from Twilio against the public addresses, never against Host or forwarded headers. */
export interface SignatureCheck {
  /**
   * At which of the addresses a webhook was asked, undefined where its signature is for none of them: `path` is path and
   * query as received, `form` every field of the body as received.
   */
  askedAt(path: string, form: Readonly<Record<string, unknown>>, signature: string | undefined): string | undefined;
  /** The upgrade of the media socket: signed over the wss address without fields. */
  isUpgrade(path: string, signature: string | undefined): boolean;
}

/** `publicUrls`: the addresses at which Twilio reaches this bridge. */
export function signatureCheck(authToken: string, ...publicUrls: readonly string[]): SignatureCheck {
  const bases = [...new Set(publicUrls.map(signedBase))];
  const sockets = bases.map((base) => base.replace(/^http/, 'ws'));
  return {
    askedAt: (path, form, signature) => bases.find((base) => isSigned(authToken, base + path, form, signature)),
    // Source: Twilio's page on securing Media Streams: where a socket's signature does not match, try a trailing slash.
    isUpgrade: (path, signature) =>
      sockets.some((base) => ['', '/'].some((end) => isSigned(authToken, base + path + end, {}, signature))),
  };
}

/**
 * Whether `signature` is Twilio's for this address and form. Twilio signs without credentials and fragment, which the
 * SDK's validator leaves in: they are taken out here. The validator throws on what it cannot read: that is a no.
 */
export function isSigned(
  authToken: string,
  url: string,
  form: Readonly<Record<string, unknown>>,
  signature: string | undefined,
): boolean {
  if (!signature) return false;
  try {
    return validateRequest(authToken, signature, url.replace(/^(\w+:\/\/)[^/?#@]*@/, '$1').replace(/#.*$/, ''), form);
  } catch {
    return false;
  }
}

function signedBase(publicUrl: string): string {
  return publicUrl.replace(/\/+$/, '');
}
