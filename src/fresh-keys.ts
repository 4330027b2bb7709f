/** Sends a request of the SDK, before anything of it is signed. */
type Send = (request: object) => Promise<object>;

/** What is needed of a client of the SDK. */
interface KeyedClient {
  readonly config: { readonly credentials?: (options: { forceRefresh: boolean }) => Promise<unknown> };
  readonly middlewareStack: {
    add(middleware: (next: Send) => Send, options: { step: 'initialize'; name: string }): void;
  };
}

/** AWS refuses keys that were given for some time only, once that is over. Source: AWS, common errors. */
const EXPIRED = /^ExpiredToken/;

/**
 * Has a client ask once more, with fresh keys, when AWS says that its keys have expired: the SDK by itself keeps them until
 * the time that was said when they were given out. Such a request has done nothing yet.
 */
export function renewingKeys<Client extends object>(client: Client): Client {
  if (!isKeyed(client)) return client;
  const { config, middlewareStack } = client;
  const renewing =
    (next: Send): Send =>
    async (request) => {
      try {
        return await next(request);
      } catch (error) {
        if (!(error instanceof Error) || !EXPIRED.test(error.name) || !config.credentials) throw error;
        await config.credentials({ forceRefresh: true });
        return next(request);
      }
    };
  middlewareStack.add(renewing, { step: 'initialize', name: 'renewingKeys' });
  return client;
}

function isKeyed(client: object): client is KeyedClient {
  return 'config' in client && 'middlewareStack' in client;
}
