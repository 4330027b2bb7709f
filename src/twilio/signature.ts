// The SDK's root loads all of Twilio's products; the validator alone is a file of its own.
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js';

/** Checks requests that claim to come from Twilio against the public address, never against Host or forwarded headers. */
export interface SignatureCheck {
  /** A webhook: `path` is path and query as received, `form` every field of the body as received. */
  isWebhook(path: string, form: Readonly<Record<string, unknown>>, signature: string | undefined): boolean;
  /** The upgrade of the media socket: signed over the wss address without fields. */
  isUpgrade(path: string, signature: string | undefined): boolean;
}

export function signatureCheck(authToken: string, publicUrl: string): SignatureCheck {
  const base = signedBase(publicUrl);
  const socketBase = base.replace(/^http/, 'ws');
  return {
    isWebhook: (path, form, signature) => isSigned(authToken, base + path, form, signature),
    // Source: Twilio's page on securing Media Streams: where a socket's signature does not match, try a trailing slash.
    isUpgrade: (path, signature) =>
      isSigned(authToken, socketBase + path, {}, signature) ||
      isSigned(authToken, `${socketBase}${path}/`, {}, signature),
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
