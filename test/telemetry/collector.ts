import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface WireAttribute {
  key: string;
  value: { stringValue?: string; intValue?: number; doubleValue?: number; boolValue?: boolean };
}

interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: WireAttribute[];
  events: { name: string; timeUnixNano: string; attributes: WireAttribute[] }[];
  status: { code: number; message?: string };
}

interface WireBody {
  resourceSpans: { resource: { attributes: WireAttribute[] }; scopeSpans: { spans: WireSpan[] }[] }[];
}

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: 'internal' | 'server' | 'client';
  /** Since the epoch. */
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  events: { name: string; atMs: number; attributes: Record<string, unknown> }[];
  /** The code of the error it ended as. */
  error: string | undefined;
}

/**
 * What an OTLP collector does with spans over HTTP, as far as JSON goes. It takes them, or answers nothing, or a status.
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function startCollector(mode: 'take' | 'hang' | number = 'take') {
  const bodies: WireBody[] = [];
  const requests: { path: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const waiting = new Set<() => void>();
  const held: ServerResponse[] = [];
  let now = mode;

  const answer = (response: ServerResponse, status: number) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');

  const server = createServer(async (request, response) => {
    const body = (await json(request)) as WireBody;
    requests.push({ path: request.url, headers: request.headers });
    bodies.push(body);
    if (now === 'hang') held.push(response);
    else answer(response, now === 'take' ? 200 : now);
    for (const check of [...waiting]) check();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    /** What the bridge's variable is set to. */
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    spans: () => bodies.flatMap(({ resourceSpans }) => resourceSpans.flatMap(spansOf)),
    resources: () =>
      bodies.flatMap(({ resourceSpans }) => resourceSpans.map(({ resource }) => record(resource.attributes))),
    /** Resolves when so many requests have come. */
    received: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (requests.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    /** What hung is taken, and all that comes from now on. */
    recover() {
      now = 'take';
      for (const response of held.splice(0)) answer(response, 200);
    },
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spansOf({ scopeSpans }: WireBody['resourceSpans'][number]): CollectedSpan[] {
  return scopeSpans.flatMap(({ spans }) =>
    spans.map((span) => ({
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      name: span.name,
      kind: (['internal', 'server', 'client'] as const)[span.kind - 1]!,
      startMs: ms(span.startTimeUnixNano),
      endMs: ms(span.endTimeUnixNano),
      attributes: record(span.attributes),
      events: span.events.map(({ name, timeUnixNano, attributes }) => ({
        name,
        atMs: ms(timeUnixNano),
        attributes: record(attributes),
      })),
      error: span.status.code === 2 ? span.status.message : undefined,
    })),
  );
}

function ms(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n) / 1000;
}

function record(attributes: WireAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? boolValue ?? (intValue !== undefined ? Number(intValue) : doubleValue),
    ]),
  );
}
