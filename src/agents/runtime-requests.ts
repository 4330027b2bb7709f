import type { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { type AwsPlace, awsSettings } from '../aws.js';
import { renewingKeys } from '../fresh-keys.js';
import { isObject, parsedJson, textOf } from './answer-text.js';
import { readText } from './body.js';
import { failureFrom, WHO } from './failure.js';
import { post } from './post.js';
import type { RuntimeResponse } from './runtime-answer.js';
import type { Auth, TokenSource } from './tokens.js';

/** A deployed runtime, and how it knows the bridge. */
export interface RuntimeTarget {
  readonly agentRuntimeArn: string;
  /** The name of its end point. */
  readonly qualifier: string;
  readonly auth: Auth;
}

export interface RuntimeRequest {
  readonly sessionId: string;
  readonly signal: AbortSignal;
  /** W3C `traceparent`, `tracestate`, `baggage`, and `x-amzn-trace-id`. */
  readonly trace?: Readonly<Record<string, string>>;
}

const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
const MAX_ERROR_BYTES = 65_536;
const CONTENT_TYPE = 'application/json';
const ACCEPT = 'text/event-stream, application/json';

/** Requests to runtimes, signed by the SDK, or with a bearer token where the runtime takes no signatures. */
export function runtimeRequests({ place, tokens }: { place: AwsPlace; tokens: TokenSource }) {
  const clients = new Map<string, BedrockAgentCoreClient>();
  let loaded: Promise<typeof import('@aws-sdk/client-bedrock-agentcore')> | undefined;
  const { requestHandler } = awsSettings(place);

  /** A runtime is reached in the region of its ARN, unless an end point says otherwise. */
  const connect = async (arn: string) => {
    loaded ??= import('@aws-sdk/client-bedrock-agentcore');
    const sdk = await loaded;
    const region = (place.endpoint === undefined ? undefined : place.region) ?? arn.split(':')[3];
    let client = clients.get(region ?? '');
    if (!client) {
      client = renewingKeys(new sdk.BedrockAgentCoreClient(awsSettings({ ...place, ...(region && { region }) })));
      clients.set(region ?? '', client);
    }
    return { sdk, client };
  };

  /** The AWS SDK signs every request, which such a runtime refuses. Source: AgentCore, "Invoke with OAuth". */
  const postWithToken = async (
    { agentRuntimeArn, qualifier, auth }: RuntimeTarget,
    operation: 'invocations' | 'stopruntimesession',
    body: string,
    { sessionId, signal, trace }: RuntimeRequest,
  ) => {
    const { sdk, client } = await connect(agentRuntimeArn);
    const { url } = await getEndpointFromInstructions({}, sdk.InvokeAgentRuntimeCommand, client.config);
    const address = new URL(url);
    address.pathname = `${address.pathname.replace(/\/$/, '')}/runtimes/${encodeURIComponent(agentRuntimeArn)}/${operation}`;
    address.searchParams.set('qualifier', qualifier);
    const authorization = await tokens.authorization(auth, signal);
    const headers = {
      ...trace,
      'content-type': CONTENT_TYPE,
      accept: ACCEPT,
      [SESSION_HEADER]: sessionId,
      ...(authorization !== undefined && { authorization }),
    };
    const answer = await post(requestHandler, address, { headers, body }, signal);
    if (answer.status < 300) return answer;
    if (answer.status === 401) tokens.rejected(auth, authorization);
    const { text } = await readText(answer.body, MAX_ERROR_BYTES);
    throw failureFrom(troubleIn(answer.status, answer.headers, text), WHO);
  };

  return {
    /** Asks once. Rejects with what the SDK threw, or TOOL_FAILED. */
    async invoke(target: RuntimeTarget, body: string, request: RuntimeRequest): Promise<RuntimeResponse> {
      const { agentRuntimeArn, qualifier, auth } = target;
      if (auth.kind !== 'sigv4') {
        const { headers, body: answer } = await postWithToken(target, 'invocations', body, request);
        return { contentType: headers['content-type'], body: answer };
      }
      const { sdk, client } = await connect(agentRuntimeArn);
      const { sessionId, trace = {}, signal } = request;
      const command = new sdk.InvokeAgentRuntimeCommand({
        agentRuntimeArn,
        qualifier,
        runtimeSessionId: sessionId,
        contentType: CONTENT_TYPE,
        accept: ACCEPT,
        traceParent: trace.traceparent,
        traceState: trace.tracestate,
        baggage: trace.baggage,
        traceId: trace['x-amzn-trace-id'],
        payload: Buffer.from(body),
      });
      const { contentType, response } = await client.send(command, { abortSignal: signal });
      return { contentType, body: response as AsyncIterable<Uint8Array> };
    },

    async stop(target: RuntimeTarget, request: RuntimeRequest): Promise<void> {
      const { agentRuntimeArn, qualifier, auth } = target;
      if (auth.kind !== 'sigv4') {
        await readText((await postWithToken(target, 'stopruntimesession', '{}', request)).body, MAX_ERROR_BYTES);
        return;
      }
      const { sdk, client } = await connect(agentRuntimeArn);
      const input = { agentRuntimeArn, qualifier, runtimeSessionId: request.sessionId };
      await client.send(new sdk.StopRuntimeSessionCommand(input), { abortSignal: request.signal });
    },

    /** Loads what the first request would have to wait for. */
    async load({ agentRuntimeArn }: RuntimeTarget): Promise<void> {
      await connect(agentRuntimeArn);
    },

    close() {
      requestHandler.destroy();
      for (const client of clients.values()) client.destroy();
      clients.clear();
    },
  };
}

function troubleIn(status: number, headers: Readonly<Record<string, string>>, text: string) {
  const value = parsedJson(text);
  const type = headers['x-amzn-errortype'] ?? (isObject(value) ? value.__type : undefined);
  const name = typeof type === 'string' ? type.split(':')[0]!.split('#').at(-1)! : `HTTP ${status}`;
  return { name, status, message: textOf(value) ?? text };
}
