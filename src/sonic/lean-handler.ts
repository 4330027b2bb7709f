import type { InvokeModelWithBidirectionalStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { HttpHandler } from '@smithy/core/protocols';

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
