import { BridgeError } from '../errors.js';
import type { Auth, TokenSource } from './tokens.js';

/** Tokens for tools whose secrets are kept sealed: a secret is open only while it is used. */
export function sealedTokens(tokens: TokenSource, open: (sealed: string) => string | undefined): TokenSource {
  const opened = (auth: Auth): Auth => {
    if (auth.kind !== 'oauth') return auth;
    const clientSecret = open(auth.clientSecret);
    if (clientSecret !== undefined) return { ...auth, clientSecret };
    const message = 'the secret of this tool was sealed with another SECRETS_KEY: it has to be given again';
    throw new BridgeError('TOOL_FAILED', message, { reason: 'credentials', retryable: false });
  };
  return {
    authorization: async (auth, signal) => tokens.authorization(opened(auth), signal),
    rejected: (auth, authorization) => tokens.rejected(opened(auth), authorization),
    close: () => tokens.close(),
  };
}
