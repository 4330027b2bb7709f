import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { SignatureSeed } from './frame-signer.js';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=[^,]+, ?Signature=([0-9a-f]{64})$/;
/** Enough for refreshes that cross each other; old ones are never asked for again. */
const MAX_REMEMBERED = 8;

/** What of credentials outlives their request. */
interface RememberedKey {
  secretAccessKey: string;
  expireAtMs: number | undefined;
}

/**
 * What is behind recent access keys: the secrets, so that frames are signed with the very credentials of their request,
 * and when those expire.
 */
export class SignatureSeeds {
  readonly #keys = new Map<string, RememberedKey>();

  /** Looks on at every resolving of credentials: another refresh may come between signing and sending. */
  constructor(client: BedrockRuntimeClient) {
    const resolve = client.config.credentials;
    const watched: typeof resolve = async (options) => {
      const credentials = await resolve(options);
      const { accessKeyId, secretAccessKey, expiration } = credentials;
      this.#remember(accessKeyId, { secretAccessKey, expireAtMs: expiration?.getTime() });
      return credentials;
    };
    // The marks on the function tell the SDK that it caches already.
    client.config.credentials = Object.assign(watched, resolve);
  }

  /** What the frames after this request are signed from. Throws an Error when the request is not signed as expected. */
  seedOf(headers: Readonly<Record<string, string>>): SignatureSeed {
    const [, accessKeyId, region, service, signature] = AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
    const key = this.#keys.get(accessKeyId ?? '');
    if (!region || !service || !signature || key === undefined) {
      throw new Error('the SDK did not sign the request with SigV4');
    }
    return { secretAccessKey: key.secretAccessKey, region, service, signature };
  }

  /** When the credentials expire that the request was signed with; nothing when they do not, or are not known. */
  expiryOf(headers: Readonly<Record<string, string>>): { credentialsExpireAtMs?: number } {
    const [, accessKeyId] = AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
    const expireAtMs = this.#keys.get(accessKeyId ?? '')?.expireAtMs;
    return expireAtMs === undefined ? {} : { credentialsExpireAtMs: expireAtMs };
  }

  #remember(accessKeyId: string, key: RememberedKey): void {
    this.#keys.delete(accessKeyId);
    this.#keys.set(accessKeyId, key);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > MAX_REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
  }
}
