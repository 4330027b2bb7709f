import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import type { Clock } from '../clock.js';

/** Used when nobody chose a region: where the second generation of the model was first to be had. */
export const DEFAULT_REGION = 'us-east-1';

/** Where warnings of the SDK go; the first argument as in pino. */
export interface TransportLogger {
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface TransportOptions {
  region: string;
  /** A provider or fixed credentials; unset: the SDK's default chain. */
  credentials?: NonNullable<BedrockRuntimeClientConfig['credentials']>;
  /** Unset: the SDK's own resolution with `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`. `http://` means HTTP/2 without TLS. */
  endpoint?: string;
  clock?: Clock;
  logger?: TransportLogger;
}

/** One address for every region, or one each; a region without one is reached where the SDK finds it. */
export type RegionalEndpoint = string | Readonly<Record<string, string>>;

/** The part of `TransportOptions` that says where the service is in that region. */
export function endpointIn(region: string, endpoint: RegionalEndpoint | undefined): { endpoint?: string } {
  const found = typeof endpoint === 'object' ? endpoint[region] : endpoint;
  return found === undefined ? {} : { endpoint: found };
}

/** How long the service may take to finish the response after the end of our input. */
export const FINISH_LIMIT_MS = 5_000;
/** A connection without any traffic is given up after this, as by the SDK's own handler. */
export const INACTIVITY_LIMIT_MS = 300_000;

/** The SDK client that both adapters use. Requests with a stream are never repeated by the SDK. */
export function makeBedrockClient(
  options: TransportOptions,
  carrier: Pick<BedrockRuntimeClientConfig, 'requestHandler' | 'eventStreamPayloadHandlerProvider'>,
): BedrockRuntimeClient {
  const { region, credentials, endpoint, logger } = options;
  return new BedrockRuntimeClient({
    region,
    ...(credentials ? { credentials } : {}),
    ...(endpoint ? { endpoint } : {}),
    // A bearer token in the environment gives no signature that frames could be chained to.
    authSchemePreference: ['sigv4'],
    maxAttempts: 1,
    ...carrier,
    logger: makeSdkLogger(logger),
  });
}

/** The SDK logs whole commands at the lower levels and prints to the console without a logger. */
function makeSdkLogger(logger: TransportLogger | undefined) {
  const silent = (): void => undefined;
  const forward = (text: unknown): void => {
    if (typeof text === 'string') logger?.warn({ text }, 'bedrock client warns');
  };
  return { trace: silent, debug: silent, info: silent, warn: forward, error: forward };
}

/** The region that the SDK finds by itself, in the environment or a profile; undefined when there is none. */
export async function regionOfSdk(): Promise<string | undefined> {
  const client = new BedrockRuntimeClient({});
  try {
    return await client.config.region();
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
