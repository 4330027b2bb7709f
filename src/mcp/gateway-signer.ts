import type { AwsPlace } from '../aws.js';
import type { Clock } from '../clock.js';

/** A request that is about to be sent. Header names are in lower case. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Gives the headers of a request with its signature among them. */
export type RequestSigner = (request: UnsignedRequest) => Promise<Record<string, string>>;

/** The region is part of the names under which AgentCore is reached. */
const REGION_IN_HOST = /(?:^|\.)bedrock-agentcore\.([a-z0-9-]+)\.amazonaws\.com/;

/**
 * Signs requests for AgentCore gateways and runtimes (Signature Version 4, service `bedrock-agentcore`). The signer is
 * that of the SDK's own client for AgentCore, with its chain of credentials; it is loaded at the first use.
 */
export function gatewaySigner(place: AwsPlace, clock: Clock): { sign: RequestSigner; close(): void } {
  const { region, credentials } = place;
  const load = async () => {
    const [{ BedrockAgentCoreClient }, { HttpRequest }] = await Promise.all([
      import('@aws-sdk/client-bedrock-agentcore'),
      import('@smithy/core/protocols'),
    ]);
    const client = new BedrockAgentCoreClient({ ...(region && { region }), ...(credentials && { credentials }) });
    return { client, HttpRequest };
  };
  let loaded: ReturnType<typeof load> | undefined;

  return {
    async sign({ method, url, headers, body }) {
      loaded ??= load();
      const { client, HttpRequest } = await loaded;
      const signingRegion = REGION_IN_HOST.exec(url.hostname)?.[1] ?? (await client.config.region());
      const signer = await client.config.signer({
        name: 'sigv4',
        signingName: 'bedrock-agentcore',
        signingRegion,
        properties: {},
      });
      const request = new HttpRequest({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        body,
      });
      const signed = await signer.sign(request, { signingDate: new Date(clock.now()) });
      // The connection writes its own.
      const { host: _host, ...rest } = signed.headers;
      return rest;
    },

    close() {
      void loaded?.then(
        ({ client }) => client.destroy(),
        () => undefined,
      );
    },
  };
}
