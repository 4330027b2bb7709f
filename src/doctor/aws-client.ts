import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { type AwsPlace, awsSettings } from '../aws.js';

/** A second attempt, as in the bridge: one request in a thousand fails for no reason. */
const ATTEMPTS = 2;

type Handle = NodeHttpHandler['handle'];

/** Settings of an SDK client as the bridge has them, and what it asked last: the SDK alone knows its end points. */
export function observedSettings(place: AwsPlace) {
  const settings = awsSettings(place, { maxAttempts: ATTEMPTS });
  const { requestHandler } = settings;
  let host: string | undefined;
  return {
    /** Where the last request went; undefined when none did. */
    host: () => host,
    settings: {
      ...settings,
      requestHandler: {
        metadata: requestHandler.metadata,
        handle(...[request, options]: Parameters<Handle>) {
          host = request.port === undefined ? request.hostname : `${request.hostname}:${request.port}`;
          return requestHandler.handle(request, options);
        },
        updateHttpClientConfig: () => undefined,
        httpHandlerConfigs: () => requestHandler.httpHandlerConfigs(),
        destroy: () => requestHandler.destroy(),
      },
    },
  };
}
