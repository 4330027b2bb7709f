import { text } from 'node:stream/consumers';
import { type AwsPlace, awsSettings } from '../aws.js';
import type { Clock } from '../clock.js';
import { lazyClient } from '../lazy-client.js';
import { administrationFailure } from './failure.js';

/** A collection of OpenSearch Serverless. */
export interface Collection {
  readonly collectionArn: string;
  /** As the service names it; left out: that of a classic collection. */
  readonly collectionEndpoint?: string | undefined;
}

export interface CollectionRequest {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly body?: object;
}

export interface CollectionAnswer {
  readonly status: number;
  /** Undefined when it is no JSON. */
  readonly body: unknown;
}

/**
 * Requests to collections, signed as the bridge. No answer, or one that is too long, is AWS_UNREACHABLE, no credentials
 * AWS_REFUSED.
 */
export interface CollectionRequests {
  send(collection: Collection, request: CollectionRequest): Promise<CollectionAnswer>;
  close(): void;
}

export const WHO = 'OpenSearch Serverless';
const INACTIVITY_LIMIT_MS = 30_000;
/** An index is shown with its fields: the thousand that it may have take some 300 bytes each at most. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Signature Version 4 for the service `aoss`, with the hash of the body in `x-amz-content-sha256`, which the service wants,
 * and the length unsigned. Signer and connections are those of the SDK's client for knowledge bases, because the SDK has
 * no client for what is in a collection. Nothing is repeated, no redirect followed.
 * Source: Amazon OpenSearch Service developer guide, OpenSearch Serverless, signing HTTP requests; collection endpoints.
 */
export function collectionRequests(options: {
  place: AwsPlace;
  clock: Clock;
  inactivityLimitMs?: number;
}): CollectionRequests {
  const { place, clock, inactivityLimitMs = INACTIVITY_LIMIT_MS } = options;
  const { endpoint, ...account } = place;
  const aws = lazyClient(
    async () => {
      const [{ BedrockAgentClient }, { HttpRequest }] = await Promise.all([
        import('@aws-sdk/client-bedrock-agent'),
        import('@smithy/core/protocols'),
      ]);
      return { BedrockAgentClient, HttpRequest };
    },
    (sdk) => new sdk.BedrockAgentClient(awsSettings(account, { inactivityLimitMs, maxAnswerBytes: MAX_ANSWER_BYTES })),
  );

  const sendTo = async (url: URL, signingRegion: string, { method, body: content }: CollectionRequest) => {
    const { sdk, client } = await aws.open();
    const body = content && JSON.stringify(content);
    const request = new sdk.HttpRequest({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: url.pathname,
      headers: { host: url.host, ...(body !== undefined && { 'content-type': 'application/json' }) },
      body,
    });
    const signer = await client.config.signer({ name: 'sigv4', signingName: 'aoss', signingRegion, properties: {} });
    const signed = new sdk.HttpRequest(await signer.sign(request, { signingDate: new Date(clock.now()) }));
    if (body !== undefined) signed.headers['content-length'] = String(Buffer.byteLength(body));
    const { response } = await client.config.requestHandler.handle(signed);
    return { status: response.statusCode, body: parsed(await text(response.body)) };
  };

  return {
    async send(collection, request) {
      const { region } = partsOf(collection);
      try {
        return await sendTo(new URL(request.path, endpoint ?? endpointOf(collection)), region, request);
      } catch (error) {
        throw administrationFailure(error, WHO);
      }
    },

    close: () => aws.close(),
  };
}

/** Of a classic collection, in the partition of its ARN. */
function endpointOf(collection: Collection): string {
  if (collection.collectionEndpoint !== undefined) return collection.collectionEndpoint;
  const { partition, region, id } = partsOf(collection);
  return `https://${id}.${region}.aoss.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

function partsOf({ collectionArn }: Collection) {
  const [, partition = '', , region = '', , resource = ''] = collectionArn.split(':');
  return { partition, region, id: resource.replace('collection/', '') };
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}
