import type { BedrockRuntimeClient, InvokeModelWithBidirectionalStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { HttpHandler } from '@smithy/core/protocols';
import type { SignatureSeed } from './frame-signer.js';

export type SignedRequest = Parameters<HttpHandler['handle']>[0];
export type SdkResponse = Awaited<ReturnType<HttpHandler['handle']>>;

/** Carries out one signed request; rejects when no response head came. */
export type Exchange = (request: SignedRequest) => Promise<SdkResponse>;

/**
 * The public `requestHandler` of the SDK client: the SDK resolves endpoint and credentials and signs, then each request
 * is carried out by the stream that asked for it.
 */
export class LeanHandler implements HttpHandler {
  /** Without it the SDK signs `host` instead of `:authority`. */
  readonly metadata = { handlerProtocol: 'h2' };
  readonly #exchanges = new WeakMap<object, Exchange>();

  /** Lets this command be carried out by `exchange`. */
  attach(command: InvokeModelWithBidirectionalStreamCommand, exchange: Exchange): void {
    command.middlewareStack.add(
      (next) => (args) => {
        // Innermost of all: nothing after it replaces the request.
        if (typeof args.request === 'object' && args.request !== null) this.#exchanges.set(args.request, exchange);
        return next(args);
      },
      { name: 'leanExchange', step: 'deserialize', priority: 'low' },
    );
  }

  handle(request: SignedRequest): Promise<SdkResponse> {
    const exchange = this.#exchanges.get(request);
    return exchange ? exchange(request) : Promise.reject(new Error('this client carries only attached streams'));
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=[^,]+, ?Signature=([0-9a-f]{64})$/;
/** Enough for refreshes that cross each other; old ones are never asked for again. */
const MAX_REMEMBERED = 8;

/** The secrets behind recent access keys, so that frames are signed with the very credentials of their request. */
export class SignatureSeeds {
  readonly #secrets = new Map<string, string>();

  /** Looks on at every resolving of credentials: another refresh may come between signing and sending. */
  constructor(client: BedrockRuntimeClient) {
    const resolve = client.config.credentials;
    const watched: typeof resolve = async (options) => {
      const credentials = await resolve(options);
      this.#remember(credentials.accessKeyId, credentials.secretAccessKey);
      return credentials;
    };
    // The marks on the function tell the SDK that it caches already.
    client.config.credentials = Object.assign(watched, resolve);
  }

  /** What the frames after this request are signed from. Throws an Error when the request is not signed as expected. */
  seedOf(request: SignedRequest): SignatureSeed {
    const [, accessKeyId, region, service, signature] = AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
    const secretAccessKey = this.#secrets.get(accessKeyId ?? '');
    if (!region || !service || !signature || secretAccessKey === undefined) {
      throw new Error('the SDK did not sign the request with SigV4');
    }
    return { secretAccessKey, region, service, signature };
  }

  #remember(accessKeyId: string, secretAccessKey: string): void {
    this.#secrets.delete(accessKeyId);
    this.#secrets.set(accessKeyId, secretAccessKey);
    const [oldest] = this.#secrets.keys();
    if (this.#secrets.size > MAX_REMEMBERED && oldest !== undefined) this.#secrets.delete(oldest);
  }
}
